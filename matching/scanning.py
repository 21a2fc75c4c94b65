"""Finds who may be among the k best of all volunteers in the arrays, with NumPy: hard rules first, then factor by factor.

Nobody is scored to the end who cannot reach the k best any more: after each factor, whoever would not reach the k-th best
score found so far even with all that is left is given up. That changes no answer, as in the threshold algorithm of Fagin,
Lotem and Naor ("Optimal aggregation algorithms for middleware", 2003); with k as large as the city nobody is given up.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.arrays import INTERESTS, LANGUAGES, NEW, SKILLS, WEEK
from matching.cells import UNKNOWN_DISTANCE, distances
from matching.columns import Column
from matching.questions import ASKED, DISTANCES, RESTS, STAGES, Masks, Question

Scores = NDArray[np.int16]
Counts = NDArray[np.int64]
Picked = NDArray[np.intp]
Columns = Mapping[str, Column]

SCORES = 1001
"""There are so many scores: 0 to 1000 tenths of a point."""

OUT = -1
"""The score of a row that nobody is in, that a hard rule bars, or that cannot be among the best."""

SHUT = -2
"""Stands in `scores` before a scan for a row that is to be left out."""

BLOCK = 1 << 15
"""Rows looked at together: their columns fit in the nearest caches."""

FIRST_BLOCK = 1 << 11
"""The first rows set the score to reach; nobody is given up before."""


class Scan(Protocol):
    """Writes scores of the first rows into `scores`, which comes filled with OUT, or SHUT.

    Whoever is among the k best gets a score; others may. Answers how many have each score.
    """

    def __call__(self, columns: Columns, question: Question, scores: Scores, k: int) -> Counts: ...


def scan(columns: Columns, question: Question, scores: Scores, k: int) -> Counts:
    """The scan in plain NumPy. With k as large as the city the same scores as `compiled.scan`, bit for bit."""
    counts = np.zeros(SCORES, dtype=np.int64)
    least = begin = 0
    while begin < scores.size:
        end = min(begin + (BLOCK if begin else FIRST_BLOCK), scores.size)
        part = _Part(
            {name: column[..., begin:end] for name, column in columns.items()}, question, scores[begin:end]
        )
        points = part.scored(least)
        counts += np.bincount(points, minlength=SCORES)
        least = score_to_reach(counts, k)
        begin = end
    return counts


def score_to_reach(counts: Counts, k: int) -> int:
    """The k-th best score so far, 0 when there are not so many."""
    at_least = np.cumsum(counts[::-1])[::-1]
    return int(np.count_nonzero(at_least >= k)) - 1 if at_least[0] >= k else 0


class _Part:
    """Rows that are looked at together, and those of them that are still in the running."""

    def __init__(self, columns: Columns, question: Question, scores: Scores) -> None:
        self._columns, self._question, self._scores = columns, question, scores
        wanted = question.bits_by_age[columns["age"]]
        allowed = (columns["flags"] & wanted) == wanted
        allowed &= scores != SHUT
        for word, asked in zip(columns["qualification"], question.qualifications, strict=True):
            if asked:
                allowed &= (word & asked) == asked
        self._keep(np.flatnonzero(allowed))

    def scored(self, least: int) -> Column:
        """Writes the scores of those who reach `least`, and answers them."""
        total = np.zeros(self._rows.size, dtype=np.int64)
        for number, stage in enumerate(STAGES):
            if stage == "travel":
                total = total[self._near()]
            total += _POINTS[stage](self)
            is_in = total + self._question.rests_after[number] >= least
            if not is_in.all():
                total = total[is_in]
                self._keep(self._rows[is_in])
        self._scores[self._rows] = total
        return total

    def _keep(self, rows: Picked) -> None:
        self._rows = rows
        self._flags = self._columns["flags"][rows]

    def _near(self) -> Picked:
        """Who of those in the running has the place within their radius; the others are dropped."""
        anchor = self._question.anchor
        rows = self._rows
        if anchor.place is None:
            self._steps = np.full(rows.size, UNKNOWN_DISTANCE, dtype=np.uint16)
            return np.arange(rows.size)
        steps = distances(
            anchor.north[self._columns["row"][rows]], anchor.east[self._columns["column"][rows]]
        )
        near = np.flatnonzero((steps <= self._columns["radius"][rows]) | (steps == UNKNOWN_DISTANCE))
        self._steps = steps[near]
        self._keep(rows[near])
        return near

    def travel(self) -> Column:
        sameness = self._question.sameness[self._columns["district"][self._rows]].astype(np.intp)
        points: Column = self._question.travel_points[sameness * DISTANCES + self._steps]
        return points

    def skill(self) -> Column:
        halves = np.zeros(self._rows.size, dtype=np.intp)
        for whole, half in zip(*self._question.skills, strict=True):
            is_held = self._has_any("skill", whole)
            halves += 2 * is_held
            if half.any():
                halves += self._has_any("skill", half) & ~is_held
        return self._known_or_last(self._question.skill_points, halves, SKILLS)

    def availability(self) -> Column:
        return self._known_or_last(
            self._question.availability_points, self._shared("week", self._question.week), WEEK
        )

    def language(self) -> Column:
        spoken = self._shared("language", self._question.languages)
        return self._known_or_last(self._question.language_points, spoken, LANGUAGES)

    def interest(self) -> Column:
        meant, near = self._question.interests
        closeness = np.where(self._has_any("interest", meant), 2, self._has_any("interest", near))
        return self._known_or_last(self._question.interest_points, closeness, INTERESTS)

    def fairness(self) -> Column:
        asked = np.minimum(self._columns["recommended"][self._rows], ASKED - 1).astype(np.intp)
        asked += (self._flags & NEW != 0) * ASKED
        rests = self._question.rests[self._columns["served"][self._rows]]
        points: Column = self._question.fairness_points[asked * RESTS + rests]
        return points

    def reliability(self) -> Column:
        return self._question.reliability_points[self._columns["reliability"][self._rows]]

    def training(self) -> Column:
        is_practice = self._has_any("training", self._question.training)
        return self._question.training_points[is_practice.astype(np.intp)]

    def _has_any(self, field: str, words: Masks) -> NDArray[np.bool_]:
        found = np.zeros(self._rows.size, dtype=bool)
        for column, word in zip(self._columns[field], words, strict=True):
            if word:
                found |= (column[self._rows] & word) != 0
        return found

    def _shared(self, field: str, words: Masks) -> Picked:
        shared = np.zeros(self._rows.size, dtype=np.intp)
        for column, word in zip(self._columns[field], words, strict=True):
            if word:
                shared += np.bitwise_count(column[self._rows] & word)
        return shared

    def _known_or_last(self, table: Column, index: Picked, stated: int) -> Column:
        points: Column = table[np.where(self._flags & stated, index, table.size - 1)]
        return points


_POINTS: Mapping[str, Callable[[_Part], Column]] = {
    "skill": _Part.skill,
    "availability": _Part.availability,
    "travel": _Part.travel,
    "interest": _Part.interest,
    "language": _Part.language,
    "fairness": _Part.fairness,
    "reliability": _Part.reliability,
    "training": _Part.training,
}
