"""Top 20 of a million volunteers for one need, explained, against the time to read the same bytes once."""

import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import numpy as np

from matching import compiled, scanning
from matching.arrays import (
    FIRST_DAY,
    GUARDIAN,
    INTERESTS,
    LANGUAGES,
    NEVER_SERVED,
    NEW,
    SKILLS,
    WEEK,
    VolunteerArrays,
)
from matching.cells import cell_of
from matching.columns import LIVE, Column
from matching.features import Opportunity, Stretch, TagTree, Volunteer
from matching.index import Point
from matching.ranking import Ranked, rank
from matching.scanning import Scan
from matching.scoring import explain
from matching.vocabulary import WORDS, Vocabulary
from matching.week import DAYS, SLOT_MINUTES, stated_week
from matching.weights import VOLUNTEER_WEIGHTS

BEST = 20
IN_A_ROW = 5
GOALS: Mapping[str, tuple[Scan, float]] = {"numba": (compiled.scan, 4.0), "NumPy": (scanning.scan, 12.0)}
DISTRICTS = [f"3101{number:02}" for number in range(1, 17)]
CODES = {
    "qualification": [f"qualification_{number}" for number in range(13)],
    "skill": [f"skill_{number}" for number in range(30)],
    "language": [f"language_{number}" for number in range(10)],
    "interest": [f"field_{number}" for number in range(45)],
    "training": [f"skill_{number}" for number in range(30)],
}
TREE = TagTree({f"skill_{number}": f"skill_{number % 6}" for number in range(6, 30)})
MIDDLE = Point(31.22, 121.45)


def needs() -> Mapping[str, Opportunity]:
    """A need as most are, one that bars nobody, and one that asks for nothing: few bytes to read, and much alike."""
    starts_at = datetime(2026, 11, 24, 6, tzinfo=UTC)
    usual = Opportunity(
        id=UUID(int=1),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        minimum_age=18,
        qualifications=frozenset({"qualification_1"}),
        skills=frozenset({"skill_1", "skill_8"}),
        languages=frozenset({"language_1"}),
        subjects=frozenset({"field_3", "field_20"}),
        place=MIDDLE,
        district=DISTRICTS[4],
    )
    open_to_all = replace(
        usual, id=UUID(int=2), minimum_age=0, adult_from=0, qualifications=frozenset(), place=None
    )
    nothing = replace(open_to_all, skills=frozenset(), languages=frozenset(), subjects=frozenset())
    return {"usual": usual, "open to all": open_to_all, "asks for nothing": nothing}


def city(people: int, seed: int = 7) -> dict[str, Column]:
    """Columns of a city of volunteers: one in ten has a given qualification, seven in ten say when they can."""
    chance = np.random.default_rng(seed)

    def bits(odds: float, number: int) -> Column:
        words = np.zeros(people, dtype=np.uint64)
        for bit in range(number):
            words |= (chance.random(people, dtype=np.float32) < odds).astype(np.uint64) << np.uint64(bit)
        return words

    row, column = cell_of(MIDDLE)
    columns: dict[str, Column] = {
        "id_high": chance.integers(0, 2**63, people, dtype=np.uint64),
        "id_low": chance.integers(0, 2**63, people, dtype=np.uint64),
        "age": chance.integers(12, 90, people).astype(np.uint8),
        "district": chance.integers(1, 17, people).astype(np.uint8),
        "recommended": chance.poisson(1.5, people).astype(np.uint8),
        "reliability": chance.integers(120, 250, people).astype(np.uint8),
        "row": (row + chance.normal(0, 20, people)).astype(np.uint16),
        "column": (column + chance.normal(0, 20, people)).astype(np.uint16),
        "radius": chance.choice([30, 50, 100, 200, 65_535], people).astype(np.uint16),
        "served": (today() - chance.integers(0, 200, people)).astype(np.uint16),
    }
    columns["served"][chance.random(people) < 0.3] = NEVER_SERVED
    flags = np.full(people, LIVE, dtype=np.uint8)
    for flag, odds in (
        (NEW, 0.1),
        (GUARDIAN, 0.8),
        (WEEK, 0.7),
        (SKILLS, 0.8),
        (LANGUAGES, 0.9),
        (INTERESTS, 0.6),
    ):
        flags |= np.where(chance.random(people) < odds, flag, 0).astype(np.uint8)
    columns["flags"] = flags
    week = []
    for _ in range(DAYS):
        first = chance.integers(14, 36, people).astype(np.uint64)
        length = chance.integers(4, 12, people).astype(np.uint64)
        mask = ((np.uint64(1) << length) - np.uint64(1)) << first
        week.append(np.where(flags & WEEK, mask, 0))
    columns["week"] = np.array(week)
    chances = {"qualification": 0.1, "skill": 0.08, "language": 0.3, "interest": 0.06, "training": 0.01}
    stated = {"skill": SKILLS, "language": LANGUAGES, "interest": INTERESTS}
    for field, codes in CODES.items():
        first = np.where(flags & stated.get(field, LIVE), bits(chances[field], len(codes)), 0)
        blank = [np.zeros(people, dtype=np.uint64)] * (WORDS[field] - 1)
        columns[field] = np.array([first, *blank], dtype=np.uint64)
    return columns


def today() -> int:
    return (date(2026, 11, 24) - FIRST_DAY).days


def build(folder: Path, people: int) -> VolunteerArrays:
    arrays = VolunteerArrays(folder, TREE)
    with arrays.rebuilding(people) as writer:
        writer.vocabulary = Vocabulary(WORDS, CODES, DISTRICTS)
        writer.upsert_columns(city(people))
    return arrays


def volunteer_of(arrays: VolunteerArrays, ranked: Ranked) -> Volunteer:
    """One volunteer as a database would give them, made before the clock runs: the explanation is what is timed."""
    generation, _ = arrays.reading().snapshot()
    row = generation.find([ranked.id])[0]
    at = {name: column[..., row].tolist() for name, column in generation.columns.items()}

    def codes(field: str) -> frozenset[str]:
        return frozenset(code for bit, code in enumerate(CODES[field]) if at[field][0] >> bit & 1)

    return Volunteer(
        id=ranked.id,
        age=at["age"],
        guardian_consented=bool(at["flags"] & GUARDIAN),
        qualifications=codes("qualification"),
        skills=codes("skill"),
        interests=codes("interest"),
        languages=codes("language"),
        training=codes("training"),
        availability=tuple(
            Stretch(day, first_slot(mask) * SLOT_MINUTES, mask.bit_length() * SLOT_MINUTES)
            for day, mask in enumerate(at["week"])
            if mask
        ),
        home=Point(at["row"] * 360 / 65_536 - 90, at["column"] * 360 / 65_536 - 180),
        district=DISTRICTS[at["district"] - 1],
        radius_metres=None if at["radius"] == 65_535 else at["radius"] * 100,
        last_served_on=None if at["served"] == NEVER_SERVED else FIRST_DAY + timedelta(days=at["served"]),
        recommended=at["recommended"],
        is_new=bool(at["flags"] & NEW),
    )


def first_slot(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def columns_read(arrays: VolunteerArrays, need: Opportunity) -> list[Column]:
    """The columns that a scan for this need has to look at; of the masks the words that it asks for, and no others."""
    columns = arrays.reading().snapshot().generation.columns
    names = ["flags", "age", "district", "recommended", "reliability", "served"]
    names += ["row", "column", "radius"] if need.place else []
    asked = {"qualification": need.qualifications, "skill": need.skills, "language": need.languages}
    asked |= {"interest": need.subjects, "training": need.teaches}
    masks = [columns[field][0] for field, codes in asked.items() if codes]
    return [columns[name] for name in names] + masks + [columns["week"][need.starts_at.weekday()]]


def read_once(columns: list[Column]) -> int:
    """Reads every byte of these columns, in the widest and simplest way that NumPy has."""
    total = 0
    for column in columns:
        even = column.view(np.uint8)[: column.nbytes // 8 * 8]
        total ^= int(np.bitwise_xor.reduce(even.view(np.uint64)))
    return total


def fastest(times: int, works: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds of processor time of the fastest run of each: the others were disturbed.

    In turns, so that all are disturbed alike, and several times in a row, so that each finds the caches as it left them.
    """
    taken = [inf] * len(works)
    for _ in range(times):
        for number, work in enumerate(works):
            for _ in range(IN_A_ROW):
                begun = time.thread_time()
                work()
                taken[number] = min(taken[number], (time.thread_time() - begun) * 1e3)
    return taken


def measure(people: int, times: int) -> None:
    with TemporaryDirectory() as folder:
        arrays = build(Path(folder), people)
        print(f"{people:,} volunteers, {size_of_a_row(arrays)} bytes each; one thread")
        for name, need in needs().items():
            columns = columns_read(arrays, need)
            answers = [answering(arrays, need, scan) for scan, _ in GOALS.values()]
            floor, *taken = fastest(times, [lambda columns=columns: read_once(columns), *answers])  # type: ignore[misc]
            read = sum(column.itemsize for column in columns)
            print(f"need {name}: reading its {read} bytes a row takes {floor:.2f} ms")
            for (kind, (_, goal)), spent in zip(GOALS.items(), taken, strict=True):
                print(
                    f"  top {BEST} explained, {kind}: {spent / floor:.1f} × (goal ≤ {goal:g}; {spent:.1f} ms)"
                )


def answering(arrays: VolunteerArrays, need: Opportunity, scan: Scan) -> Callable[[], None]:
    """What is timed: the best, and the explanation of each as of people who were never seen before."""

    def best() -> list[Ranked]:
        return rank(arrays, need, VOLUNTEER_WEIGHTS, BEST, tree=TREE, scan=scan)

    people = [volunteer_of(arrays, ranked) for ranked in best()]

    def answer() -> None:
        stated_week.cache_clear()
        ranked = best()
        explained = [explain(person, need, VOLUNTEER_WEIGHTS, TREE) for person in people]
        assert len(ranked) == len(explained) == BEST

    return answer


def size_of_a_row(arrays: VolunteerArrays) -> int:
    generation = arrays.reading().snapshot().generation
    return sum(column.nbytes for column in generation.columns.values()) // generation.capacity


if __name__ == "__main__":
    asked = ArgumentParser(description=__doc__)
    asked.add_argument("--people", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=9)
    given = asked.parse_args()
    measure(given.people, given.times)
