"""The people of the made-up city, in chunks, as rows ready to insert."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from marketplace.cli.city.words import city_words
from marketplace.identity.phones import PURPOSE
from marketplace.kernel.vault import Vault

CHUNK = 5_000
_IN_2024 = 1_710_000_000_000
_LOW = (1 << 62) - 1
_WANTS_TO_BE_ASKED = 3
RADII = (1_000, 3_000, 5_000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class Spot:
    """A community: its code, its name, and roughly where it lies."""

    code: str
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class PeopleRows:
    """One chunk of people with what hangs on them."""

    people: list[dict[str, Any]]
    tags: list[dict[str, Any]]
    availabilities: list[dict[str, Any]]
    consents: list[dict[str, Any]]


def make_people(
    random: np.random.Generator,
    count: int,
    spots: list[Spot],
    skills: list[str],
    languages: list[str],
    vault: Vault,
    now: datetime,
) -> Iterator[PeopleRows]:
    """``count`` people in chunks; most live where others live, too: communities are drawn with weights."""
    weights = random.gamma(2.0, size=len(spots))
    weights /= weights.sum()
    for first in range(0, count, CHUNK):
        yield _chunk(random, first, min(CHUNK, count - first), spots, weights, skills, languages, vault, now)


def _chunk(  # noqa: PLR0913 - one chunk of a generator, called from one place
    random: np.random.Generator,
    first: int,
    size: int,
    spots: list[Spot],
    weights: np.ndarray[Any, np.dtype[np.float64]],
    skills: list[str],
    languages: list[str],
    vault: Vault,
    now: datetime,
) -> PeopleRows:
    words = city_words()
    homes = random.choice(len(spots), size=size, p=weights).tolist()
    surnames = random.integers(0, len(words.surnames), size).tolist()
    givens = random.integers(0, len(words.given_names), size).tolist()
    ages = np.clip(random.normal(46, 17, size), 14, 88).astype(int).tolist()
    days = random.integers(0, 365, size).tolist()
    joined = random.integers(1, 900, size).tolist()
    radii = random.integers(0, len(RADII), size).tolist()
    skill_counts = random.integers(0, 4, size).tolist()
    skill_draws = random.integers(0, len(skills), (size, 3)).tolist()
    language_draws = random.integers(0, len(languages) * 4, size).tolist()
    week = random.integers(0, 7, (size, 2)).tolist()
    parts = random.integers(0, 3, (size, 2)).tolist()
    offsets = random.normal(0, 0.003, (size, 2)).tolist()
    ids = _ids(random, first, size)
    rows = PeopleRows([], [], [], [])
    for number in range(size):
        spot = spots[homes[number]]
        person_id = ids[number]
        phone = f"+86199{first + number:08d}"
        rows.people.append(
            {
                "id": person_id,
                "name": words.surnames[surnames[number]] + words.given_names[givens[number]],
                "phone_sealed": vault.encrypt(phone, PURPOSE),
                "phone_fingerprint": vault.fingerprint(phone, PURPOSE),
                "locale": "zh_Hans",
                "birth_date": date(now.year - ages[number], 1, 1) + timedelta(days=days[number] - 1),
                "home_area_code": spot.code,
                "latitude": round(spot.latitude + offsets[number][0], 5),
                "longitude": round(spot.longitude + offsets[number][1], 5),
                "travel_radius_metres": RADII[radii[number]],
                "created_at": now - timedelta(days=joined[number]),
            }
        )
        codes = {skills[draw] for draw in skill_draws[number][: skill_counts[number]]} | {"mandarin"}
        if language_draws[number] < len(languages):
            codes.add(languages[language_draws[number]])
        rows.tags.extend({"person_id": person_id, "tag_code": code} for code in sorted(codes))
        rows.availabilities.extend(
            {
                "person_id": person_id,
                "weekday": day,
                "from_minute": 480 + 300 * part,
                "to_minute": 720 + 300 * part,
            }
            for day, part in sorted(set(zip(week[number], parts[number], strict=True)))
        )
        if number % _WANTS_TO_BE_ASKED == 0:
            rows.consents.append(
                {
                    "id": seeded_id(first + number, person_id.int & _LOW),
                    "person_id": person_id,
                    "kind": "invitations",
                    "version": "2026-11",
                    "given": True,
                    "at": now - timedelta(days=joined[number]),
                }
            )
    return rows


def _ids(random: np.random.Generator, first: int, size: int) -> list[UUID]:
    raw = random.bytes(10 * size)
    return [
        seeded_id(first + number, int.from_bytes(raw[10 * number : 10 * number + 10]) >> 6)
        for number in range(size)
    ]


def seeded_id(number: int, bits: int) -> UUID:
    """The ``number``-th made-up UUID of version 7, told apart by 74 ``bits``.

    They grow with their number, as real ones grow with time, so that inserts stay at the end of every index; and they are dated
    to the year 2024, so that new rows come after them.
    """
    value = (_IN_2024 + number) << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & _LOW
    return UUID(int=value)
