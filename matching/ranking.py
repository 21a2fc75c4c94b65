"""The best volunteers of a city for one opportunity: the scores of `scoring.explain`, for everybody at once."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching import scanning
from matching.arrays import VolunteerArrays
from matching.columns import Column, Generation, whole
from matching.features import FLAT, Opportunity, TagTree
from matching.questions import Question
from matching.scanning import OUT, SHUT, Counts, Scan, Scores
from matching.weights import Weights

_LARGE: Final = 100_000
"""Rows from which the compiled scan is worth its compiling: NumPy reads so many in some three milliseconds."""

_MIX = np.uint64(0x94D049BB133111EB)

Rows = NDArray[np.int64]
Words = NDArray[np.uint64]


class Ranked(NamedTuple):
    """Somebody, or something, and the score in tenths of a point."""

    id: UUID
    score: int


def rank(
    arrays: VolunteerArrays,
    opportunity: Opportunity,
    weights: Weights,
    k: int,
    exclude: Collection[UUID] = (),
    tree: TagTree = FLAT,
    scan: Scan | None = None,
) -> list[Ranked]:
    """The k volunteers who suit best, best first; who is barred by a hard rule is left out.

    Of the hard rules the arrays do not know clashes: put who is taken then, who has signed up and who opted out into
    `exclude`. Ties go by a number made of both ids, so that no two opportunities prefer the same people and the
    same question has the same answer. `scan` is what `scan_for` chooses. Raises ArraysAreUnusable.
    """
    generation, vocabulary = arrays.reading().snapshot()
    question = Question(opportunity, weights, vocabulary, tree)
    if k <= 0 or not question.is_open:
        return []
    shut = generation.find(exclude)
    return _answer(generation, question, k, shut, scan or scan_for(generation.used))


def scan_for(rows: int) -> Scan:
    """What scans so many rows soonest. Compiling takes seconds once a machine, which a small city never earns back."""
    return fastest_scan() if rows >= _LARGE else scanning.scan


@cache
def fastest_scan() -> Scan:
    """The compiled scan where numba is installed, else the one in NumPy."""
    try:
        from matching import compiled
    except ImportError:
        return scanning.scan
    return compiled.scan


def _answer(generation: Generation, question: Question, k: int, shut: Rows, scan: Scan) -> list[Ranked]:
    """Reads the best rows once more, each whole as its seal says, and scores them as they are now."""
    while True:
        scores = np.full(generation.used, OUT, dtype=np.int16)
        scores[shut[(shut >= 0) & (shut < scores.size)]] = SHUT
        counts = scan(generation.columns, question, scores, k)
        rows = best_rows(generation, scores, counts, k, question.opportunity.id)
        whole_rows, copied = generation.sealed(rows)
        if whole_rows.size == rows.size:
            return _ordered(question, copied)
        shut = np.concatenate((shut, np.setdiff1d(rows, whole_rows)))


def _ordered(question: Question, copied: Mapping[str, Column]) -> list[Ranked]:
    scores = np.full(copied["flags"].size, OUT, dtype=np.int16)
    scanning.scan(copied, question, scores, scores.size)
    high, low = copied["id_high"], copied["id_low"]
    order = np.lexsort((low, high, tie_keys(high, low, question.opportunity.id), -scores))
    return [Ranked(whole(int(high[at]), int(low[at])), int(scores[at])) for at in order if scores[at] != OUT]


def best_rows(generation: Generation, scores: Scores, counts: Counts, k: int, other: UUID) -> Rows:
    """The rows of the k best scores, ties by `tie_keys`, in no order. `counts` says how many have each score."""
    at_least = np.cumsum(counts[::-1])[::-1]
    reached = np.flatnonzero(at_least >= k)
    if not reached.size:
        return np.flatnonzero(scores >= 0)
    least = reached[-1]
    better, level = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
    wanted = k - better.size
    high, low = generation.columns["id_high"][level], generation.columns["id_low"][level]
    keys = tie_keys(high, low, other)
    near = np.flatnonzero(keys <= np.partition(keys, wanted - 1)[wanted - 1])
    order = near[np.lexsort((low[near], high[near], keys[near]))]
    return np.concatenate((better, level[order[:wanted]]))


def tie_keys(high: Words, low: Words, other: UUID) -> Words:
    """A number for each id that differs with the other side's id: chance, but the same chance every time."""
    mixed = (low ^ np.uint64(other.int & 0xFFFFFFFFFFFFFFFF)) * _MIX
    mixed ^= mixed >> np.uint64(31)
    return (mixed ^ high) * _MIX
