"""What is examined: a period's ratings as plain rows, what each provider was used to, and the limits of the period's rules. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from math import exp, lgamma, log, log1p, sqrt
from typing import Any, Final, TypeAlias
from uuid import UUID

Cell: TypeAlias = tuple[UUID, str]
"""A provider and a service type: what has one score."""

HIGHEST_FROM: Final = 285
"""Sixtieths from which a rating counts as praise without reserve: 4.75 and more, one dimension of five one star lower at most."""
LOWEST_UP_TO: Final = 75
"""Sixtieths up to which it counts as blame without reserve."""

_CITY_WEIGHT: Final = 20
_OWN_WEIGHT: Final = 10
_PRAISE, _BLAME = 0.5, 0.1
_SURE: Final = 0.98


@dataclass(frozen=True, slots=True)
class Given:
    """One rating of the period. Fingerprints are opaque; ``link`` names how its rater is linked to the supplier, if at all."""

    id: UUID
    cell: Cell
    delivery_id: UUID
    rater: UUID
    given_at: datetime
    sixtieths: int
    address: bytes | None = None
    device: bytes | None = None
    text: bytes | None = None
    text_length: int = 0
    assisted_by: UUID | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What a cell's counting ratings before the period add up to: sums in sixtieths, active days, and the days they spread over."""

    ratings: int = 0
    total: int = 0
    squares: int = 0
    highest: int = 0
    lowest: int = 0
    active_days: int = 0
    spread_days: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """The rule ``rating.anomalies`` as the period keeps it."""

    burst_ratings: int
    burst_minutes: int
    source_ratings: int
    source_days: int
    text_ratings: int
    text_characters: int
    shift_ratings: int
    shift_sigmas_tenths: int

    @classmethod
    def of(cls, rules: Mapping[str, Mapping[str, Any]]) -> "Limits":
        """From a period's ``rules``. Raises KeyError where they are not whole."""
        known = rules["rating.anomalies"]
        return cls(**{one.name: int(known[one.name]) for one in fields(cls)})

    @property
    def burst(self) -> timedelta:
        return timedelta(minutes=self.burst_minutes)

    @property
    def near(self) -> timedelta:
        return timedelta(days=self.source_days)


@dataclass(frozen=True, slots=True)
class Finding:
    """Why one rating is held; ``evidence`` is plain JSON and names nobody."""

    rating_id: UUID
    cause: str
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One end of the scale, and how usual ratings at it are."""

    name: str
    usual: float

    def holds(self, row: Given) -> bool:
        return row.sixtieths >= HIGHEST_FROM if self.name == "high" else row.sixtieths <= LOWEST_UP_TO


def sides(cell_past: Past, others: Sequence[int], elsewhere: tuple[int, int, int]) -> tuple[Side, Side]:
    """The high and the low end with what is usual there for a provider.

    ``others`` are the cell's own ratings of the period that are not in question, ``elsewhere`` the service type's ratings of everybody
    else: how many, how many high, how many low. Small numbers are drawn towards the city, and the city towards a guess.
    """
    count, high, low = elsewhere
    city_high = (high + _CITY_WEIGHT * _PRAISE) / (count + _CITY_WEIGHT)
    city_low = (low + _CITY_WEIGHT * _BLAME) / (count + _CITY_WEIGHT)
    own = cell_past.ratings + len(others)
    own_high = cell_past.highest + sum(one >= HIGHEST_FROM for one in others)
    own_low = cell_past.lowest + sum(one <= LOWEST_UP_TO for one in others)
    return (
        Side("high", min((own_high + _OWN_WEIGHT * city_high) / (own + _OWN_WEIGHT), _SURE)),
        Side("low", min((own_low + _OWN_WEIGHT * city_low) / (own + _OWN_WEIGHT), _SURE)),
    )


def chance(least: int, of: int, share: float) -> float:
    """How likely at least ``least`` of ``of`` are by chance, where each is with probability ``share``: the binomial's upper tail."""
    if least <= 0:
        return 1.0
    if share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    here, there = log(share), log1p(-share)
    whole = lgamma(of + 1)
    terms = (
        exp(whole - lgamma(k + 1) - lgamma(of - k + 1) + k * here + (of - k) * there)
        for k in range(least, of + 1)
    )
    return min(sum(terms), 1.0)


def uniform(rows: Sequence[Given], ends: Iterable[Side], *, share: float, chance_below: float) -> Side | None:
    """The end of the scale at which these ratings stand together more than chance lets them, if there is one."""
    for side in ends:
        there = sum(side.holds(row) for row in rows)
        if there >= share * len(rows) and chance(there, len(rows), side.usual) < chance_below:
            return side
    return None


def deviations(mean_now: float, count: int, past: tuple[int, int, int], least_spread: float) -> float:
    """How many standard errors ``count`` ratings lie above (+) or below (-) a history of (how many, sum, sum of squares)."""
    ratings, total, squares = past
    mean = total / ratings
    spread = max(sqrt(max(squares / ratings - mean * mean, 0.0)), least_spread)
    return (mean_now - mean) / (spread * sqrt(1 / count + 1 / ratings))


def span_of(rows: Sequence[Given]) -> dict[str, str]:
    """From when until when, for evidence."""
    moments = [row.given_at for row in rows]
    return {"from": min(moments).isoformat(), "until": max(moments).isoformat()}
