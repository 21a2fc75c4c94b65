"""What an assignment is asked: people, shifts, scored pairs, and who is confirmed already."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.index import Point

Integers = NDArray[np.int64]

HIGHEST_SCORE: Final = 1_000_000
"""Scores and costs of fairness above this are refused: sums of them must stay exact in 64 bits."""

MOST_PLACES: Final = 1_000_000
"""More places in one shift than this are refused."""

FURTHEST: Final = 2**40
"""Seconds before or after 1970 beyond which a moment is refused."""


class UnfitProblem(ValueError):
    """The problem contradicts itself. The message is a sentence that names what is wrong."""


class UnknownPersonInPair(UnfitProblem):
    """A pair names a person by an index that the list of people does not have."""


class UnknownShiftInPair(UnfitProblem):
    """A pair names a shift by an index that the list of shifts does not have."""


class PairIsTwice(UnfitProblem):
    """The same person and shift are paired twice, or paired although confirmed."""


class IdIsTwice(UnfitProblem):
    """Two people, or two shifts, carry the same id."""


class NotAWholeNumber(UnfitProblem):
    """A score, an index or a count is not a whole number: a fraction, NaN, a text."""


class OutOfRange(UnfitProblem):
    """A number is negative or larger than this can reckon with."""


class MinimumBeyondCapacity(UnfitProblem):
    """A shift asks for more people at least than it admits at most."""


class TakenBeyondCapacity(UnfitProblem):
    """A shift has given more places than it has, or fewer than its confirmed people hold."""


class EndsBeforeItStarts(UnfitProblem):
    """A shift ends before it starts, or when it starts."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be asked.

    `most_shifts` counts the confirmed shifts of this problem, too; None is as many as fit. `load` is how many shifts
    the person served in the period that fairness looks at. `qualifications` hold all that they include: whoever lists
    a higher one lists the lower ones as well.
    """

    id: str
    most_shifts: int | None = None
    load: int = 0
    qualifications: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Role:
    """A part of a shift's minimum that only people with a qualification can fill; without one, anybody can."""

    name: str
    minimum: int
    qualification: str | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """Work at a place and time, in seconds since 1970 (UTC).

    `minimum` is how many people it needs at least, those of the roles included (if the roles need more, they count);
    `capacity` how many at most; `taken` how many places are given already, whoever holds them: the confirmed pairs of
    the problem are among them, and so are people and open offers that the problem does not know.
    """

    id: str
    starts: int
    ends: int
    capacity: int
    minimum: int = 0
    taken: int = 0
    place: Point | None = None
    roles: tuple[Role, ...] = ()

    @property
    def needed(self) -> int:
        """How many people it needs at least, roles included."""
        return max(self.minimum, sum(role.minimum for role in self.roles))


def _no_integers() -> Integers:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """Everything that an assignment depends on. The caller leaves out pairs that may not be (age, insurance, radius).

    `pair_people`, `pair_shifts` and `pair_scores` are arrays of one length: the person's index, the shift's index and
    what the pair is worth, ≥ 0 (higher is better). `fixed` are confirmed pairs of indices: never displaced. Between two shifts
    of a person lie at least `rest_minutes` and, if `metres_per_minute` is given and both have a place, the way
    as the crow flies at that speed; without either, shifts that touch are fine. `fairness` is what each shift of a person's
    load takes from the worth of the next one: the n-th shift costs fairness × (load + n − 1), so work spreads. `seed` decides ties.
    """

    people: tuple[Person, ...]
    shifts: tuple[Shift, ...]
    pair_people: Integers = field(default_factory=_no_integers)
    pair_shifts: Integers = field(default_factory=_no_integers)
    pair_scores: Integers = field(default_factory=_no_integers)
    fixed: tuple[tuple[int, int], ...] = ()
    rest_minutes: int = 0
    metres_per_minute: int | None = None
    fairness: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("pair_people", "pair_shifts", "pair_scores"):
            object.__setattr__(self, name, _whole_numbers(name, getattr(self, name)))
        _check_people(self.people)
        _check_shifts(self.shifts)
        _check_pairs(self)
        _check_fixed(self)
        _within("rest_minutes", self.rest_minutes, 0, 60 * 24 * 366)
        _within("fairness", self.fairness, 0, HIGHEST_SCORE)
        if self.metres_per_minute is not None:
            _within("metres_per_minute", self.metres_per_minute, 1, HIGHEST_SCORE)
        _within("seed", self.seed, -(2**63), 2**63 - 1)

    def input_hash(self) -> str:
        """SHA-256, as hexadecimal, of the problem in canonical form: the order of people, shifts and pairs does not matter.

        The seed is not part of it: it is stored beside.
        """
        person_rank, people = _ranked([person.id for person in self.people])
        shift_rank, shifts = _ranked([shift.id for shift in self.shifts])
        head = {
            "format": 1,
            "people": [_person(self.people[index]) for index in people],
            "shifts": [_shift(self.shifts[index]) for index in shifts],
            "fixed": sorted([int(person_rank[p]), int(shift_rank[s])] for p, s in self.fixed),
            "rules": [self.rest_minutes, self.metres_per_minute, self.fairness],
        }
        digest = hashlib.sha256(json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode())
        key = person_rank[self.pair_people] * len(self.shifts) + shift_rank[self.pair_shifts]
        order = np.argsort(key)
        for column in (key, self.pair_scores):
            digest.update(column[order].astype("<i8").tobytes())
        return digest.hexdigest()


def _person(person: Person) -> list[Any]:
    return [person.id, person.most_shifts, person.load, sorted(person.qualifications)]


def _shift(shift: Shift) -> list[Any]:
    place = None if shift.place is None else [repr(shift.place.latitude), repr(shift.place.longitude)]
    roles = sorted([role.name, role.minimum, role.qualification or ""] for role in shift.roles)
    return [shift.id, shift.starts, shift.ends, shift.minimum, shift.capacity, shift.taken, place, roles]


def _ranked(ids: list[str]) -> tuple[Integers, list[int]]:
    """The rank of each by id, and who stands at each rank."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rank = np.zeros(len(ids), dtype=np.int64)
    rank[order] = np.arange(len(ids))
    return rank, order


def _whole_numbers(name: str, values: Any) -> Integers:
    """The values as 64-bit integers in an array that nobody can write to. Raises NotAWholeNumber."""
    array = np.asarray(values)
    if array.size == 0:
        array = _no_integers()
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise NotAWholeNumber(f"{name} must be a list of whole numbers.")
    if array.dtype.kind == "u" and array.max() > np.iinfo(np.int64).max:
        raise OutOfRange(f"{name} holds a number that is too large.")
    array = array.astype(np.int64)
    array.setflags(write=False)
    return array


def _within(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotAWholeNumber(f"{name} must be a whole number, not {value!r}.")
    if not least <= value <= most:
        raise OutOfRange(f"{name} must be from {least} to {most}, not {value}.")


def _unique(what: str, ids: list[str]) -> None:
    if len(set(ids)) != len(ids):
        twice = next(one for one in ids if ids.count(one) > 1)
        raise IdIsTwice(f"Two {what} have the id {twice!r}.")


def _check_people(people: tuple[Person, ...]) -> None:
    _unique("people", [person.id for person in people])
    for person in people:
        if person.most_shifts is not None:
            _within(f"most_shifts of {person.id!r}", person.most_shifts, 0, MOST_PLACES)
        _within(f"load of {person.id!r}", person.load, 0, HIGHEST_SCORE)


def _check_shifts(shifts: tuple[Shift, ...]) -> None:
    _unique("shifts", [shift.id for shift in shifts])
    for shift in shifts:
        _within(f"starts of {shift.id!r}", shift.starts, -FURTHEST, FURTHEST)
        _within(f"ends of {shift.id!r}", shift.ends, -FURTHEST, FURTHEST)
        if shift.ends <= shift.starts:
            raise EndsBeforeItStarts(f"Shift {shift.id!r} ends before it starts.")
        for name in ("minimum", "capacity", "taken"):
            _within(f"{name} of {shift.id!r}", getattr(shift, name), 0, MOST_PLACES)
        for role in shift.roles:
            _within(f"minimum of role {role.name!r} of {shift.id!r}", role.minimum, 0, MOST_PLACES)
        if len(shift.roles) > 30:
            raise OutOfRange(f"Shift {shift.id!r} has more than 30 roles.")
        if len({role.name for role in shift.roles}) != len(shift.roles):
            raise IdIsTwice(f"Two roles of shift {shift.id!r} have the same name.")
        if shift.needed > shift.capacity:
            raise MinimumBeyondCapacity(
                f"Shift {shift.id!r} needs {shift.needed} people and admits {shift.capacity}."
            )
        if shift.taken > shift.capacity:
            raise TakenBeyondCapacity(
                f"Shift {shift.id!r} has {shift.capacity} places and gave {shift.taken}."
            )


def _check_pairs(problem: Problem) -> None:
    people, shifts, scores = problem.pair_people, problem.pair_shifts, problem.pair_scores
    if not len(people) == len(shifts) == len(scores):
        raise OutOfRange("pair_people, pair_shifts and pair_scores must have one length.")
    if len(people) == 0:
        return
    if people.min() < 0 or people.max() >= len(problem.people):
        raise UnknownPersonInPair(f"A pair names a person beyond the {len(problem.people)} people.")
    if shifts.min() < 0 or shifts.max() >= len(problem.shifts):
        raise UnknownShiftInPair(f"A pair names a shift beyond the {len(problem.shifts)} shifts.")
    if scores.min() < 0 or scores.max() > HIGHEST_SCORE:
        raise OutOfRange(f"Scores must be from 0 to {HIGHEST_SCORE}.")


def _check_fixed(problem: Problem) -> None:
    held = [0] * len(problem.shifts)
    for person, shift in problem.fixed:
        _within("The person of a confirmed pair", person, 0, len(problem.people) - 1)
        _within("The shift of a confirmed pair", shift, 0, len(problem.shifts) - 1)
        held[shift] += 1
    keys = problem.pair_people * len(problem.shifts) + problem.pair_shifts
    fixed = np.array([p * len(problem.shifts) + s for p, s in problem.fixed], dtype=np.int64)
    every = np.sort(np.concatenate([keys, fixed]))
    if len(every) and (every[1:] == every[:-1]).any():
        raise PairIsTwice("A person and a shift are paired twice, or paired although confirmed.")
    for count, shift_ in zip(held, problem.shifts, strict=True):
        if count > shift_.taken:
            raise TakenBeyondCapacity(
                f"Shift {shift_.id!r} has {count} confirmed people and gave {shift_.taken} places."
            )
