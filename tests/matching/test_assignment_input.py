"""What an assignment refuses, and how it says so."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from matching import assignment_problem as wrong
from matching.assignment import Person, Problem, Role, UnfitProblem
from tests.matching.assignments import problem, shift

P, S = [Person("p"), Person("q")], [shift("s", capacity=2), shift("t", 48)]


def columns(people: Any, shifts: Any, scores: Any) -> Problem:
    return Problem(
        people=tuple(P), shifts=tuple(S), pair_people=people, pair_shifts=shifts, pair_scores=scores
    )


REFUSED: dict[str, tuple[type[UnfitProblem], Callable[[], Problem]]] = {
    "a person beyond the list": (wrong.UnknownPersonInPair, lambda: problem(P, S, [(2, 0, 1)])),
    "a person before the list": (wrong.UnknownPersonInPair, lambda: problem(P, S, [(-1, 0, 1)])),
    "a shift beyond the list": (wrong.UnknownShiftInPair, lambda: problem(P, S, [(0, 2, 1)])),
    "a shift of nobody's list": (wrong.UnknownPersonInPair, lambda: problem([], S, [(0, 0, 1)])),
    "a negative score": (wrong.OutOfRange, lambda: problem(P, S, [(0, 0, -1)])),
    "a score too high": (wrong.OutOfRange, lambda: problem(P, S, [(0, 0, 1_000_001)])),
    "a score that is no number": (wrong.NotAWholeNumber, lambda: columns([0], [0], [float("nan")])),
    "a score with a fraction": (wrong.NotAWholeNumber, lambda: columns([0], [0], [0.5])),
    "a score that is a text": (wrong.NotAWholeNumber, lambda: columns([0], [0], ["7"])),
    "an index that is yes": (wrong.NotAWholeNumber, lambda: columns([True], [0], [1])),
    "a number beyond 64 bits": (
        wrong.OutOfRange,
        lambda: columns([0], [0], np.array([2**63], dtype=np.uint64)),
    ),
    "columns of different length": (wrong.OutOfRange, lambda: columns([0, 1], [0], [1])),
    "a table for a column": (wrong.NotAWholeNumber, lambda: columns([[0]], [[0]], [[1]])),
    "a pair twice": (wrong.PairIsTwice, lambda: problem(P, S, [(0, 0, 1), (0, 0, 2)])),
    "a pair of a confirmed person": (
        wrong.PairIsTwice,
        lambda: problem(P, [shift("s", taken=1)], [(0, 0, 1)], fixed=((0, 0),)),
    ),
    "two people with one id": (wrong.IdIsTwice, lambda: problem([Person("p"), Person("p")], S, [])),
    "two shifts with one id": (wrong.IdIsTwice, lambda: problem(P, [shift("s"), shift("s")], [])),
    "two roles with one name": (
        wrong.IdIsTwice,
        lambda: problem(P, [shift("s", capacity=2, roles=(Role("a", 1), Role("a", 1)))], []),
    ),
    "a minimum beyond the capacity": (
        wrong.MinimumBeyondCapacity,
        lambda: problem(P, [shift("s", minimum=2)], []),
    ),
    "roles beyond the capacity": (
        wrong.MinimumBeyondCapacity,
        lambda: problem(P, [shift("s", roles=(Role("a", 1), Role("b", 1)))], []),
    ),
    "more taken than there is": (wrong.TakenBeyondCapacity, lambda: problem(P, [shift("s", taken=2)], [])),
    "confirmed people without a place": (
        wrong.TakenBeyondCapacity,
        lambda: problem(P, [shift("s")], [], fixed=((0, 0),)),
    ),
    "a confirmed person beyond the list": (wrong.OutOfRange, lambda: problem(P, S, [], fixed=((2, 0),))),
    "a shift that ends when it starts": (
        wrong.EndsBeforeItStarts,
        lambda: problem(P, [shift("s", hours=0)], []),
    ),
    "a moment beyond reckoning": (wrong.OutOfRange, lambda: problem(P, [shift("s", ends=2**41)], [])),
    "a negative load": (wrong.OutOfRange, lambda: problem([Person("p", load=-1)], S, [])),
    "a negative most": (wrong.OutOfRange, lambda: problem([Person("p", most_shifts=-1)], S, [])),
    "a minimum that is a fraction": (
        wrong.NotAWholeNumber,
        lambda: problem(P, [shift("s", minimum=0.5)], []),
    ),
    "a negative rest": (wrong.OutOfRange, lambda: problem(P, S, [], rest_minutes=-1)),
    "nobody moves": (wrong.OutOfRange, lambda: problem(P, S, [], metres_per_minute=0)),
    "a seed that is a text": (wrong.NotAWholeNumber, lambda: problem(P, S, [], seed="lucky")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_problem_that_contradicts_itself_is_refused_with_a_sentence(what: str) -> None:
    error, make = REFUSED[what]
    with pytest.raises(error) as raised:
        make()
    assert isinstance(raised.value, ValueError)
    assert str(raised.value).endswith(".")
