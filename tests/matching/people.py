"""Random volunteers, opportunities, providers and lots for the tests of scoring: seeded, and odd where oddness matters."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from matching.features import (
    Busy,
    Codes,
    Lot,
    Opportunity,
    Provider,
    Rating,
    Stretch,
    TagTree,
    Volunteer,
)
from matching.index import Point

MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)  # nine o'clock in Shanghai
DISTRICTS = ("310101", "310104", "310105", "310110", "310112")
SKILLS = ("first_aid_skill", "music", "piano", "erhu", "cooking", "driving", "repair", "plumbing")
FIELDS = ("elderly_care", "bathing_help", "meal_help", "children", "tutoring", "environment")
LANGUAGES = ("shanghainese", "english", "sign_language")
QUALIFICATIONS = ("first_aid", "nurse", "driver_c1")
TREE = TagTree(
    {
        "piano": "music",
        "erhu": "music",
        "plumbing": "repair",
        "bathing_help": "elderly_care",
        "meal_help": "elderly_care",
        "tutoring": "children",
    },
    {"fiddle": "erhu"},
)


def identity(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128))


def some(random: Random, codes: tuple[str, ...], most: int = 3) -> Codes:
    return frozenset(random.sample(codes, random.randint(0, min(most, len(codes)))))


def somewhere(random: Random) -> Point | None:
    if random.random() < 0.1:
        return None
    return Point(31.23 + random.gauss(0, 0.06), 121.43 + random.gauss(0, 0.08))


def volunteer(random: Random) -> Volunteer:
    return Volunteer(
        id=identity(random),
        age=random.choice((None, 12, 15, 17, 18, 30, 66, 80)),
        guardian_consented=random.random() < 0.5,
        qualifications=some(random, QUALIFICATIONS),
        skills=some(random, (*SKILLS, "fiddle")),
        interests=some(random, FIELDS, 2),
        languages=some(random, LANGUAGES),
        availability=tuple(
            Stretch(random.randint(0, 6), begin := random.randint(0, 1400), random.randint(begin + 1, 1440))
            for _ in range(random.randint(0, 6))
        ),
        home=somewhere(random),
        district=random.choice((None, *DISTRICTS)),
        radius_metres=random.choice((None, 0, 1500, 5000, 5001, 200_000)),
        attended=random.choice((0.0, random.random() * 30)),
        missed=random.choice((0.0, random.random() * 3)),
        last_served_on=random.choice((None, date(2026, 11, 25) - timedelta(days=random.randint(-3, 90)))),
        recommended=random.randint(0, 20),
        is_new=random.random() < 0.2,
        training=some(random, (*QUALIFICATIONS, *SKILLS), 2),
    )


def opportunity(random: Random) -> Opportunity:
    starts_at = MONDAY + timedelta(minutes=15 * random.randint(0, 4 * 24 * 7))
    return Opportunity(
        id=identity(random),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=random.choice((10, 45, 60, 150, 240, 900, 60 * 24 * 9))),
        minimum_age=random.choice((0, 0, 16, 18, 65)),
        is_uninsured=random.random() < 0.05,
        qualifications=some(random, QUALIFICATIONS, 1) if random.random() < 0.3 else frozenset(),
        skills=some(random, (*SKILLS, "unheard_of")),
        languages=some(random, LANGUAGES, 2),
        subjects=some(random, FIELDS, 2),
        place=somewhere(random),
        district=random.choice((None, *DISTRICTS)),
    )


def busy(random: Random) -> Busy:
    starts_at = MONDAY + timedelta(minutes=15 * random.randint(0, 4 * 24 * 7))
    return Busy(starts_at, starts_at + timedelta(minutes=random.choice((30, 120, 600))))


def provider(random: Random) -> Provider:
    return Provider(
        id=identity(random),
        is_verified=random.random() < 0.8,
        qualifications=some(random, QUALIFICATIONS),
        fields=some(random, FIELDS),
        areas=some(random, tuple(f"{code}000000" for code in DISTRICTS), 2),
        area=random.choice((None, "310105002000")),
        free_capacity=random.choice((None, 0, 10, 500)),
        delivered=random.random() * 20,
        failed=random.choice((0.0, random.random() * 5)),
        rating=random.choice((None, Rating(4.5, random.uniform(1, 4.5), 4.8))),
        grade=random.choice((None, 1, 3, 5)),
    )


def lot(random: Random) -> Lot:
    return Lot(
        id=identity(random),
        fields=some(random, FIELDS, 2),
        area=random.choice((None, "310105002003", "310112000000")),
        people=random.choice((None, 20, 200)),
        qualifications=some(random, QUALIFICATIONS, 1) if random.random() < 0.3 else frozenset(),
    )
