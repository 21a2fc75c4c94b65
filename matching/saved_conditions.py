"""What a saved search asks of a document, one condition a word or clause: does it hold, and under which keys may it be filed?

The keys of a condition are alternatives: a document for which it holds has at least one of them. So whoever files a search under
the keys of one of its conditions meets it again with every document that it can match, and then asks the conditions themselves.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from matching import text
from matching.distances import EARTH_RADIUS_METRES
from matching.document_terms import DocumentTerms
from matching.index import AnyOf, Between, Clause, Label, Near, Number, Point, Query, Within
from matching.segmenting import Segmenter
from matching.text import asked_words

EVERY_DOCUMENT: Final = "*"
"""A key that every document has: for a search that asks for nothing in particular."""

_LONGEST_PHRASE: Final = 4
_LONGEST_BEGINNING: Final = 8
_SHORTEST_SOUND: Final = 2
_CELLS_A_DEGREE: Final = 10
_MOST_CELLS: Final = 64


@dataclass(frozen=True, slots=True)
class Word:
    """A word that must be found: written, by its stem, inside a name or by its sound; the last one of a query by its beginning too."""

    word: str
    is_last: bool

    def holds(self, terms: DocumentTerms) -> bool:
        word = self.word
        if word in terms.known or (self.is_last and terms.has_word_from(word)):
            return True
        if text.is_han(word):
            return word in terms.han
        return text.stem(word) in terms.known or (_sounds(word) and terms.has_sound_from(word))

    def filing_keys(self) -> Iterator[str]:
        word = self.word
        yield f"p{word[:_LONGEST_BEGINNING]}" if self.is_last else f"w{word}"
        if text.is_han(word):
            yield f"g{word[:_LONGEST_PHRASE]}"
            return
        if (stem := text.stem(word)) != word:
            yield f"w{stem}"
        if _sounds(word):
            yield f"s{word[:_LONGEST_BEGINNING]}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A label that must be among these."""

    label: Label
    values: frozenset[str]

    def holds(self, terms: DocumentTerms) -> bool:
        return not self.values.isdisjoint(terms.labels[self.label])

    def filing_keys(self) -> Iterator[str]:
        return (f"{self.label}={value}" for value in self.values)


@dataclass(frozen=True, slots=True)
class Inside:
    """An area around the document that must be among these."""

    prefixes: frozenset[str]

    def holds(self, terms: DocumentTerms) -> bool:
        return not self.prefixes.isdisjoint(terms.areas)

    def filing_keys(self) -> Iterator[str]:
        return (f"a{prefix}" for prefix in self.prefixes)


@dataclass(frozen=True, slots=True)
class InRange:
    """A number that must lie between two, where they are given."""

    number: Number
    least: int | None
    most: int | None

    def holds(self, terms: DocumentTerms) -> bool:
        return any(
            (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
            for value in terms.numbers[self.number]
        )

    def filing_keys(self) -> Iterator[str]:
        yield f"#{self.number}"


@dataclass(frozen=True, slots=True)
class Around:
    """A point that the document's place must be near."""

    centre: Point
    metres: float

    def holds(self, terms: DocumentTerms) -> bool:
        return terms.place is not None and _metres(self.centre, terms.place) <= self.metres

    def filing_keys(self) -> Iterator[str]:
        return iter(_cells(self.centre, self.metres) or ["@"])


Condition = Word | OneOf | Inside | InRange | Around


def conditions_of(query: Query, segmenter: Segmenter) -> tuple[Condition, ...] | None:
    """All that a query asks, without its order and page; None when nothing can ever match it."""
    words = _words(query.text, segmenter)
    if not words and query.text.strip():
        return None
    return (*words, *map(_condition, query.clauses))


def keys_of(terms: DocumentTerms) -> set[str]:
    """Every key that a document has."""
    keys = {EVERY_DOCUMENT, *(f"w{word}" for word in terms.known)}
    keys.update(f"p{part}" for word in terms.known for part in _beginnings(word, 1))
    keys.update(f"s{part}" for sound in terms.sounds for part in _beginnings(sound, _SHORTEST_SOUND))
    for run in terms.han.split("\n"):
        keys.update(f"g{part}" for start in range(len(run)) for part in _phrases_at(run, start))
    keys.update(f"a{prefix}" for prefix in terms.areas)
    keys.update(f"{label}={value}" for label, values in terms.labels.items() for value in values)
    keys.update(f"#{number}" for number, values in terms.numbers.items() if values)
    if terms.place is not None:
        keys |= {"@", _cell(_row(terms.place.latitude), _row(terms.place.longitude))}
    return keys


# Many people ask alike: what was made for one of them serves the next, and is held in memory once.
@lru_cache(maxsize=16_384)
def _words(asked: str, segmenter: Segmenter) -> tuple[Word, ...]:
    words = asked_words(asked, segmenter)
    return tuple(Word(word, is_last=word == words[-1]) for word in words)


@lru_cache(maxsize=16_384)
def _condition(clause: Clause) -> Condition:
    match clause:
        case AnyOf(label, values):
            return OneOf(label, frozenset(map(text.printable, values)))
        case Within(prefixes):
            return Inside(frozenset(map(text.printable, prefixes)))
        case Between(number, least, most):
            return InRange(number, least, most)
        case Near(point, metres):
            return Around(point, metres)


def _sounds(word: str) -> bool:
    return word.isascii() and len(word) >= _SHORTEST_SOUND


def _beginnings(term: str, shortest: int) -> Iterator[str]:
    return (term[:length] for length in range(shortest, min(len(term), _LONGEST_BEGINNING) + 1))


def _phrases_at(run: str, start: int) -> Iterator[str]:
    return (run[start:end] for end in range(start + 1, min(start + _LONGEST_PHRASE, len(run)) + 1))


def _metres(here: Point, there: Point) -> float:
    """The distance along a great circle (haversine), as the engine measures it."""
    north, south = math.radians(here.latitude), math.radians(there.latitude)
    half_chord = (
        math.sin((south - north) / 2) ** 2
        + math.cos(north)
        * math.cos(south)
        * math.sin((math.radians(there.longitude) - math.radians(here.longitude)) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_METRES * math.asin(math.sqrt(min(1.0, max(0.0, half_chord))))


def _cells(centre: Point, metres: float) -> Sequence[str]:
    """The cells of a coarse grid that a circle touches; none when they are too many or the circle crosses a pole or the date line."""
    reach = metres / EARTH_RADIUS_METRES
    shrink = math.cos(math.radians(centre.latitude))
    if reach >= math.pi / 2 or math.sin(reach) >= shrink:
        return []
    height = math.degrees(reach) + 1e-6
    width = math.degrees(math.asin(math.sin(reach) / shrink)) + 1e-6
    if abs(centre.longitude) + width >= 180:
        return []
    rows = range(_row(centre.latitude - height), _row(centre.latitude + height) + 1)
    columns = range(_row(centre.longitude - width), _row(centre.longitude + width) + 1)
    if len(rows) * len(columns) > _MOST_CELLS:
        return []
    return [_cell(row, column) for row in rows for column in columns]


def _row(degrees: float) -> int:
    return math.floor(degrees * _CELLS_A_DEGREE)


def _cell(row: int, column: int) -> str:
    return f"@{row},{column}"
