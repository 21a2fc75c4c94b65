"""The pairs that can still be: in the order of the lot, without what clashes with confirmed shifts; and when two shifts clash."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.assignment_problem import Integers, Problem, Shift

Floats = NDArray[np.float64]
Made = NDArray[np.bool_]
"""For each pair whether it is made."""

EARTH_METRES: Final = 6_371_008.8


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """When and where each shift is, in lot order, and what must lie between two of them."""

    starts: Integers
    ends: Integers
    latitude: Floats
    longitude: Floats
    rest: int
    metres_per_minute: int | None

    def clash(self, first: Integers, second: Integers) -> NDArray[np.bool_]:
        """Whether one person cannot do both, where each `first` starts no later than its `second`."""
        return self.starts[second] - self.ends[first] < self.between(first, second)

    def clash_either(self, one: Integers, other: Integers) -> NDArray[np.bool_]:
        """The same, whichever starts first."""
        is_earlier = self.starts[one] <= self.starts[other]
        return self.clash(np.where(is_earlier, one, other), np.where(is_earlier, other, one))

    def between(self, first: Integers, second: Integers) -> Integers:
        """Seconds that must lie between: the rest and the way, which is rounded up to whole minutes."""
        if self.metres_per_minute is None:
            return np.full(len(first), self.rest, dtype=np.int64)
        metres = self._metres(first, second)
        minutes = np.ceil(np.nan_to_num(np.round(metres)) / self.metres_per_minute)
        return self.rest + 60 * minutes.astype(np.int64)

    def longest_between(self) -> int:
        """No two shifts need more seconds between them: twice the way to whichever is furthest from the first."""
        if self.metres_per_minute is None or np.isnan(self.latitude).all():
            return self.rest
        somewhere = int(np.flatnonzero(~np.isnan(self.latitude))[0])
        every = np.arange(len(self.starts))
        furthest = float(np.nanmax(self._metres(np.full(len(every), somewhere), every)))
        return self.rest + 60 * int(np.ceil((2 * furthest + 2) / self.metres_per_minute))

    def _metres(self, first: Integers, second: Integers) -> Floats:
        """Great-circle distance (haversine); NaN where a shift has no place."""
        one, other = np.radians(self.latitude[first]), np.radians(self.latitude[second])
        across = np.radians(self.longitude[second] - self.longitude[first])
        half = np.sin((other - one) / 2) ** 2 + np.cos(one) * np.cos(other) * np.sin(across / 2) ** 2
        metres: Floats = 2 * EARTH_METRES * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
        return metres


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """People and shifts are numbered in lot order; `people_at` and `shifts_at` lead back to the problem's numbers.

    Pairs are sorted by person, start, end and shift. `left` is how many more shifts each person may have, `load` what
    fairness has seen of them, confirmed shifts included; `fixed` are the confirmed pairs in lot numbers.
    """

    problem: Problem
    people_at: Integers
    shifts_at: Integers
    person: Integers
    shift: Integers
    score: Integers
    left: Integers
    load: Integers
    fixed: Integers
    times: Times


def table(problem: Problem) -> Table:
    """The problem's pairs in lot order, without those that clash with a confirmed shift of the same person."""
    people_at = _drawn("person", [person.id for person in problem.people], problem.seed)
    shifts_at = _drawn("shift", [shift.id for shift in problem.shifts], problem.seed)
    person_rank, shift_rank = _rank(people_at), _rank(shifts_at)
    shifts = [problem.shifts[at] for at in shifts_at]
    times = times_of(shifts, problem.rest_minutes, problem.metres_per_minute)
    fixed = np.array([(person_rank[p], shift_rank[s]) for p, s in problem.fixed], dtype=np.int64).reshape(
        -1, 2
    )
    person, shift = person_rank[problem.pair_people], shift_rank[problem.pair_shifts]
    order = _by_person_and_time(person, shift, times)
    person, shift, score = person[order], shift[order], problem.pair_scores[order]
    left, load = _left_and_load(problem, people_at, fixed)
    free = _free_of(fixed, person, shift, times) & (left[person] > 0)
    full = np.array([shift.taken >= shift.capacity for shift in shifts], dtype=bool)
    if len(full):
        free &= ~full[shift]
    return Table(
        problem=problem,
        people_at=people_at,
        shifts_at=shifts_at,
        person=person[free],
        shift=shift[free],
        score=score[free],
        left=left,
        load=load,
        fixed=fixed,
        times=times,
    )


def _drawn(kind: str, ids: list[str], seed: int) -> Integers:
    """Indices in the order of SHA-256 over seed and id: as fair as a draw, and alike on every machine."""
    lots = [hashlib.sha256(f"{seed}/{kind}/{one}".encode()).digest() for one in ids]
    return np.array(sorted(range(len(ids)), key=lots.__getitem__), dtype=np.int64)


def _rank(order: Integers) -> Integers:
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank


def times_of(shifts: Sequence[Shift], rest_minutes: int, metres_per_minute: int | None) -> Times:
    """When and where these shifts are, in their order."""
    nowhere = float("nan")
    return Times(
        starts=np.array([shift.starts for shift in shifts], dtype=np.int64),
        ends=np.array([shift.ends for shift in shifts], dtype=np.int64),
        latitude=np.array(
            [shift.place.latitude if shift.place else nowhere for shift in shifts], dtype=np.float64
        ),
        longitude=np.array(
            [shift.place.longitude if shift.place else nowhere for shift in shifts], dtype=np.float64
        ),
        rest=60 * rest_minutes,
        metres_per_minute=metres_per_minute,
    )


def _by_person_and_time(person: Integers, shift: Integers, times: Times) -> Integers:
    """How to sort pairs by person, then by their shift's start and end."""
    by_time = np.lexsort((np.arange(len(times.starts)), times.ends, times.starts))
    return np.argsort(person * len(times.starts) + _rank(by_time)[shift])


def _left_and_load(problem: Problem, people_at: Integers, fixed: Integers) -> tuple[Integers, Integers]:
    held = np.bincount(fixed[:, 0], minlength=len(people_at)).astype(np.int64)
    people = [problem.people[at] for at in people_at]
    most = np.array(
        [len(problem.shifts) + 1 if person.most_shifts is None else person.most_shifts for person in people],
        dtype=np.int64,
    )
    load = np.array([person.load for person in people], dtype=np.int64)
    return np.maximum(most - held, 0), load + held


def _free_of(fixed: Integers, person: Integers, shift: Integers, times: Times) -> NDArray[np.bool_]:
    """Which pairs go together with every confirmed shift of their person. Pairs are sorted by person."""
    free = np.ones(len(person), dtype=bool)
    for held_by, held in fixed:
        begin, end = np.searchsorted(person, [held_by, held_by + 1])
        others = shift[begin:end]
        free[begin:end] &= ~times.clash_either(np.full(len(others), held), others)
    return free


def parts(table: Table) -> tuple[Integers, Integers]:
    """The number of the part of each person and of each shift. Parts share no pair, confirmed ones included."""
    people, shifts = len(table.people_at), len(table.shifts_at)
    person = np.concatenate([table.person, table.fixed[:, 0]])
    shift = np.concatenate([table.shift, table.fixed[:, 1]])
    of_person, of_shift = np.arange(people), np.full(shifts, people + shifts)
    while True:
        before = of_person.copy()
        np.minimum.at(of_shift, shift, of_person[person])
        np.minimum.at(of_person, person, of_shift[shift])
        of_person = of_person[of_person]  # jump: the label is a person of the same part
        if (of_person == before).all():
            return of_person, of_shift


def part(table: Table, people: Made, shifts: Made) -> Table:
    """The table of some people and shifts, which share no pair with the others."""
    person_number, shift_number = np.cumsum(people) - 1, np.cumsum(shifts) - 1
    pairs, held = people[table.person], people[table.fixed[:, 0]]
    times = table.times
    return replace(
        table,
        people_at=table.people_at[people],
        shifts_at=table.shifts_at[shifts],
        person=person_number[table.person[pairs]],
        shift=shift_number[table.shift[pairs]],
        score=table.score[pairs],
        left=table.left[people],
        load=table.load[people],
        fixed=np.stack([person_number[table.fixed[held, 0]], shift_number[table.fixed[held, 1]]], axis=1),
        times=replace(
            times,
            starts=times.starts[shifts],
            ends=times.ends[shifts],
            latitude=times.latitude[shifts],
            longitude=times.longitude[shifts],
        ),
    )
