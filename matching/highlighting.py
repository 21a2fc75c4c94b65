"""Marks in a text that people read what they asked for, alike for every engine.

Marked are words as written and by stem, the beginning that the last word may be, traditional and full-width spellings,
names by their whole pinyin, and Latin words with one slip where the text has nothing better. Engines find more than a
text shows: by synonyms, by initials. Then nothing is marked.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from matching import text as spelling
from matching.folding import Folded, fold
from matching.segmenting import Segmenter
from matching.text import Readings

Span = tuple[int, int]

_SHORTEST_FUZZY: Final = 4
_LONG_ENOUGH_TO_COMPLETE: Final = 6
_FEWEST_SYLLABLES: Final = 2
"""A single syllable is marked nowhere: too many characters have it."""
_LEAD: Final = 0.2
"""The part of an excerpt that stands before what is marked."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The words of a query: Chinese ones, others with their stems, and what may be pinyin. The last may be unfinished."""

    han: tuple[str, ...]
    others: tuple[str, ...]
    stems: frozenset[str]
    unfinished: str
    sounds: tuple[str, ...]


def spans(text: str, query: str, readings: Readings) -> tuple[Span, ...]:
    """Which stretches of a text match the words of a query: from the first character to before the last, in code points.

    Sorted, apart from each other, and not empty. Any strings will do.
    """
    asked = _asked(query, readings.segmenter)
    if not text or not (asked.han or asked.others):
        return ()
    folded = fold(text)
    found = [*_han(folded.text, asked.han)]
    if asked.others:
        found += _others(folded.text, asked)
    if asked.sounds:
        found += _sounds(folded.text, asked.sounds, readings)
    return tuple(_merged(folded, found))


def excerpt(text: str, marked: Sequence[Span], length: int) -> Span:
    """The stretch of at most `length` characters with the most marked in it, the first of several; the beginning if none is."""
    last_begin = max(0, len(text) - length)
    begins = {min(max(0, begin - int(_LEAD * length)), last_begin) for begin, _ in marked} | {0}
    ends = [end for _, end in marked]
    best = max(sorted(begins), key=lambda begin: _marked_within(marked, ends, begin, begin + length))
    return best, min(len(text), best + length)


def _marked_within(marked: Sequence[Span], ends: Sequence[int], begin: int, end: int) -> int:
    inside = 0
    for first, last in marked[bisect_left(ends, begin) :]:
        if first >= end:
            break
        inside += max(0, min(last, end) - max(first, begin))
    return inside


@lru_cache(maxsize=1_024)
def _asked(query: str, segmenter: Segmenter) -> _Asked:
    words = [fold(word).text for word in spelling.asked_words(query, segmenter)]
    others = [word for word in words if word and not spelling.is_han(word)]
    return _Asked(
        han=tuple(word for word in words if spelling.is_han(word)),
        others=tuple(others),
        stems=frozenset(map(spelling.stem, others)),
        unfinished=words[-1] if words and words[-1] in others else "",
        sounds=tuple(_spoken(words)),
    )


def _spoken(words: Sequence[str]) -> Iterator[str]:
    """What may be pinyin: Latin words, and neighbours among them in one: chang ning is changning."""
    for is_latin, neighbours in groupby(words, key=spelling.is_latin):
        some = list(neighbours)
        if is_latin:
            yield from some
            if len(some) > 1:
                yield "".join(some)


def _han(text: str, words: Iterable[str]) -> Iterator[Span]:
    for word in words:
        begin = text.find(word)
        while begin >= 0:
            yield begin, begin + len(word)
            begin = text.find(word, begin + 1)


def _others(text: str, asked: _Asked) -> Iterator[Span]:
    runs = spelling.other_runs(text)
    met: set[str] = set()
    for begin, run in runs:
        if (stem := spelling.stem(run)) in asked.stems or run in asked.others:
            met |= {stem, run}
            yield begin, begin + len(run)
        elif asked.unfinished and run.startswith(asked.unfinished):
            met.add(asked.unfinished)
            yield begin, begin + len(asked.unfinished)
    for word in asked.others:
        if word not in met and spelling.stem(word) not in met and _may_be_misspelt(word):
            for begin, run in runs:
                if _is_slip(word, run):
                    yield begin, begin + len(run)


def _may_be_misspelt(word: str) -> bool:
    return len(word) >= _SHORTEST_FUZZY and spelling.is_latin(word)


def _is_slip(word: str, run: str) -> bool:
    """Whether a word is another, or for long words the beginning of one, but for one letter or two in the wrong order."""
    if run[:1] != word[:1] and run[1:2] not in word[:3]:
        return False
    lengths = range(len(word) - 1, len(word) + 2)
    if len(run) in lengths:
        return _differ_once(word, run) or (len(run) == len(word) + 1 and _completes(word, run))
    return len(run) > len(word) and _completes(word, run)


def _completes(word: str, run: str) -> bool:
    if len(word) < _LONG_ENOUGH_TO_COMPLETE:
        return False
    return any(_differ_once(word, run[: len(word) + more]) for more in (-1, 0, 1))


def _differ_once(one: str, other: str) -> bool:
    """Whether at most one letter is added, left out or another, or two neighbours have changed places."""
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if same is None:
        return abs(len(one) - len(other)) <= 1
    rest, other_rest = one[same:], other[same:]
    if len(one) != len(other):
        return rest[1:] == other_rest or rest == other_rest[1:]
    swapped = rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]
    return rest[1:] == other_rest[1:] or swapped


class _Sound(dict[str, tuple[str, ...]]):
    """A word that may be pinyin. For each character: what is left of the word after any of its readings."""

    def __init__(self, word: str, readings: Readings) -> None:
        self.word = word
        self._readings = readings

    def __missing__(self, character: str) -> tuple[str, ...]:
        syllables = self._readings.of(character) if spelling.is_han(character) else ()
        lengths = {len(syllable) for syllable in syllables if self.word.startswith(syllable)}
        self[character] = tuple(self.word[length:] for length in lengths if length < len(self.word))
        return self[character]

    def may_begin(self, text: str) -> list[int]:
        """Where two characters may begin this sound: a quick look before whole runs are read."""
        firsts = [place for place, character in enumerate(text[:-1]) if self[character]]
        return [place for place in firsts if self._goes_on(self[text[place]], text[place + 1])]

    def _goes_on(self, rests: Iterable[str], character: str) -> bool:
        syllables = self._readings.of(character) if spelling.is_han(character) else ()
        return any(rest.startswith(some) or some.startswith(rest) for rest in rests for some in syllables)


_sound = lru_cache(maxsize=256)(_Sound)


def _sounds(text: str, words: Iterable[str], readings: Readings) -> Iterator[Span]:
    for word in words:
        for place in _sound(word, readings).may_begin(text):
            run = spelling.han_run_at(text, place)
            syllables = readings.syllables(text[run[0] : run[1]])
            if len(syllables) == run[1] - run[0]:
                end = _end_of_sound(syllables, place - run[0], word)
                if end is not None:
                    yield place, run[0] + end


def _end_of_sound(syllables: Sequence[str], start: int, word: str) -> int | None:
    """Where the characters end that together sound like the word; the last of them perhaps only by its beginning."""
    left = word
    for place in range(start, len(syllables)):
        syllable = syllables[place]
        if left.startswith(syllable):
            left = left[len(syllable) :]
        elif syllable.startswith(left):
            left = ""
        else:
            return None
        if not left:
            return place + 1 if place + 1 - start >= _FEWEST_SYLLABLES else None
    return None


def _merged(folded: Folded, found: Iterable[Span]) -> Iterator[Span]:
    """The spans in the text as it was written; those that touch become one."""
    begin = end = -1
    for first, last in sorted(folded.written(*span) for span in found):
        if first > end:
            if end > begin:
                yield begin, end
            begin, end = first, last
        else:
            end = max(end, last)
    if end > begin:
        yield begin, end
