"""Many volunteers, many shifts, one answer: the best plan, with proof of how good it is.

What counts, in this order: people on minimum places (roles by the qualified), then the total of scores less what fairness
takes. Nobody has two shifts that overlap or lie too close, more shifts than they may, or a place that a confirmed person holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from matching import (
    assignment_bounds,
    assignment_conflicts,
    assignment_greedy,
    assignment_network,
    assignment_overlaps,
)
from matching.assignment_overlaps import Relaxed
from matching.assignment_places import Staffing, Worth, staffings, worth
from matching.assignment_problem import Person, Problem, Role, Shift, UnfitProblem
from matching.assignment_table import Table, table, times_of

__all__ = [
    "Method",
    "Person",
    "Placed",
    "Plan",
    "Problem",
    "Role",
    "Shift",
    "Staffing",
    "UnfitProblem",
    "Worth",
    "assign",
    "assign_greedily",
    "too_near",
]


class Method(StrEnum):
    """How a plan was found."""

    FLOW = "min_cost_flow"
    SEARCH = "flow_and_search"
    GREEDY = "greedy"


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody's place in a plan, by the problem's indices. `role` is the role that the person fills, if any."""

    person: int
    shift: int
    score: int
    role: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is asked for which shift, by ids in order, with what it rests on.

    `before` and `after` hold the staffing of each shift of the problem. No plan is worth more than `bound`, and this one
    is worth `worth`; None as a bound says that nothing is known (greedy).
    """

    placed: tuple[Placed, ...]
    before: tuple[Staffing, ...]
    after: tuple[Staffing, ...]
    worth: Worth
    bound: Worth | None
    method: Method
    seed: int
    input_hash: str

    @property
    def gap(self) -> Fraction | None:
        """How far below the bound the plan may lie, 0 is proved optimal: a share of the minimum places, or if all are had, of the value."""
        if self.bound is None:
            return None
        missing = self.bound - self.worth
        if missing.minimum_places:
            return Fraction(missing.minimum_places, self.bound.minimum_places)
        return Fraction(missing.value, max(abs(self.bound.value), 1))

    @property
    def summary(self) -> str:
        """One line for logs and terminals: method, places, value, and how far from the bound."""
        places, value = self.worth.minimum_places, self.worth.value
        if self.bound is None:
            return f"{self.method}: {places} minimum places, value {value}, no bound"
        most = f"{places} of at most {self.bound.minimum_places} minimum places, value {value}"
        if self.is_optimal:
            return f"{self.method}: {most}; proved optimal, gap 0"
        return f"{self.method}: {most}, bound {self.bound.value}; gap {float(self.gap or 0):.4%}"

    @property
    def is_optimal(self) -> bool:
        """Whether it is proved that no plan is better."""
        return self.worth == self.bound


def too_near(shift: Shift, others: Sequence[Shift], rest_minutes: int, metres_per_minute: int | None) -> bool:
    """Whether one person cannot do the shift beside all of the others: they overlap, or leave too little for the rest and the way."""
    times = times_of([shift, *others], rest_minutes, metres_per_minute)
    there = np.arange(1, 1 + len(others))
    return bool(times.clash_either(np.zeros_like(there), there).any())


def assign(problem: Problem) -> Plan:
    """The best plan. The same problem and seed give the same plan, in any order of people, shifts and pairs.

    Exact if the shifts that a person can be asked for clash in separate groups only: not at all, in time slots, in any way in which
    clashing with the same shift means clashing with each other. See `matching.assignment_overlaps` for all else.
    """
    pairs = table(problem)
    group = assignment_conflicts.groups(pairs)
    flow = assignment_bounds.relax(assignment_network.build(pairs, group))
    relaxed = Relaxed(flow, group, assignment_conflicts.clashes_across(pairs, group))
    made, bound, method = flow.made, flow.bound, Method.FLOW
    if relaxed.breaks_a_rule:
        made, bound = assignment_overlaps.resolve(pairs, relaxed)
        method = Method.SEARCH
    return _plan(problem, _chosen(pairs, made), bound, method)


def assign_greedily(problem: Problem) -> Plan:
    """A quick plan that breaks no rule, without a bound: for one shift it is as good as any, for many see `assign`."""
    pairs = table(problem)
    return _plan(problem, _chosen(pairs, assignment_greedy.greedy(pairs)), None, Method.GREEDY)


def _chosen(pairs: Table, made: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Person, shift and score of what is made, by the problem's indices, in the order of ids."""
    people = pairs.people_at[pairs.person[made]].tolist()
    shifts = pairs.shifts_at[pairs.shift[made]].tolist()
    ids = pairs.problem
    return sorted(
        zip(people, shifts, pairs.score[made].tolist(), strict=True),
        key=lambda one: (ids.people[one[0]].id, ids.shifts[one[1]].id),
    )


def _plan(problem: Problem, chosen: list[tuple[int, int, int]], bound: Worth | None, method: Method) -> Plan:
    before, _ = staffings(problem, [])
    after, roles = staffings(problem, [(person, shift) for person, shift, _ in chosen])
    return Plan(
        placed=tuple(Placed(person, shift, score, roles[person, shift]) for person, shift, score in chosen),
        before=before,
        after=after,
        worth=worth(problem, chosen),
        bound=bound,
        method=method,
        seed=problem.seed,
        input_hash=problem.input_hash(),
    )
