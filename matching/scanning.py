"""Finds who may be among the k best of all volunteers in the arrays, with NumPy: hard rules first, then factor by factor.

Nobody is scored to the end who cannot reach the k best any more: after each factor, whoever would not reach the k-th best
score found so far even with all that is left is given up. That changes no answer, as in the threshold algorithm of Fagin,
Lotem and Naor ("Optimal aggregation algorithms for middleware", 2003); with k as large as the city nobody is given up.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from matching.arrays import GUARDIAN, INTERESTS, LANGUAGES, NEW, NO_AGE, SKILLS, WEEK
from matching.cells import UNKNOWN_DISTANCE, distances
from matching.columns import LIVE, Column
from matching.questions import ASKED, STAGES, Masks, Points, Question
from matching.row_index import Rows

Columns = Mapping[str, Column]
Counts = NDArray[np.uint16]
Bits = NDArray[np.bool_]

NOBODY: Rows = np.empty(0, dtype=np.int64)

SCORES = 1001
"""There are so many scores: 0 to 1000 tenths of a point."""

BLOCK = 1 << 15
"""Rows looked at together: what is computed of them fits in the nearest caches."""

FIRST_BLOCK = 1 << 10
"""The first rows set a score to reach; nobody is given up before. From there on twice as many each time."""

BARRED = np.int16(-10_000)
"""Points that no factors make good."""


class Candidates(NamedTuple):
    """Rows that may be among the best, in rising order, and their scores."""

    rows: Rows
    scores: Points


class Scan(Protocol):
    """Scores the first `size` rows of the columns but those in `shut`, which are sorted.

    Whoever is among the k best is a candidate; others may be.
    """

    def __call__(self, columns: Columns, size: int, question: Question, shut: Rows, k: int) -> Candidates: ...


def scan(columns: Columns, size: int, question: Question, shut: Rows, k: int) -> Candidates:
    """The scan in plain NumPy. With k as large as the city the same candidates as `compiled.scan`, bit for bit."""
    counts = np.zeros(SCORES, dtype=np.int64)
    found = [Candidates(NOBODY, np.empty(0, dtype=np.int16))]
    least = begin = 0
    while begin < size:
        end = min(begin + min(max(begin, FIRST_BLOCK), BLOCK), size)
        first, last = np.searchsorted(shut, (begin, end))
        found.append(_Block(columns, begin, end).candidates(question, shut[first:last], least))
        counts += np.bincount(found[-1].scores, minlength=SCORES)
        least = score_to_reach(counts, k)
        begin = end
    return Candidates(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def score_to_reach(counts: Rows, k: int) -> int:
    """The k-th best score so far, 0 when there are not so many."""
    at_least = np.cumsum(counts[::-1])[::-1]
    return max(int(np.count_nonzero(at_least >= k)) - 1, 0)


class _Block:
    """Rows that are looked at together: all of them, and only those still in the running as soon as they are the smaller half."""

    def __init__(self, columns: Columns, begin: int, end: int) -> None:
        self._columns = columns
        self._begin = begin
        self._rows: slice | Rows = slice(begin, end)
        self._total = np.zeros(end - begin, dtype=np.int16)

    def candidates(self, question: Question, shut: Rows, least: int) -> Candidates:
        """Those who reach `least`: nobody of `shut`, or barred by a hard rule."""
        self._total = BARRED * ~self._allowed(question)
        self._total[shut - self._begin] = BARRED
        rest = int(question.most.sum())
        for stage, most in zip(STAGES, question.most.tolist(), strict=True):
            is_in = self._total >= least - rest
            if np.count_nonzero(is_in) <= is_in.size // 2:
                self._pick(is_in)
            self._total += _POINTS[stage](self, question)
            rest -= most
        return Candidates(self._pick(self._total >= least), self._total)

    def _pick(self, is_in: Bits) -> Rows:
        """From here on only these are in the running."""
        picked = np.flatnonzero(is_in)
        rows: Rows = picked + self._begin if isinstance(self._rows, slice) else self._rows[picked]
        self._rows, self._total = rows, self._total[picked]
        return rows

    def _allowed(self, question: Question) -> Bits:
        """Hard rules but for the radius."""
        flags, age = self._column("flags"), self._column("age")
        allowed: Bits = (flags & LIVE != 0) & (age >= question.minimum_age) & (age != NO_AGE)
        allowed &= (age >= question.adult_from) | (flags & GUARDIAN != 0)
        for column, asked in self._words("qualification", question.qualifications):
            allowed &= column & asked == asked
        return allowed

    def skill(self, question: Question) -> Points:
        halves = np.zeros(self._total.size, dtype=np.uint16)
        for whole, half in zip(*question.skills, strict=True):
            held = self._has_any("skill", whole)
            halves += held
            halves += held | self._has_any("skill", half) if half.any() else held
        return self._known_or_last(question.skill_points, halves, SKILLS)

    def availability(self, question: Question) -> Points:
        return self._known_or_last(question.availability_points, self._shared("week", question.week), WEEK)

    def district(self, question: Question) -> Points:
        return question.district_points.take(question.sameness.take(self._column("district")))

    def distance(self, question: Question) -> Points:
        """Who has the place beyond their radius is barred."""
        anchor, points = question.anchor, question.distance_points
        steps = distances(anchor.north.take(self._column("row")), anchor.east.take(self._column("column")))
        is_beyond = (steps > self._column("radius")) & (steps != UNKNOWN_DISTANCE)
        sameness = question.sameness.take(self._column("district"))
        way: Points = points.take(sameness * np.intp(points.shape[1]) + steps)
        way += BARRED * is_beyond
        return way

    def interest(self, question: Question) -> Points:
        meant, near = (self._has_any("interest", words) for words in question.interests)
        closeness = meant.astype(np.uint16) + (meant | near)
        return self._known_or_last(question.interest_points, closeness, INTERESTS)

    def language(self, question: Question) -> Points:
        spoken = self._shared("language", question.languages)
        return self._known_or_last(question.language_points, spoken, LANGUAGES)

    def fairness(self, question: Question) -> Points:
        is_new = (self._column("flags") & NEW != 0).astype(np.intp)
        asked = np.minimum(self._column("recommended"), ASKED - 1)
        points: Points = question.fairness_points[is_new, asked, question.rests[self._column("served")]]
        return points

    def reliability(self, question: Question) -> Points:
        return question.reliability_points[self._column("reliability")]

    def training(self, question: Question) -> Points:
        return question.training_points[self._has_any("training", question.training).astype(np.intp)]

    def _column(self, name: str) -> Column:
        return self._columns[name][self._rows]

    def _words(self, field: str, masks: Masks) -> Iterator[tuple[Column, np.uint64]]:
        """Those words of a field of which something is asked, each with what is asked."""
        for column, mask in zip(self._columns[field], masks, strict=True):
            if mask:
                yield column[self._rows], mask

    def _has_any(self, field: str, masks: Masks) -> Bits:
        found = np.zeros(self._total.size, dtype=bool)
        for column, mask in self._words(field, masks):
            found |= column & mask != 0
        return found

    def _shared(self, field: str, masks: Masks) -> Counts:
        shared = np.zeros(self._total.size, dtype=np.uint16)
        for column, mask in self._words(field, masks):
            shared += np.bitwise_count(column & mask)
        return shared

    def _known_or_last(self, points: Points, index: Counts, stated: int) -> Points:
        is_stated = self._column("flags") & stated != 0
        # Sums of products instead of a choice, which would be one branch a row that nobody could foretell.
        found: Points = points.take(index * is_stated + np.uint16(points.size - 1) * ~is_stated)
        return found


_POINTS: Mapping[str, Callable[[_Block, Question], Points]] = {
    "skill": _Block.skill,
    "availability": _Block.availability,
    "district": _Block.district,
    "distance": _Block.distance,
    "interest": _Block.interest,
    "language": _Block.language,
    "fairness": _Block.fairness,
    "reliability": _Block.reliability,
    "training": _Block.training,
}
