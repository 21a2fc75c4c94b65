"""How the offers of a second competition rank: the lowest price ÷ price × weight, and quality for the rest. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Judged:
    """An offer as it is ranked. ``quality`` is from 0 to 100; nobody asks for it where only the price counts."""

    organisation_id: UUID
    price_fen: int
    offered_at: datetime
    quality: int | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """An offer with its place, counted from 1, and its points, exact."""

    place: int
    offer: Judged
    points: Fraction


def rank(offers: Iterable[Judged], price_weight: int) -> list[Ranked]:
    """The offers, best first. At equal points the lower price is first, then the earlier offer."""
    known = list(offers)
    lowest = min((one.price_fen for one in known), default=0)
    judged = [(_points(one, lowest, price_weight), one) for one in known]
    judged.sort(key=lambda pair: (-pair[0], pair[1].price_fen, pair[1].offered_at, pair[1].organisation_id))
    return [Ranked(place, one, points) for place, (points, one) in enumerate(judged, start=1)]


def _points(one: Judged, lowest: int, price_weight: int) -> Fraction:
    price = Fraction(100) if one.price_fen == lowest else Fraction(lowest * 100, one.price_fen)
    return (price * price_weight + Fraction(one.quality or 0) * (100 - price_weight)) / 100
