"""The report of one lot, as it is stored, hashed and published: everything that is needed to redo the ranking, and the ranking.

Plain JSON values only: money is whole fen, points whole hundredths, scores text with two decimals, and the exact totals fractions as
text ("442/5"). Members are seats; their names are public with the result and are no part of this document.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from statistics import median
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from marketplace.procurement.evaluation import draws
from marketplace.procurement.evaluation.ranking import (
    ROUNDING,
    DecidedBy,
    Offer,
    Placed,
    UnfitInput,
    Weighed,
    rank,
    shown,
    with_price_weight,
)
from marketplace.procurement.records import content_hash
from marketplace.procurement.tenders.file import CriterionKind, TieBreak

FORMAT: Final = "wushe-evaluation/1"
FAR_FROM_MEDIAN: Final = 2000
"""Hundredths of a point: a member's weighted quality points for a bid that lie farther from the panel's median are pointed out."""


class Part(BaseModel):
    """The base of the report's parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Finding(Part):
    """Whether the bid meets one condition, as the check ended."""

    condition: str
    text: str
    is_met: bool
    reason: str


class PriceVote(Part):
    seat: int
    is_accepted: bool
    reason: str


class LowPrice(Part):
    """A price that had to be justified, and what the panel's majority thought of the answer."""

    asked_at: str
    due_at: str
    answer: str | None
    answered_at: str | None
    votes: tuple[PriceVote, ...]
    is_accepted: bool


class Bid(Part):
    """A bid for the lot. ``excluded_for`` is why it does not count; then it has no place in the ranking."""

    id: str = Field(description="The id of the bid's offer for the lot; scores and places refer to it.")
    bid_id: str
    organisation_id: str | None
    name: str | None
    partners: tuple[str, ...]
    price_fen: int = Field(ge=0)
    findings: tuple[Finding, ...]
    low_price: LowPrice | None
    excluded_for: str | None
    exclusion_facts: dict[str, Any]


class ReportCriterion(Part):
    key: str
    kind: CriterionKind
    name: str
    weight: int = Field(ge=0, le=100)


class Mark(Part):
    """One member's points, in hundredths, for one bid and criterion."""

    bid: str
    criterion: str
    points: int = Field(ge=0, le=10_000)
    reason: str


class Sheet(Part):
    seat: int
    submitted_at: str
    marks: tuple[Mark, ...]


class Seat(Part):
    """A seat at the end of the evaluation. ``member`` is an id; who that is, is public with the result."""

    seat: int
    kind: Literal["expert", "buyer"]
    member: str


class Replaced(Part):
    """Somebody who held a seat before; their scores are void, stay on record, and count nowhere."""

    seat: int
    member: str
    replaced_at: str
    reason: str
    void_sheet: bool


class PanelDraw(Part):
    """How the experts were drawn: the promise, what it was mixed with, from whom. ``draws.verify`` redoes it."""

    promised_at: str
    commitment: str
    secret: str
    opening_hash: str
    drawn_at: str
    pool: tuple[str, ...]
    pool_hash: str
    seed: str
    order: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...] = Field(
        description="Fitting experts who were left out, and for what."
    )
    seated: tuple[tuple[str, str], ...] = Field(
        description="Member and expert, for everybody who was drawn, in that order."
    )


class Panel(Part):
    size: int
    experts: int
    seats: tuple[Seat, ...]
    replaced: tuple[Replaced, ...]
    draw: PanelDraw


class Place(Part):
    """Where a bid came. ``total_exact`` decides, ``total`` is what is shown; ``decided_by`` is what set it apart from the place above."""

    bid: str
    place: int
    price_score: str | None
    scores: dict[str, str]
    total: str
    total_exact: str
    decided_by: DecidedBy


class Spread(Part):
    """How far the members are apart about one bid: their weighted quality points, by seat."""

    bid: str
    by_seat: dict[int, str]
    lowest: str
    highest: str
    median: str
    outliers: tuple[int, ...] = Field(description="Seats far from the median: shown, never removed.")


class Report(Part):
    """All of it. ``recompute`` makes the ranking again from the rest."""

    format: Literal["wushe-evaluation/1"] = FORMAT
    tender_id: str
    reference: str
    lot_id: str
    lot_number: int
    lot_title: str
    currency: str
    file_version: int
    file_hash: str
    finished_at: str
    due_at: str
    rounding: Literal["half_up_2"] = ROUNDING
    tie_break: TieBreak
    criteria: tuple[ReportCriterion, ...]
    bids: tuple[Bid, ...]
    panel: Panel
    sheets: tuple[Sheet, ...]
    ranking: tuple[Place, ...]
    spread: tuple[Spread, ...]

    def plain(self) -> dict[str, Any]:
        """JSON values: what is stored, hashed and published."""
        return self.model_dump(mode="json")

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON."""
        return content_hash(self.plain())

    def bid(self, bid_id: str) -> Bid:
        """The bid of a place in the ranking."""
        return next(one for one in self.bids if one.id == bid_id)


class Fault(StrEnum):
    """What does not hold in a report."""

    RANKING_IS_ANOTHER = "ranking_is_another"
    SPREAD_IS_ANOTHER = "spread_is_another"
    SCORES_ARE_MISSING = "scores_are_missing"
    COMMITMENT_WAS_BROKEN = draws.Fault.COMMITMENT_WAS_BROKEN.value
    POOL_WAS_CHANGED = draws.Fault.POOL_WAS_CHANGED.value
    SEED_IS_ANOTHER = draws.Fault.SEED_IS_ANOTHER.value
    ORDER_IS_ANOTHER = draws.Fault.ORDER_IS_ANOTHER.value
    SEATS_ARE_OTHERS = "seats_are_others"


Marks: TypeAlias = Mapping[str, Mapping[str, Mapping[int, int]]]
"""Points in hundredths by bid, criterion and seat."""


def read_report(published: object) -> Report:
    """A stored or published report. Raises UnfitInput for anything else."""
    try:
        return Report.model_validate(published)
    except ValidationError as error:
        raise UnfitInput(f"This is no report of an evaluation: {error.errors()[0]['msg']}.") from None


def recompute(report: Report, price_percent: int | None = None) -> tuple[Placed, ...]:
    """The ranking made again from criteria, prices, points and seed; with another weight of the price, if one is given.

    Raises UnfitInput where scores are missing, or the weight is impossible.
    """
    criteria, offers = input_of(report)
    if price_percent is not None:
        criteria = with_price_weight(criteria, price_percent)
    return rank(criteria, offers, report.tie_break, report.panel.draw.seed)


def input_of(report: Report) -> tuple[tuple[Weighed, ...], list[Offer]]:
    """What ``ranking.rank`` wants. Raises UnfitInput where a member's points are missing."""
    criteria = tuple(Weighed(one.key, one.kind, one.weight) for one in report.criteria)
    points = marks(report.sheets)
    offers = []
    for bid in report.bids:
        if bid.excluded_for is not None:
            continue
        of_bid = {key: list(by_seat.values()) for key, by_seat in points.get(bid.id, {}).items()}
        for criterion in criteria:
            given = len(of_bid.get(criterion.key, ()))
            if criterion.kind is CriterionKind.QUALITY and given != len(report.sheets):
                raise UnfitInput(f"Not every member scored {criterion.key} of {bid.id}.")
        offers.append(Offer(bid.id, bid.price_fen, of_bid))
    return criteria, offers


def marks(sheets: Sequence[Sheet]) -> Marks:
    """All points, for the ranking and for plots."""
    found: dict[str, dict[str, dict[int, int]]] = {}
    for sheet in sheets:
        for mark in sheet.marks:
            found.setdefault(mark.bid, {}).setdefault(mark.criterion, {})[sheet.seat] = mark.points
    return found


def places(criteria: Sequence[ReportCriterion], ranking: Sequence[Placed]) -> tuple[Place, ...]:
    """The ranking as it is stored."""
    price = next((one.key for one in criteria if one.kind is CriterionKind.PRICE), None)
    return tuple(
        Place(
            bid=one.id,
            place=one.place,
            price_score=None if price is None else shown(one.scores[price]),
            scores={key: shown(score) for key, score in one.scores.items()},
            total=shown(one.total),
            total_exact=str(one.total),
            decided_by=one.decided_by,
        )
        for one in ranking
    )


def spreads(
    criteria: Sequence[ReportCriterion], sheets: Sequence[Sheet], bid_ids: Sequence[str]
) -> tuple[Spread, ...]:
    """For each bid every member's quality points, weighted as the total weighs them, and who lies far from the median."""
    points = marks(sheets)
    quality = [one for one in criteria if one.kind is CriterionKind.QUALITY]
    weight = sum(one.weight for one in quality)
    if not weight:
        return ()
    found = []
    for bid_id in bid_ids:
        by_seat = {
            sheet.seat: Fraction(
                sum(points[bid_id][one.key][sheet.seat] * one.weight for one in quality), weight
            )
            for sheet in sheets
        }
        middle = median(by_seat.values())
        found.append(
            Spread(
                bid=bid_id,
                by_seat={seat: shown(value / 100) for seat, value in by_seat.items()},
                lowest=shown(min(by_seat.values()) / 100),
                highest=shown(max(by_seat.values()) / 100),
                median=shown(middle / 100),
                outliers=tuple(
                    seat for seat, value in by_seat.items() if abs(value - middle) > FAR_FROM_MEDIAN
                ),
            )
        )
    return tuple(found)


def verify_ranking(report: Report) -> tuple[Fault, ...]:
    """Redoes the ranking and the spread: what does not hold, nothing if all does."""
    try:
        again = recompute(report)
    except UnfitInput:
        return (Fault.SCORES_ARE_MISSING,)
    faults = []
    if places(report.criteria, again) != report.ranking:
        faults.append(Fault.RANKING_IS_ANOTHER)
    if spreads(report.criteria, report.sheets, [one.id for one in again]) != report.spread:
        faults.append(Fault.SPREAD_IS_ANOTHER)
    return tuple(faults)


def verify_panel(report: Report) -> tuple[Fault, ...]:
    """Redoes the draw of the experts: what does not hold, nothing if all does."""
    draw = report.panel.draw
    found = draws.verify(
        draws.Draw(
            commitment=draw.commitment,
            secret=draw.secret,
            opening_hash=draw.opening_hash,
            pool=draw.pool,
            pool_hash=draw.pool_hash,
            seed=draw.seed,
            order=draw.order,
        )
    )
    faults = [Fault(one.value) for one in found]
    drawn = dict(draw.seated)
    seated = {one.member for one in report.panel.seats if one.kind == "expert"}
    # Whoever was drawn sat down in the order of the draw, the seats first, then replacements; nobody was passed over.
    if tuple(drawn.values()) != draw.order[: len(drawn)] or not seated <= drawn.keys():
        faults.append(Fault.SEATS_ARE_OTHERS)
    return tuple(faults)
