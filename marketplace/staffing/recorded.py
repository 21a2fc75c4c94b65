"""A problem as bytes that are kept for ever, and back; and the hash of a plan. What was computed once can be computed again."""

import hashlib
import json
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from matching.assignment import Person, Plan, Problem, Role, Shift
from matching.index import Point

FORMAT = 1


def kept(problem: Problem) -> bytes:
    """The problem as compressed canonical JSON: the same problem gives the same text, whatever the machine."""
    shown = {
        "format": FORMAT,
        "people": [[one.id, one.most_shifts, one.load, sorted(one.qualifications)] for one in problem.people],
        "shifts": [_kept_shift(one) for one in problem.shifts],
        "pairs": [
            problem.pair_people.tolist(),
            problem.pair_shifts.tolist(),
            problem.pair_scores.tolist(),
        ],
        "fixed": [list(pair) for pair in problem.fixed],
        "rules": [problem.rest_minutes, problem.metres_per_minute, problem.fairness],
        "seed": problem.seed,
    }
    return zlib.compress(_canonical(shown), 6)


def opened(stored: bytes) -> Problem:
    """The problem that was kept. Raises ValueError for a format that this version does not know."""
    shown = json.loads(zlib.decompress(stored))
    if shown["format"] != FORMAT:
        raise ValueError(f"runs of format {shown['format']} are not read by this version")
    rest_minutes, metres_per_minute, fairness = shown["rules"]
    people, shifts, scores = (np.array(column, dtype=np.int64) for column in shown["pairs"])
    return Problem(
        people=tuple(Person(id_, most, load, frozenset(held)) for id_, most, load, held in shown["people"]),
        shifts=tuple(_opened_shift(one) for one in shown["shifts"]),
        pair_people=people,
        pair_shifts=shifts,
        pair_scores=scores,
        fixed=tuple((person, shift) for person, shift in shown["fixed"]),
        rest_minutes=rest_minutes,
        metres_per_minute=metres_per_minute,
        fairness=fairness,
        seed=shown["seed"],
    )


def pairs_of(plan: Plan, problem: Problem) -> list[tuple[str, str]]:
    """Who is proposed for what, by ids, in order."""
    return sorted((problem.people[one.person].id, problem.shifts[one.shift].id) for one in plan.placed)


def plan_hash(pairs: Iterable[tuple[str, str]]) -> str:
    """SHA-256, as hexadecimal, of who is proposed for what; the order does not matter."""
    return hashlib.sha256(_canonical(sorted([*pair] for pair in pairs))).hexdigest()


def _kept_shift(one: Shift) -> dict[str, Any]:
    return {
        "id": one.id,
        "times": [one.starts, one.ends],
        "places": [one.minimum, one.capacity, one.taken],
        "at": None if one.place is None else [one.place.latitude, one.place.longitude],
        "roles": [[role.name, role.minimum, role.qualification] for role in one.roles],
    }


def _opened_shift(shown: dict[str, Any]) -> Shift:
    minimum, capacity, taken = shown["places"]
    return Shift(
        id=shown["id"],
        starts=shown["times"][0],
        ends=shown["times"][1],
        capacity=capacity,
        minimum=minimum,
        taken=taken,
        place=None if shown["at"] is None else Point(*shown["at"]),
        roles=tuple(Role(name, least, qualification) for name, least, qualification in shown["roles"]),
    )


def _canonical(shown: object) -> bytes:
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
