"""How a ranking would change with another weight of the price: pure, from the published report alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from marketplace.procurement.evaluation.ranking import Placed, UnfitInput, shown
from marketplace.procurement.evaluation.report import Report, recompute
from marketplace.procurement.tenders.file import CriterionKind

_FULL = 100


@dataclass(frozen=True, slots=True)
class Shifted:
    """A bid's place and total with another weight, beside the place that it has."""

    bid: str
    name: str | None
    place: int
    was_place: int
    total: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole weights of the price, from ``first`` to ``last`` percent, at which the same bid comes first."""

    first: int
    last: int
    bid: str
    name: str | None


def price_weight(report: Report) -> int | None:
    """The weight that the file gave the price; None where there is no price to weigh."""
    return next((one.weight for one in report.criteria if one.kind is CriterionKind.PRICE), None)


def shifted(report: Report, percent: int) -> Sequence[Shifted]:
    """The ranking at ``percent``; nothing where a ranking cannot be weighed anew."""
    was = {one.bid: one.place for one in report.ranking}
    return [
        Shifted(one.id, report.bid(one.id).name, one.place, was[one.id], shown(one.total))
        for one in _ranked(report, percent)
    ]


def stretches(report: Report, least: int, most: int) -> Sequence[Stretch]:
    """Who would be first at which weight, over the whole percents from ``least`` to ``most``.

    A total is a straight line over the weight of the price, so two rankings tell all between them.
    """
    least, most = max(least, 0), min(most, _FULL)
    low = {one.id: one for one in _ranked(report, least)}
    high = {one.id: one.total for one in _ranked(report, most)}
    if not low:
        return []
    place = {one.bid: one.place for one in report.ranking}
    found: list[Stretch] = []
    for percent in range(least, most + 1):
        part = Fraction(percent - least, most - least) if most > least else Fraction()
        first = min(
            low, key=lambda bid: (-_between(low[bid].total, high[bid], part), low[bid].price_fen, place[bid])
        )
        if found and found[-1].bid == first:
            found[-1] = Stretch(found[-1].first, percent, first, found[-1].name)
        else:
            found.append(Stretch(percent, percent, first, report.bid(first).name))
    return found


def _between(low: Fraction, high: Fraction, part: Fraction) -> Fraction:
    return low + (high - low) * part


def _ranked(report: Report, percent: int) -> Sequence[Placed]:
    if price_weight(report) is None:
        return ()
    try:
        return recompute(report, percent)
    except UnfitInput:
        return ()
