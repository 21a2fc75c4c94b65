"""Cuts runs of Han characters into words: by the general dictionary, and by the words that a field and a city have of their own."""

from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import Final

import rjieba

_PAIR: Final = 2


class Segmenter:
    """A dictionary. `words` are added to the general one: service terms, names of places; simplified, Han characters only.

    Short words serve best. A word is found as a whole: with 陪老人就医 as a word, whoever types it no longer finds 陪同就医.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._jieba = rjieba.Jieba()
        for word in sorted(set(words)):
            if not self._jieba.has_word(word):
                # Just as likely as it must be for its characters to stay together.
                self._jieba.add_word(word, None, None)

    def cut(self, run: str) -> list[str]:
        """The words of a run, each character in one of them."""
        if len(run) == _PAIR and self._jieba.has_word(run):
            # A rare word of common characters would be cut in two, and texts are searched for words.
            return [run]
        words: list[str] = self._jieba.cut(run)
        return words

    def every_word(self, run: str) -> list[str]:
        """The words of a run, and the dictionary's shorter ones inside and across them: people cut differently."""
        words: list[str] = self._jieba.cut_for_search(run)
        seen = set(words)
        inside = (word for word in self._jieba.cut_all(run) if len(word) > 1 and word not in seen)
        return list(chain(words, inside))


@cache
def general() -> Segmenter:
    """The general dictionary alone."""
    return Segmenter()
