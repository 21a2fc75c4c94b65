"""The ranking of one lot, pure: whole numbers in, exact fractions inside, two decimals outside; anybody can redo it.

- Price score: lowest valid price ÷ price × 100. Quality score of a criterion: the mean of all members' points. Nothing is trimmed.
- Total: the sum of score × weight ÷ the sum of weights (100 in a lawful file).
- Places follow the exact totals, not the shown ones. At equal totals the lower price comes first, then what the file says (``quality``:
  the criteria one by one, the heaviest first; with equal totals and prices their sum is equal anyway), then a draw by the seed: SHA-256 of
  "seed bid", the smallest first (87号 articles 55, 57, 68).
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from marketplace.procurement.tenders.file import CriterionKind, TieBreak

ROUNDING: Final = "half_up_2"
"""How scores are shown: two decimals, a half upwards. Never used to compare."""

_FULL: Final = 100
_HUNDREDTHS: Final = 100
_SHOWN: Final = 100


class DecidedBy(StrEnum):
    """What set a bid apart from the one a place above it."""

    TOTAL = "total"
    PRICE = "price"
    QUALITY = "quality"
    DRAW = "draw"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A criterion with its weight, of which only the proportion to the others counts."""

    key: str
    kind: CriterionKind
    weight: Fraction | int


@dataclass(frozen=True, slots=True)
class Offer:
    """A valid bid for the lot: its price, and by quality criterion every member's points in hundredths."""

    id: str
    price_fen: int
    points: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a bid came, and from what. ``scores`` are by criterion, the price among them, from 0 to 100."""

    id: str
    place: int
    price_fen: int
    scores: Mapping[str, Fraction]
    total: Fraction
    decided_by: DecidedBy


class UnfitInput(ValueError):
    """The input is no evaluation: the message is a sentence that says why."""


def rank(
    criteria: Sequence[Weighed], offers: Collection[Offer], tie_break: TieBreak, seed: str
) -> tuple[Placed, ...]:
    """All offers, the best first. The order in which they are handed over does not matter. Raises UnfitInput."""
    whole = Fraction(sum(criterion.weight for criterion in criteria))
    if whole <= 0 or any(criterion.weight < 0 for criterion in criteria):
        raise UnfitInput("The weights must be positive together and none of them negative.")
    if not offers:
        return ()
    lowest = min(offer.price_fen for offer in offers)
    scored = []
    for offer in offers:
        scores = {one.key: _score(one, offer, lowest) for one in criteria}
        total = sum((scores[one.key] * one.weight for one in criteria), Fraction()) / whole
        scored.append(Placed(offer.id, 0, offer.price_fen, scores, total, DecidedBy.TOTAL))
    keys = [one.key for one in _heaviest_first(criteria)] if tie_break is TieBreak.QUALITY else []
    scored.sort(key=lambda one: (*_standing(one, keys), _lot(seed, one.id)))
    return tuple(
        replace(one, place=place, decided_by=_what_decided(scored[place - 2], one, keys, is_first=place == 1))
        for place, one in enumerate(scored, start=1)
    )


def with_price_weight(criteria: Sequence[Weighed], percent: Fraction | int) -> tuple[Weighed, ...]:
    """The same criteria with another weight for the price; quality shares what is left in its old proportions. Raises UnfitInput."""
    if not 0 <= percent <= _FULL:
        raise UnfitInput("The weight of the price is between 0 and 100.")
    prices = [one for one in criteria if one.kind is CriterionKind.PRICE]
    quality = Fraction(sum(one.weight for one in criteria if one.kind is CriterionKind.QUALITY))
    if len(prices) != 1 or (quality == 0 and percent != _FULL):
        raise UnfitInput("There must be one price and something beside it.")
    left = _FULL - Fraction(percent)
    return tuple(
        replace(one, weight=Fraction(percent))
        if one.kind is CriterionKind.PRICE
        else replace(one, weight=one.weight * left / quality if quality else Fraction())
        for one in criteria
    )


def price_score(price_fen: int, lowest_fen: int) -> Fraction:
    """Lowest ÷ price × 100. Who asks for nothing has full points; nobody else has any beside them."""
    return Fraction(_FULL) if price_fen == lowest_fen else Fraction(lowest_fen * _FULL, price_fen)


def shown(score: Fraction) -> str:
    """Two decimals, a half upwards (``ROUNDING``); scores are never negative."""
    cents = (score * _SHOWN + Fraction(1, 2)).__floor__()
    return f"{cents // _SHOWN}.{cents % _SHOWN:02d}"


def _score(criterion: Weighed, offer: Offer, lowest: int) -> Fraction:
    if criterion.kind is CriterionKind.PRICE:
        return price_score(offer.price_fen, lowest)
    points = offer.points.get(criterion.key, ())
    if not points:
        raise UnfitInput(f"Nobody scored {criterion.key} of {offer.id}.")
    return Fraction(sum(points), len(points) * _HUNDREDTHS)


def _heaviest_first(criteria: Sequence[Weighed]) -> list[Weighed]:
    """The quality criteria by weight; of equal ones the earlier of the file first."""
    return sorted((one for one in criteria if one.kind is CriterionKind.QUALITY), key=lambda one: -one.weight)


def _standing(one: Placed, keys: Sequence[str]) -> tuple[Fraction | int, ...]:
    return (-one.total, one.price_fen, *(-one.scores[key] for key in keys))


def _lot(seed: str, offer_id: str) -> str:
    return hashlib.sha256(f"{seed} {offer_id}".encode()).hexdigest()


def _what_decided(above: Placed, one: Placed, keys: Sequence[str], *, is_first: bool) -> DecidedBy:
    if is_first or above.total != one.total:
        return DecidedBy.TOTAL
    if above.price_fen != one.price_fen:
        return DecidedBy.PRICE
    return DecidedBy.QUALITY if _standing(above, keys) != _standing(one, keys) else DecidedBy.DRAW
