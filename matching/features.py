"""What scoring knows of a volunteer, an opportunity, a provider and a lot: frozen plain values, with no names in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

from matching.index import Point

Codes = frozenset[str]
NONE: Codes = frozenset()

HALF_LIFE_DAYS = 180
"""After how many days a past attendance or delivery weighs half. Half a year: people's lives change with the school term."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the week in local time: weekday 0 is Monday, minutes from midnight, the end not included (at most 1440)."""

    weekday: int
    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch of time that is taken, as two aware moments; touching ends do not clash."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Volunteer:
    """One person who may be asked. What is not known is None or empty; then the factor takes its neutral value.

    `age` in full years on the day in question. `qualifications` are verified and valid, with all that they include;
    `unverified` and `expired` ones only explain. `availability` empty means: not stated. `home` is coarsened to
    `cells` before anything is computed of it; `district` is the first six digits of an area code. `attended` and
    `missed` are sums of `decayed` weights; an excused absence is in neither. `recommended` counts how often the person
    was recommended in the last 30 days. `training` are codes of qualifications, skills or fields being learned now.
    """

    id: UUID
    age: int | None = None
    guardian_consented: bool = False
    qualifications: Codes = NONE
    unverified: Codes = NONE
    expired: Codes = NONE
    skills: Codes = NONE
    interests: Codes = NONE
    languages: Codes = NONE
    availability: tuple[Stretch, ...] = ()
    home: Point | None = None
    district: str | None = None
    radius_metres: int | None = None
    attended: float = 0.0
    missed: float = 0.0
    last_served_on: date | None = None
    recommended: int = 0
    is_new: bool = False
    training: Codes = NONE
    busy: tuple[Busy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """One shift of a need. `id` is the shift's; the moments are aware and read on the clocks of Shanghai.

    `adult_from` is the age from which no guardian is asked; `is_uninsured` says that the work is risky and nobody
    bought insurance. `subjects` (category, who is served, topics) are compared with interests and training.
    """

    id: UUID
    starts_at: datetime
    ends_at: datetime
    minimum_age: int = 0
    adult_from: int = 18
    is_uninsured: bool = False
    qualifications: Codes = NONE
    skills: Codes = NONE
    languages: Codes = NONE
    subjects: Codes = NONE
    place: Point | None = None
    district: str | None = None

    @property
    def teaches(self) -> Codes:
        """Codes that somebody in training would practise here."""
        return self.skills | self.qualifications | self.subjects


@dataclass(frozen=True, slots=True)
class Rating:
    """What people who were served say, 1 to 5: the published score, the interval around it, and from how many people.

    Of nobody (0): then it is what is assumed of somebody new.
    """

    score: float
    low: float
    high: float
    raters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One organisation that may be asked. None means that it is not known.

    `areas` are area codes that it says it serves (a code covers what lies within it), `area` where it is registered.
    `free_capacity` is how many more people it says that it can serve now. `delivered` and `failed` are sums of `decayed`
    weights of deliveries accepted and not. `grade` is its 评估等级, 1 to 5, while valid.
    `ratings` are its own by field; where none touches a lot, `assumed` by field counts, and `rating` where that says nothing either.
    """

    id: UUID
    is_verified: bool = False
    qualifications: Codes = NONE
    unverified: Codes = NONE
    expired: Codes = NONE
    fields: Codes = NONE
    areas: Codes = NONE
    area: str | None = None
    free_capacity: int | None = None
    delivered: float = 0.0
    failed: float = 0.0
    ratings: Mapping[str, Rating] = field(default_factory=dict, hash=False)
    assumed: Mapping[str, Rating] = field(default_factory=dict, hash=False)
    rating: Rating | None = None
    grade: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One lot, or one item of a service list: what is bought, where, and for how many people (None: not stated)."""

    id: UUID
    fields: Codes = NONE
    area: str | None = None
    people: int | None = None
    qualifications: Codes = NONE


def decayed(days_ago: float, half_life_days: float = HALF_LIFE_DAYS) -> float:
    """What something that happened so many days ago still weighs: 1 today, a half after one half-life."""
    return float(0.5 ** (max(0.0, days_ago) / half_life_days))


@dataclass(frozen=True)
class TagTree:
    """How tags hang together: `parents` maps a code to the broader one, `synonyms` a code to the one that it means.

    A circle of parents ends by itself.
    """

    parents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    synonyms: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def meant(self, codes: Codes) -> Codes:
        """The codes with every synonym replaced by what it means."""
        if not self.synonyms:
            return codes
        return frozenset(self.synonyms.get(code, code) for code in codes)

    def broader(self, code: str) -> Codes:
        """Everything above a code, itself not included."""
        above: list[str] = []
        parent = self.parents.get(code)
        while parent is not None and parent != code and parent not in above:
            above.append(parent)
            parent = self.parents.get(parent)
        return frozenset(above)

    def narrower(self, code: str) -> Codes:
        """Everything under a code, itself not included."""
        return self._under.get(code, NONE)

    @cached_property
    def _under(self) -> Mapping[str, Codes]:
        under: dict[str, set[str]] = {}
        for code in self.parents:
            for above in self.broader(code):
                under.setdefault(above, set()).add(code)
        return {code: frozenset(below) for code, below in under.items()}


FLAT = TagTree()
"""No tag is above another."""
