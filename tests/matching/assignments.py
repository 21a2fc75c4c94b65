"""Small assignment problems, made by chance from a seed, and the best plan for one by trying all."""

import random
from collections.abc import Iterator

import numpy as np

from matching.assignment import Person, Problem, Role, Shift, Worth
from matching.assignment_places import worth
from matching.index import Point

HOUR = 3600
QUALIFICATIONS = ("first_aid", "driving")


def problem(
    people: tuple[Person, ...] | list[Person],
    shifts: tuple[Shift, ...] | list[Shift],
    pairs: list[tuple[int, int, int]],
    **rest: object,
) -> Problem:
    """A problem whose pairs are (person, shift, score)."""
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 3)
    return Problem(
        people=tuple(people),
        shifts=tuple(shifts),
        pair_people=columns[:, 0],
        pair_shifts=columns[:, 1],
        pair_scores=columns[:, 2],
        **rest,  # type: ignore[arg-type]
    )


def shift(name: str, starts: float = 0, hours: float = 2, **rest: object) -> Shift:
    """A shift that starts that many hours after a fixed moment, with one place that is needed."""
    begin = int(starts * HOUR)
    return Shift(
        **{"id": name, "starts": begin, "ends": begin + int(hours * HOUR), "capacity": 1, "minimum": 1} | rest
    )  # type: ignore[arg-type]


def by_chance(seed: int, *, slots: bool, roles: bool = False, places: bool = False) -> Problem:
    """Up to four people and five shifts. With `slots` shifts either coincide or are a day apart."""
    chance = random.Random(seed)
    shifts = [_shift(chance, number, slots, roles, places) for number in range(chance.randint(1, 5))]
    people = [
        Person(
            id=f"p{number}",
            most_shifts=chance.choice([None, 1, 2, 2, 3]),
            load=chance.randint(0, 3),
            qualifications=frozenset(code for code in QUALIFICATIONS if chance.random() < 0.4),
        )
        for number in range(chance.randint(1, 4))
    ]
    every = [(p, s) for p in range(len(people)) for s in range(len(shifts)) if chance.random() < 0.7]
    chance.shuffle(every)
    fixed: list[tuple[int, int]] = []
    for one in every[:2]:
        here = sum(1 for _, s in fixed if s == one[1])
        if chance.random() < 0.4 and here < shifts[one[1]].taken:
            fixed.append(one)
    return problem(
        people,
        shifts,
        [(p, s, chance.choice([0, 3, 5, 8, 10])) for p, s in every if (p, s) not in fixed],
        fixed=tuple(fixed),
        rest_minutes=0 if slots else chance.choice([0, 30, 90]),
        metres_per_minute=chance.choice([None, 100]) if places else None,
        fairness=chance.choice([0, 0, 1, 4]),
        seed=chance.randint(0, 99),
    )


def _shift(chance: random.Random, number: int, slots: bool, roles: bool, places: bool) -> Shift:
    capacity = chance.randint(1, 3)
    starts = 24 * chance.randint(0, 2) if slots else chance.randint(0, 16) / 2
    asked = []
    if roles and chance.random() < 0.7:
        asked.append(Role("aider", 1, "first_aid"))
        if capacity > 1:
            asked.append(Role("driver", chance.randint(0, capacity - 1), chance.choice(["driving", None])))
    return shift(
        f"s{number}",
        starts,
        chance.choice([1, 2, 3]),
        capacity=capacity,
        minimum=chance.randint(0, capacity),
        taken=chance.choice([0, 0, 0, 1, capacity]),
        place=Point(31 + chance.randint(0, 8) / 100, 121.5) if places and chance.random() < 0.8 else None,
        roles=tuple(asked),
    )


def may(asked: Problem, made: list[tuple[int, int, int]]) -> bool:
    """Whether these pairs break no rule; written for itself, pair by pair."""
    held: dict[int, list[int]] = {}
    there = [one.taken for one in asked.shifts]
    for person, at in asked.fixed:
        held.setdefault(person, []).append(at)
    for person, at, _ in made:
        there[at] += 1
        mine = held.setdefault(person, [])
        if any(clash(asked, asked.shifts[at], asked.shifts[other]) for other in mine):
            return False
        mine.append(at)
        most = asked.people[person].most_shifts
        if there[at] > asked.shifts[at].capacity or (most is not None and len(mine) > most):
            return False
    return True


def clash(asked: Problem, one: Shift, other: Shift) -> bool:
    """Whether one person cannot do both."""
    first, second = sorted((one, other), key=lambda shift: (shift.starts, shift.ends))
    between = 60 * asked.rest_minutes
    if asked.metres_per_minute is not None and one.place and other.place:
        # All places of these problems lie on one meridian.
        metres = round(6_371_008.8 * np.radians(abs(one.place.latitude - other.place.latitude)))
        between += 60 * -(-metres // asked.metres_per_minute)
    return second.starts - first.ends < between


def every_plan(asked: Problem) -> Iterator[list[tuple[int, int, int]]]:
    """All plans that break no rule."""
    pairs = list(
        zip(asked.pair_people.tolist(), asked.pair_shifts.tolist(), asked.pair_scores.tolist(), strict=True)
    )

    def grow(made: list[tuple[int, int, int]], begin: int) -> Iterator[list[tuple[int, int, int]]]:
        yield made
        for number in range(begin, len(pairs)):
            wider = [*made, pairs[number]]
            if may(asked, wider):
                yield from grow(wider, number + 1)

    yield from grow([], 0)


def best(asked: Problem) -> Worth:
    """What the best of all plans is worth."""
    return max(worth(asked, made) for made in every_plan(asked))
