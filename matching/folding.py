"""Folds a text like `text.normalise`, but character by character, and remembers where every folded character was written.

Folding may change lengths: ß becomes ss, ㎡ becomes m2, half of a surrogate pair disappears.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from matching import text as spelling

_MOST_REMEMBERED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text, and between which written characters each of its own was written; nothing when they are one to one."""

    text: str
    begins: Sequence[int] = ()
    ends: Sequence[int] = ()

    def written(self, begin: int, end: int) -> tuple[int, int]:
        """The stretch of the written text that became a stretch, not empty, of the folded one."""
        return (self.begins[begin], self.ends[end - 1]) if self.begins else (begin, end)


class _Characters(dict[str, str]):
    """What each character becomes, found out once."""

    def __missing__(self, written: str) -> str:
        folded = spelling.normalise(written)
        if len(self) < _MOST_REMEMBERED:
            self[written] = folded
        return folded


_folded = _Characters()


def fold(written: str) -> Folded:
    """The folded text. A letter and the marks on it are folded together."""
    if written.isascii():
        return Folded(spelling.normalise(written))
    if not unicodedata.is_normalized("NFC", written):
        return _with_places(letters := _letters(written), [spelling.normalise(letter) for letter in letters])
    folded = [_folded[character] for character in written]
    text = "".join(folded)
    if len(text) == len(written) and "" not in folded:
        return Folded(text)
    return _with_places(written, folded)


def _with_places(letters: Sequence[str], folded: Sequence[str]) -> Folded:
    ends = list(accumulate(map(len, letters)))
    places = [place for place, some in enumerate(folded) for _ in some]
    return Folded(
        "".join(folded),
        [ends[place] - len(letters[place]) for place in places],
        [ends[place] for place in places],
    )


def _letters(written: str) -> list[str]:
    """Characters with the combining marks that follow them."""
    letters: list[str] = []
    for character in written:
        if letters and unicodedata.combining(character):
            letters[-1] += character
        else:
            letters.append(character)
    return letters
