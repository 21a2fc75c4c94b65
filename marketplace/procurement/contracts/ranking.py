"""How the offers of a second competition rank: the lowest price ÷ price × weight, users' ratings, and quality for the rest. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

_LOWEST, _HIGHEST = 10_000, 50_000


@dataclass(frozen=True, slots=True)
class Judged:
    """An offer as it is ranked. ``quality`` is from 0 to 100; nobody asks for it where nothing is left for it.

    ``rating_low`` is the lower end of the supplier's rating in ten-thousandths, where users' ratings have a weight.
    """

    organisation_id: UUID
    price_fen: int
    offered_at: datetime
    quality: int | None
    rating_low: int | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """An offer with its place, counted from 1, and its points, exact."""

    place: int
    offer: Judged
    points: Fraction


def rank(offers: Iterable[Judged], price_weight: int, rating_weight: int = 0) -> list[Ranked]:
    """The offers, best first; weights in percent. At equal points the lower price is first, then the earlier offer."""
    known = list(offers)
    lowest = min((one.price_fen for one in known), default=0)
    judged = [(_points(one, lowest, price_weight, rating_weight), one) for one in known]
    judged.sort(key=lambda pair: (-pair[0], pair[1].price_fen, pair[1].offered_at, pair[1].organisation_id))
    return [Ranked(place, one, points) for place, (points, one) in enumerate(judged, start=1)]


def rating_points(low: int) -> Fraction:
    """From 0 for a rating that may be 1 to 100 for one that is surely 5; ``low`` in ten-thousandths."""
    return Fraction(100 * (min(max(low, _LOWEST), _HIGHEST) - _LOWEST), _HIGHEST - _LOWEST)


def _points(one: Judged, lowest: int, price_weight: int, rating_weight: int) -> Fraction:
    price = Fraction(100) if one.price_fen == lowest else Fraction(lowest * 100, one.price_fen)
    rating = Fraction(0) if one.rating_low is None else rating_points(one.rating_low)
    quality = Fraction(one.quality or 0)
    rest = 100 - price_weight - rating_weight
    return (price * price_weight + rating * rating_weight + quality * rest) / 100
