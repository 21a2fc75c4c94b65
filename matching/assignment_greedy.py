"""The quick answer: pairs by what they add, each made if nothing speaks against it; needed places first. For one shift, or to compare with.

It covers at least half of the minimum places that the best plan covers where each person takes one shift (a maximal matching), and no more
is certain: who scores best for two shifts may be taken for the one that others could fill, too.
"""

import numpy as np

from matching.assignment_places import seat
from matching.assignment_problem import Integers, Problem, Shift
from matching.assignment_table import Made, Table


class _Board:
    """What is made so far: whose, where, and which places are left."""

    def __init__(self, table: Table) -> None:
        self.problem: Problem = table.problem
        self._times = table.times
        self._people_at: list[int] = table.people_at.tolist()
        self._left: list[int] = table.left.tolist()
        self._load: list[int] = table.load.tolist()
        self._mine: dict[int, list[int]] = {}
        self._asked: list[Shift] = [self.problem.shifts[at] for at in table.shifts_at.tolist()]
        self._there: list[list[int]] = [[] for _ in self._asked]
        self._taken: list[int] = [shift.taken for shift in self._asked]
        for person, shift in table.fixed.tolist():
            self._there[shift].append(self._people_at[person])

    def may(self, person: int, shift: int) -> bool:
        """Whether the person has shifts left, the shift has places left, and nothing clashes."""
        if self._left[person] == 0 or self._taken[shift] >= self._asked[shift].capacity:
            return False
        mine = self._mine.get(person)
        return not mine or not self._clashes(np.array(mine), shift)

    def fills_a_need(self, person: int, shift: int) -> bool:
        """Whether the person would cover a minimum place that is not covered yet."""
        asked = self._asked[shift]
        if not asked.roles:
            return self._taken[shift] < asked.needed
        there = self._there[shift]
        wider = [*there, self._people_at[person]]
        return self._covered(shift, wider, 1) > self._covered(shift, there, 0)

    def gain(self, person: int, score: int) -> int:
        """What the pair adds to the value."""
        return score - self.problem.fairness * self._load[person]

    def make(self, person: int, shift: int) -> None:
        """Makes the pair."""
        self._left[person] -= 1
        self._load[person] += 1
        self._taken[shift] += 1
        self._mine.setdefault(person, []).append(shift)
        self._there[shift].append(self._people_at[person])

    def _covered(self, shift: int, there: list[int], more: int) -> int:
        asked = self._asked[shift]
        filled = seat(self.problem, asked, there)[1].covered
        common = asked.needed - sum(role.minimum for role in asked.roles)
        return filled + min(common, self._taken[shift] + more - filled)

    def _clashes(self, mine: Integers, shift: int) -> bool:
        return bool(self._times.clash_either(mine, np.full(len(mine), shift)).any())


def greedy(table: Table) -> Made:
    """The pairs that are made by score less fairness, in lot order among equals: first on needed places, then wherever it adds value."""
    board = _Board(table)
    gain = table.score - table.problem.fairness * table.load[table.person]
    order = np.argsort(-gain, kind="stable").tolist()
    person, shift, score = table.person.tolist(), table.shift.tolist(), table.score.tolist()
    made = np.zeros(len(order), dtype=bool)
    for pair in order:
        if board.may(person[pair], shift[pair]) and board.fills_a_need(person[pair], shift[pair]):
            board.make(person[pair], shift[pair])
            made[pair] = True
    for pair in order:
        if (
            not made[pair]
            and board.gain(person[pair], score[pair]) > 0
            and board.may(person[pair], shift[pair])
        ):
            board.make(person[pair], shift[pair])
            made[pair] = True
    return made
