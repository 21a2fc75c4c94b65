"""The best volunteers of a city for one opportunity: the scores of `scoring.explain`, for everybody at once."""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

import numpy as np

from matching import scanning
from matching.arrays import VolunteerArrays
from matching.columns import Column, Generation, whole
from matching.features import FLAT, Opportunity, TagTree
from matching.questions import Question
from matching.quickest import quickest
from matching.row_index import Rows, Words
from matching.scanning import NOBODY, Candidates, Scan
from matching.weights import Weights

_MIX = np.uint64(0x94D049BB133111EB)


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
    scan: Scan = quickest,
) -> list[Ranked]:
    """The k volunteers who suit best, best first; who is barred by a hard rule is left out.

    Of the hard rules the arrays do not know clashes: put who is taken then, who has signed up and who opted out into
    `exclude`. Ties go by a number made of both ids, so that no two opportunities prefer the same people and the
    same question has the same answer. Raises ArraysAreUnusable.
    """
    generation, vocabulary = arrays.reading().snapshot()
    question = Question(opportunity, weights, vocabulary, tree)
    if k <= 0 or not question.is_open:
        return []
    shut = generation.find(exclude)
    return _answer(generation, question, k, shut[shut >= 0], scan)


def _answer(generation: Generation, question: Question, k: int, shut: Rows, scan: Scan) -> list[Ranked]:
    """Reads the best rows once more, each whole as its seal says, and scores them as they are now."""
    while True:
        found = scan(generation.columns, generation.used, question, np.sort(shut), k)
        rows = best_rows(generation, found, k, question.opportunity.id)
        whole_rows, copied = generation.sealed(rows)
        if whole_rows.size == rows.size:
            return _ordered(question, copied)
        shut = np.concatenate((shut, np.setdiff1d(rows, whole_rows)))


def _ordered(question: Question, copied: Mapping[str, Column]) -> list[Ranked]:
    size = copied["flags"].size
    rows, scores = scanning.scan(copied, size, question, NOBODY, size)
    high, low = copied["id_high"][rows], copied["id_low"][rows]
    order = np.lexsort((low, high, tie_keys(high, low, question.opportunity.id), -scores))
    return [Ranked(whole(int(high[at]), int(low[at])), int(scores[at])) for at in order]


def best_rows(generation: Generation, found: Candidates, k: int, other: UUID) -> Rows:
    """The rows of the k best candidates, ties by `tie_keys`, in no order."""
    rows, scores = found
    if rows.size <= k:
        return rows
    least = np.partition(scores, -k)[-k]
    better, level = rows[scores > least], rows[scores == least]
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
