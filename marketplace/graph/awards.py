"""Results in the graph: who is awarded what and why, the ranking with its report, each bidder's own, the buyer's desk."""

import json
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import Node, global_id, key_of, node
from marketplace.procurement.awards import award_queries, sensitivity
from marketplace.procurement.awards.award_rows import (
    AwardRow,
    CorrectionRow,
    NoticeRow,
    Results,
)
from marketplace.procurement.awards.award_rows import (
    LotResult as LotRow,
)
from marketplace.procurement.awards.award_rows import (
    OwnResult as OwnRow,
)
from marketplace.procurement.awards.states import AwardState
from marketplace.procurement.evaluation.report import Place, Report
from marketplace.procurement.tenders.file import CriterionKind

strawberry.enum(AwardState, description="OCDS 1.1 `award.status`: pending is decided and not published yet.")


@strawberry.type(description="A proposal to correct an award; another officer than the proposer decides.")
class AwardCorrection:
    id: strawberry.ID
    reason: str
    successor_id: strawberry.ID | None = strawberry.field(description="The BidLot that should have it.")
    proposed_at: datetime
    is_mine: bool
    decided_at: datetime | None
    is_approved: bool | None
    decision_reason: str | None

    @classmethod
    def of(cls, row: CorrectionRow) -> "AwardCorrection":
        return cls(
            id=global_id("AwardCorrection", row.id),
            reason=row.reason,
            successor_id=global_id("BidLot", row.successor_id) if row.successor_id else None,
            proposed_at=row.proposed_at,
            is_mine=row.is_mine,
            decided_at=row.decided_at,
            is_approved=row.is_approved,
            decision_reason=row.decision_reason,
        )


@node(award_queries.awards_by_ids)
@strawberry.type(
    description="A lot goes to a bid. One that was corrected or given back stays, with the reason."
)
class Award(Node):
    tender_id: strawberry.ID
    lot_id: strawberry.ID
    bid_lot_id: strawberry.ID
    organisation_id: strawberry.ID
    supplier: str
    place: int
    price: Money
    reason: str
    state: AwardState
    decided_at: datetime
    published_at: datetime | None
    notice_ends_at: datetime | None
    signing_ends_at: datetime | None
    ended_at: datetime | None
    ended_for: str | None
    ended_reason: str | None
    replaces_id: strawberry.ID | None
    corrections: list[AwardCorrection]

    @classmethod
    def of(cls, row: AwardRow) -> "Award":
        return cls(
            id=global_id("Award", row.id),
            tender_id=global_id("Tender", row.tender_id),
            lot_id=global_id("Lot", row.lot_id),
            bid_lot_id=global_id("BidLot", row.bid_lot_id),
            organisation_id=global_id("Organisation", row.organisation_id),
            supplier=row.organisation,
            place=row.place,
            price=Money.of(row.price_fen, row.currency),
            reason=row.reason,
            state=row.state,
            decided_at=row.decided_at,
            published_at=row.published_at,
            notice_ends_at=row.notice_ends_at,
            signing_ends_at=row.signing_ends_at,
            ended_at=row.ended_at,
            ended_for=row.ended_for,
            ended_reason=row.ended_reason,
            replaces_id=global_id("Award", row.replaces_id) if row.replaces_id else None,
            corrections=[AwardCorrection.of(one) for one in row.corrections],
        )


@strawberry.type(description="The score of one criterion, from 0.00 to 100.00.")
class ResultScore:
    criterion: str
    name: str
    score: str


@strawberry.type(description="Where a bid came, and from what.")
class ResultPlace:
    bid_lot_id: strawberry.ID
    place: int
    supplier: str | None
    price: Money
    scores: list[ResultScore]
    total: str
    decided_by: str = strawberry.field(description="What set it apart from the place above.")

    @classmethod
    def of(cls, report: Report, place: Place) -> "ResultPlace":
        bid = report.bid(place.bid)
        return cls(
            bid_lot_id=global_id("BidLot", place.bid),
            place=place.place,
            supplier=bid.name,
            price=Money.of(bid.price_fen, report.currency),
            scores=[
                ResultScore(criterion=one.key, name=one.name, score=place.scores[one.key])
                for one in report.criteria
            ],
            total=place.total,
            decided_by=place.decided_by.value,
        )


@strawberry.type(description="A bid's place with another weight of the price, beside the place that it has.")
class ShiftedPlace:
    bid_lot_id: strawberry.ID
    supplier: str | None
    place: int
    place_as_decided: int
    total: str


@strawberry.type(description="The result of one lot; without a ranking where it was never evaluated.")
class LotResult:
    report: strawberry.Private[Report | None]
    lot_id: strawberry.ID
    number: int
    title: str
    unsuccessful_reason: str | None
    decision_due_at: datetime | None
    awards: list[Award]
    ranking: list[ResultPlace]
    price_weight: int | None
    report_hash: str | None

    @classmethod
    def of(cls, row: LotRow) -> "LotResult":
        report = row.report
        return cls(
            report=report,
            lot_id=global_id("Lot", row.id),
            number=row.number,
            title=row.title,
            unsuccessful_reason=row.unsuccessful_reason,
            decision_due_at=row.decision_due_at,
            awards=[Award.of(one) for one in row.awards],
            ranking=[ResultPlace.of(report, one) for one in report.ranking] if report else [],
            price_weight=next(
                (one.weight for one in report.criteria if one.kind is CriterionKind.PRICE), None
            )
            if report
            else None,
            report_hash=row.report_hash,
        )

    @strawberry.field(description="The whole report as JSON, for `marketplace verify ranking`.")
    def report_json(self) -> str | None:
        return None if self.report is None else json.dumps(self.report.plain(), sort_keys=True)

    @strawberry.field(description="The ranking as another weight of the price would make it.")
    def with_price_weight(
        self, percent: Annotated[int, strawberry.argument(description="0 to 100.")]
    ) -> list[ShiftedPlace]:
        if self.report is None:
            return []
        return [
            ShiftedPlace(
                bid_lot_id=global_id("BidLot", one.bid),
                supplier=one.name,
                place=one.place,
                place_as_decided=one.was_place,
                total=one.total,
            )
            for one in sensitivity.shifted(self.report, percent)
        ]


@strawberry.type(description="A notice of awards as it was published; it never changes.")
class AwardNotice:
    published_at: datetime
    ends_at: datetime
    official_notice_url: str | None
    content_hash: str
    json: str

    @classmethod
    def of(cls, row: NoticeRow) -> "AwardNotice":
        return cls(
            published_at=row.published_at,
            ends_at=row.ends_at,
            official_notice_url=row.official_notice_url,
            content_hash=row.content_hash,
            json=json.dumps(dict(row.content), sort_keys=True),
        )


@strawberry.type(description="Who sat on the panel; public with the result.")
class Evaluator:
    seat: int
    kind: str
    name: str | None
    is_replaced: bool


@strawberry.type(description="The results of a process.")
class TenderResults:
    tender_id: strawberry.ID
    least_price_weight: int
    most_price_weight: int
    lots: list[LotResult]
    notices: list[AwardNotice]
    panel: list[Evaluator]

    @classmethod
    def of(cls, row: Results) -> "TenderResults":
        return cls(
            tender_id=global_id("Tender", row.tender_id),
            least_price_weight=row.least_weight,
            most_price_weight=row.most_weight,
            lots=[LotResult.of(one) for one in row.lots],
            notices=[AwardNotice.of(one) for one in row.notices],
            panel=[
                Evaluator(seat=one.seat, kind=one.kind, name=one.name, is_replaced=one.is_replaced)
                for one in row.panel
            ],
        )


@strawberry.type(description="What a bidder is told about its own bid for a lot.")
class OwnResult:
    lot_id: strawberry.ID
    organisation_id: strawberry.ID
    place: int | None
    of: int
    total: str | None
    scores: list[ResultScore]
    excluded_for: str | None
    is_awarded: bool

    @classmethod
    def told(cls, row: OwnRow) -> "OwnResult":
        return cls(
            lot_id=global_id("Lot", row.lot_id),
            organisation_id=global_id("Organisation", row.organisation_id),
            place=row.place,
            of=row.of,
            total=row.total,
            scores=[
                ResultScore(criterion=key, name=row.criteria[key], score=score)
                for key, score in row.scores.items()
            ],
            excluded_for=row.excluded_for,
            is_awarded=row.is_awarded,
        )


OfTender = Annotated[strawberry.ID, strawberry.argument(description="The id of a Tender.")]


def tender_key(given: strawberry.ID) -> UUID:
    found: UUID = key_of("Tender", given)
    return found


@strawberry.type
class AwardQueries:
    @strawberry.field(description="The public results of a process, once there are any.")
    async def tender_results(self, info: Info, tender_id: OfTender) -> TenderResults:
        return TenderResults.of(await info.context.ask(award_queries.results, tender_key(tender_id)))

    @strawberry.field(
        description="As buyer: results with what is decided and not public yet; that you looked is noted."
    )
    async def award_desk(self, info: Info, tender_id: OfTender) -> TenderResults:
        return TenderResults.of(await info.context.see(award_queries.desk_seen, tender_key(tender_id)))

    @strawberry.field(description="As bidder: your own scores and places, once the result is public.")
    async def my_bid_results(self, info: Info, tender_id: OfTender) -> list[OwnResult]:
        rows = await info.context.ask(award_queries.own, tender_key(tender_id))
        return [OwnResult.told(row) for row in rows]
