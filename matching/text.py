"""Turns text that people write into terms that an index can match: one spelling, words, bigrams, stems and sounds."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

import opencc
import snowballstemmer
from pypinyin import Style, lazy_pinyin, pinyin

from matching.index import LONGEST_QUERY
from matching.segmenting import Segmenter, general

LONGEST_TERM: Final = 64
"""Characters kept of one word; what is longer is an address or noise, and matches by its beginning."""

_SAYING_NOTHING: Final = """
的 了 和 与 及 或 在 是 我 想 要 有 吗 呢 请 给 对 把 被 让 就 都 也 还 很 能 会 做 去 来 用 到 从 向 里 上 下 后 前 个 些 谁 帮 找
我们 你们 他们 大家 自己 别人 一个 一些 一下 一起 这个 那个 哪个 哪些 哪里 什么 怎么 怎样 怎么样 如何 为什么 多少 请问
有没有 可不可以 能不能 会不会 不会 不能 可以 能够 应该 需要 想要 想找 希望 愿意 喜欢 适合 比较 非常 特别 很多
或者 以及 没有 有空 附近 时候 帮忙 帮助
a an and at for i in is of on or the to with
"""
_WHAT_EVERYTHING_IS: Final = "志愿 志愿者 志愿服务 义工 volunteer volunteers volunteering"
_EMPTY_WORDS: Final = frozenset((*_SAYING_NOTHING.split(), *_WHAT_EVERYTHING_IS.split()))
_MOST_WORDS: Final = 24

_HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_OTHER: Final = rf"[^\W_{_HAN}]+(?:'[^\W_{_HAN}]+)*"
_RUN: Final = re.compile(rf"[{_HAN}]+|{_OTHER}")
_OTHER_RUN: Final = re.compile(_OTHER)
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


def other_runs(normalised: str) -> list[tuple[int, str]]:
    """The words and numbers that are not Han, each with the place where it begins."""
    return [(match.start(), match.group()) for match in _OTHER_RUN.finditer(normalised)]


def han_run_at(normalised: str, place: int) -> tuple[int, int]:
    """Where the Han run around a place begins and ends."""
    return next(match.span() for match in _HAN_RUN.finditer(normalised) if match.end() > place)


def is_han(run: str) -> bool:
    """Whether a run from `runs` is made of Han characters."""
    return _HAN_RUN.fullmatch(run) is not None


def is_latin(run: str) -> bool:
    """Whether a run is one word in unaccented Latin letters."""
    return _LATIN_WORD.fullmatch(run) is not None


def query_words(normalised: str, segmenter: Segmenter | None = None) -> list[str]:
    """The words a person asks for, in order: Han runs are cut by dictionary, other words stay as they were typed."""
    cut = (segmenter or general()).cut
    return [word[:LONGEST_TERM] for run in runs(normalised) for word in (cut(run) if is_han(run) else [run])]


def asked_words(query_text: str, segmenter: Segmenter | None = None) -> list[str]:
    """The words that must be found; words such as 的, "the" and 志愿者 count only when there is nothing else."""
    words = list(dict.fromkeys(query_words(normalise(query_text[:LONGEST_QUERY]), segmenter)))
    telling = [word for word in words if word not in _EMPTY_WORDS]
    return (telling or words)[:_MOST_WORDS]


def may_be_missing(words: Sequence[str]) -> list[int]:
    """How many of these words may be missing when nothing has all of them: first one in three, then one in two, then all but one."""
    return list(dict.fromkeys((len(words) // 3, len(words) // 2, len(words) - 1)))


def index_words(normalised: str, segmenter: Segmenter | None = None) -> list[str]:
    """Every word under which the text should be found. Cut it with the dictionary that cuts queries.

    Han text gives its words and the shorter dictionary words inside and across them, because the person who
    searches may cut differently; other words are given as written and as stems.
    """
    every_word = (segmenter or general()).every_word
    return [
        word[:LONGEST_TERM]
        for run in runs(normalised)
        for word in (every_word(run) if is_han(run) else _forms(run))
    ]


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
    """How text is read: names aloud in pinyin, and sentences as words, with dictionaries for what general ones do not know.

    `segmenter` cuts what is indexed and what is asked. `phrases` maps a phrase to its syllables, for example `{"长宁": ("chang", "ning")}`; the longest phrase wins.
    """

    def __init__(
        self, phrases: Mapping[str, Sequence[str]] | None = None, segmenter: Segmenter | None = None
    ) -> None:
        self.segmenter = segmenter or general()
        self._phrases = {phrase: tuple(syllables) for phrase, syllables in (phrases or {}).items() if phrase}
        self._longest = max(map(len, self._phrases), default=0)
        self._of_run = lru_cache(maxsize=65_536)(self._read)
        self._of_character: dict[str, frozenset[str]] = {}
        for phrase, syllables in self._phrases.items():
            for character, syllable in zip(phrase, syllables, strict=False):
                self._of_character[character] = self.of(character) | {syllable}

    def syllables(self, text: str) -> list[str]:
        """The pinyin of the Han characters in the text, one item a character, without tones."""
        return [syllable for run in _HAN_RUN.findall(normalise(text)) for syllable in self._of_run(run)]

    def of(self, character: str) -> frozenset[str]:
        """All that a Han character may sound like, whatever stands beside it."""
        if character not in self._of_character:
            (syllables,) = pinyin(character, style=Style.NORMAL, heteronym=True)
            self._of_character[character] = frozenset(syllables)
        return self._of_character[character]

    def pinyin(self, text: str) -> str:
        """The reading as one word: 长宁区 gives changningqu."""
        return "".join(self.syllables(text))

    def initials(self, text: str) -> str:
        """The first letter of every syllable: 长宁区 gives cnq."""
        return "".join(syllable[0] for syllable in self.syllables(text))

    def _read(self, run: str) -> tuple[str, ...]:
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
        return (*found, *lazy_pinyin(run[plain_from:]))

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


def plain_syllables(syllables: Iterable[str]) -> list[str]:
    """Syllables as they are indexed, without those of which nothing is left."""
    return [plain for syllable in syllables if (plain := normalise(syllable).strip())]


def _forms(word: str) -> list[str]:
    stemmed = stem(word)
    return [word] if stemmed == word else [word, stemmed]


def _closed(run: str) -> list[str]:
    return [*bigrams(run), run[-1]] if len(run) > 1 else [run]


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _english() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")
