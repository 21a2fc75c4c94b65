"""How place names are read: pypinyin, corrected where a place is read otherwise than the dictionary guesses."""

import re
from dataclasses import dataclass

from pypinyin import lazy_pinyin

# A dictionary of ordinary words reads 长宁 as zhangning and 闵行 as minxing. In the city's names these have one reading.
_READINGS = {"长": "chang", "行": "hang", "朝": "chao", "弄": "long", "都": "du", "乐": "le", "莘": "xin"}
# Longer words in which the reading above, or the dictionary's, is wrong.
_PHRASES = {
    "会稽": ("kuai", "ji"),
    "佛字": ("fo", "zi"),
    "音乐": ("yin", "yue"),
    "步行": ("bu", "xing"),
    "行知": ("xing", "zhi"),
    "长者": ("zhang", "zhe"),
    "家长": ("jia", "zhang"),
}
# Second readings that people use for the same place; a search by them finds it too.
OTHER_READINGS = {"堡镇": "buzhen", "重固镇": "chonggu", "吕巷镇": "luxiang", "绿华镇": "luhua"}

_GENERIC = re.compile(
    r"(?<=..)(?:社区居委会|居委会|村委会|虚拟社区|虚拟生活区|社区|新村街道|镇街道|街道|新区|新镇|区|镇|乡|市)$"
)
_SEPARATORS = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A name as people type it: ``pinyin`` in one word without tones (ü as v), ``initials`` one letter a character."""

    pinyin: str
    initials: str


def syllables(name: str) -> list[str]:
    """One reading for each character of ``name``, in lower case without tones; what is not Chinese stays as it is."""
    read = lazy_pinyin(name, errors=lambda foreign: list(foreign))  # type: ignore[arg-type, return-value]
    found = [_READINGS.get(char, syllable) for char, syllable in zip(name, read, strict=True)]
    for phrase, readings in _PHRASES.items():
        start = name.find(phrase)
        if start >= 0:
            found[start : start + len(phrase)] = readings
    return [syllable.lower() for syllable in found]


def stem(name: str) -> str:
    """The name without the word for what it is: 长宁区 is 长宁, 江苏路街道 is 江苏路; 堡镇 and 唐镇 stay whole."""
    return _GENERIC.sub("", name)


def reading(name: str) -> Reading:
    """How ``name``, without its generic ending, is typed."""
    spoken = [_SEPARATORS.sub("", syllable) for syllable in syllables(stem(name))]
    return Reading("".join(spoken)[:160], "".join(part[0] for part in spoken if part)[:32])
