"""Turns text that people write into terms that an index can match: one spelling, words, bigrams, stems and sounds."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

import opencc
import rjieba
import snowballstemmer
from pypinyin import lazy_pinyin

LONGEST_TERM: Final = 64
"""Characters kept of one word; what is longer is an address or noise, and matches by its beginning."""

_HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_RUN: Final = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:'[^\W_{_HAN}]+)*")
_HAN_RUN: Final = re.compile(rf"[{_HAN}]+")
_LATIN_WORD: Final = re.compile(r"[a-z][a-z']*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})


def printable(text: str) -> str:
    """The text without what no index can hold: halves of surrogate pairs are dropped, control characters become spaces."""
    return _CONTROL.sub(" ", text.encode("utf-8", "ignore").decode("utf-8"))


def normalise(text: str) -> str:
    """The one spelling under which text is indexed and searched.

    Full-width forms become plain (NFKC), traditional characters simplified, letters lose their case.
    """
    plain = unicodedata.normalize("NFKC", printable(text)).translate(_APOSTROPHES)
    if not plain.isascii():
        plain = _to_simplified().convert(plain)
    return plain.casefold()


def runs(normalised: str) -> list[str]:
    """Unbroken stretches of Han characters, and single words and numbers of every other script, in order."""
    return _RUN.findall(normalised)


def is_han(run: str) -> bool:
    """Whether a run from `runs` is made of Han characters."""
    return _HAN_RUN.fullmatch(run) is not None


def is_latin(run: str) -> bool:
    """Whether a run is one word in unaccented Latin letters."""
    return _LATIN_WORD.fullmatch(run) is not None


def query_words(normalised: str) -> list[str]:
    """The words a person asks for, in order: Han runs are cut by dictionary, other words stay as they were typed."""
    return [
        word[:LONGEST_TERM]
        for run in runs(normalised)
        for word in (rjieba.cut(run) if is_han(run) else [run])
    ]


def index_words(normalised: str) -> list[str]:
    """Every word under which the text should be found.

    Han text gives its words and the shorter dictionary words inside and across them, because the person who
    searches may cut differently; other words are given as written and as stems.
    """
    return [word[:LONGEST_TERM] for run in runs(normalised) for word in _forms(run)]


def bigrams(run: str) -> list[str]:
    """Overlapping pairs of characters: 助浴服务 gives 助浴, 浴服, 服务. A single character gives itself."""
    if len(run) < 2:
        return [run] if run else []
    return [run[start : start + 2] for start in range(len(run) - 1)]


def index_bigrams(normalised: str) -> list[str]:
    """The bigrams of every Han run, each closed by its last character.

    The closing character lets a search for one character find a name that ends in it, and keeps a phrase from
    matching across two runs.
    """
    return [pair for run in runs(normalised) if is_han(run) for pair in _closed(run)]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of an English word: volunteers, volunteering and volunteered meet in one. Others come back as they are."""
    if len(word) < 3 or not is_latin(word):
        return word
    stemmed: str = _english().stemWord(word)
    return stemmed


class Readings:
    """How names are read aloud in pinyin, with a dictionary for those that a general one reads wrongly.

    `phrases` maps a phrase to its syllables, for example `{"长宁": ("chang", "ning")}`; the longest phrase wins.
    """

    def __init__(self, phrases: Mapping[str, Sequence[str]] | None = None) -> None:
        self._phrases = {phrase: tuple(syllables) for phrase, syllables in (phrases or {}).items() if phrase}
        self._longest = max(map(len, self._phrases), default=0)

    def syllables(self, text: str) -> list[str]:
        """The pinyin of the Han characters in the text, one item a character, without tones."""
        return [syllable for run in _HAN_RUN.findall(normalise(text)) for syllable in self._of_run(run)]

    def pinyin(self, text: str) -> str:
        """The reading as one word: 长宁区 gives changningqu."""
        return "".join(self.syllables(text))

    def initials(self, text: str) -> str:
        """The first letter of every syllable: 长宁区 gives cnq."""
        return "".join(syllable[0] for syllable in self.syllables(text))

    def _of_run(self, run: str) -> list[str]:
        found: list[str] = []
        plain_from = position = 0
        while position < len(run):
            phrase = self._phrase_at(run, position)
            if phrase is None:
                position += 1
                continue
            found += lazy_pinyin(run[plain_from:position])
            found += self._phrases[phrase]
            position = plain_from = position + len(phrase)
        return found + lazy_pinyin(run[plain_from:])

    def _phrase_at(self, run: str, position: int) -> str | None:
        for length in range(min(self._longest, len(run) - position), 0, -1):
            if (phrase := run[position : position + length]) in self._phrases:
                return phrase
        return None


def sound_terms(syllables: Sequence[str]) -> list[str]:
    """Pinyin and initials from every syllable to the end.

    A prefix search over these finds a name from any of its syllables on: 上海市长宁区 answers to changning and cn.
    """
    initials = "".join(syllable[:1] for syllable in syllables)
    tails = ["".join(syllables[start:])[:LONGEST_TERM] for start in range(len(syllables))]
    return tails + [initials[start : start + LONGEST_TERM] for start in range(len(initials))]


def _forms(run: str) -> list[str]:
    if is_han(run):
        words = rjieba.cut_for_search(run)
        seen = set(words)
        return words + [word for word in rjieba.cut_all(run) if len(word) > 1 and word not in seen]
    stemmed = stem(run)
    return [run] if stemmed == run else [run, stemmed]


def _closed(run: str) -> list[str]:
    return [*bigrams(run), run[-1]] if len(run) > 1 else [run]


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _english() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")
