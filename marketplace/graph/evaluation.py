"""Evaluation in the graph: the buyer's desk, a member's panel with bids and sheets, a bidder's answer. Nobody reads a score of others before the result."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.tenders import TenderId
from marketplace.procurement.evaluation import reading, sheets
from marketplace.procurement.evaluation.case import Offered
from marketplace.procurement.evaluation.drafts import ConflictKind
from marketplace.procurement.evaluation.models import PanelMember as MemberRow
from marketplace.procurement.evaluation.models import PriceQuery as QueryRow
from marketplace.procurement.evaluation.models import Score
from marketplace.procurement.evaluation.reading import EvaluationDesk, MemberDesk, MyPanel
from marketplace.procurement.evaluation.sheets import SheetRow

strawberry.enum(ConflictKind, name="TieKind", description="How a member is tied to a bidder.")


@strawberry.type(description="A seat of a panel. Who holds it is secret until the result.")
class PanelSeat:
    member_id: strawberry.ID
    seat: int
    kind: str = strawberry.field(description="`expert`, drawn by lot, or `buyer`, sent by the buyer.")
    declared_at: datetime | None
    replaced_at: datetime | None
    replaced_for: str | None

    @classmethod
    def of(cls, row: MemberRow) -> "PanelSeat":
        return cls(
            member_id=global_id("PanelMember", row.id),
            seat=row.seat,
            kind=row.kind,
            declared_at=row.declared_at,
            replaced_at=row.replaced_at,
            replaced_for=row.replaced_for,
        )


@strawberry.type(description="A panel on which you sit or sat.")
class PanelPlace:
    tender_id: strawberry.ID
    title: str
    buyer_name: str
    seat: PanelSeat

    @classmethod
    def of(cls, row: MyPanel) -> "PanelPlace":
        return cls(
            tender_id=global_id("Tender", row.tender.id),
            title=row.tender.title,
            buyer_name=row.buyer,
            seat=PanelSeat.of(row.member),
        )


@strawberry.type(description="An organisation that bids, alone or with others.")
class BidderName:
    organisation_id: strawberry.ID
    name: str


@strawberry.type(description="A bid's offer for one lot.")
class OfferToScore:
    bid_lot_id: strawberry.ID
    bid_id: strawberry.ID
    bidder: str | None
    price: Money

    @classmethod
    def of(cls, one: Offered) -> "OfferToScore":
        return cls(
            bid_lot_id=global_id("BidLot", one.id),
            bid_id=global_id("Bid", one.bid.id),
            bidder=one.name,
            price=Money.of(one.offer.price_fen, one.offer.currency),
        )


@strawberry.type(description="What a member scores, and within which points.")
class CriterionToScore:
    key: str
    name: str
    weight: int
    lowest: int
    highest: int


@strawberry.type(description="A lot with the offers that count, and whether your sheet is in.")
class LotToScore:
    lot_id: strawberry.ID
    number: int
    title: str
    offers: list[OfferToScore]
    submitted_at: datetime | None


@strawberry.type(
    description="A price far below the others: asked about, answered, decided by the panel's majority."
)
class PriceQuestion:
    id: strawberry.ID
    price: Money
    due_at: datetime
    answer: str | None
    answered_at: datetime | None
    is_accepted: bool | None = strawberry.field(description="Null until the panel has decided.")

    @classmethod
    def of(cls, query: QueryRow, price: Money) -> "PriceQuestion":
        return cls(
            id=global_id("PriceQuery", query.id),
            price=price,
            due_at=query.due_at,
            answer=query.answer,
            answered_at=query.answered_at,
            is_accepted=query.is_accepted,
        )


@strawberry.type(description="A member's desk: bidders to declare against, and from then on lots and bids.")
class PanelDesk:
    tender_id: strawberry.ID
    seat: PanelSeat
    bidders: list[BidderName]
    check_closed_at: datetime | None = strawberry.field(description="From then on bids are scored.")
    criteria: list[CriterionToScore]
    lots: list[LotToScore]
    price_questions: list[PriceQuestion]

    @classmethod
    def of(cls, desk: MemberDesk) -> "PanelDesk":
        case, sees_bids = desk.case, desk.member.declared_at is not None
        lots = []
        for lot in case.live_lots() if sees_bids else ():
            sheet = case.sheet(lot.id, desk.member.id)
            lots.append(
                LotToScore(
                    lot_id=global_id("Lot", lot.id),
                    number=lot.number,
                    title=lot.title,
                    offers=[OfferToScore.of(one) for one in case.eligible(lot.id)],
                    submitted_at=None if sheet is None else sheet.submitted_at,
                )
            )
        return cls(
            tender_id=global_id("Tender", case.tender.id),
            seat=PanelSeat.of(desk.member),
            bidders=[
                BidderName(organisation_id=global_id("Organisation", organisation_id), name=name)
                for organisation_id, name in desk.bidders
            ],
            check_closed_at=None if case.closing is None else case.closing.closed_at,
            criteria=[
                CriterionToScore(
                    key=one.key, name=one.name, weight=one.weight, lowest=lowest, highest=highest
                )
                for one in case.quality
                for lowest, highest in [sheets.scale_of(one)]
            ],
            lots=lots,
            price_questions=[
                PriceQuestion.of(query, Money.of(one.offer.price_fen, one.offer.currency))
                for one, query, _ in (desk.open_queries if sees_bids else ())
            ],
        )


@strawberry.type(description="A paper that came with a bid.")
class BidPaper:
    file_name: str
    size: int


@strawberry.type(description="A bid as a member reads it; that it was looked at is on record.")
class PanelBid:
    bid_id: strawberry.ID
    bidder: str | None
    answers: list[str] = strawberry.field(description="What the bidder declares for the criteria.")
    papers: list[BidPaper]


@strawberry.type(description="Points and their reason.")
class SheetScore:
    bid_lot_id: strawberry.ID
    criterion_key: str
    points: str | None = strawberry.field(description="From 0 to 100, with two decimals.")
    reason: str

    @classmethod
    def of(cls, row: Score) -> "SheetScore":
        points = None if row.points is None else f"{Decimal(row.points) / 100:.2f}"
        return cls(
            bid_lot_id=global_id("BidLot", row.bid_lot_id),
            criterion_key=row.criterion_key,
            points=points,
            reason=row.reason,
        )


@strawberry.type(description="Your own sheet of a lot. Nobody else opens it before the result.")
class ScoreSheet:
    id: strawberry.ID | None = strawberry.field(description="Null until something is saved.")
    lot_id: strawberry.ID
    submitted_at: datetime | None
    gaps: int = strawberry.field(description="Points or reasons that are missing.")
    scores: list[SheetScore]

    @classmethod
    def of(cls, row: SheetRow) -> "ScoreSheet":
        return cls(
            id=None if row.sheet is None else global_id("ScoreSheet", row.sheet.id),
            lot_id=global_id("Lot", row.lot.id),
            submitted_at=row.submitted_at,
            gaps=row.gaps,
            scores=[SheetScore.of(score) for _, score in sorted(row.scores.items())],
        )


@strawberry.type(
    description="Somebody on a panel, for the buyer and the supervisor; secret until the result."
)
class NamedSeat:
    name: str
    seat: PanelSeat
    sheets_in: int


@strawberry.type(description="Whether a bid meets a condition, as found last.")
class EligibilityFinding:
    bid_id: strawberry.ID
    condition_key: str
    is_met: bool
    reason: str


@strawberry.type(description="An offer whose price looks too low.")
class LowPrice:
    offer: OfferToScore
    question: PriceQuestion | None


@strawberry.type(
    description="The buyer's desk of an evaluation. It tells who has handed in, and no score before the end."
)
class Evaluation:
    tender_id: strawberry.ID
    size: int
    least_experts: int
    drawn_at: datetime | None
    commitment: str | None = strawberry.field(description="What the draw was promised by.")
    members: list[NamedSeat]
    vacant_seats: list[int]
    findings: list[EligibilityFinding]
    unchecked: int = strawberry.field(description="Bids and conditions not held against each other yet.")
    check_closed_at: datetime | None
    low_prices: list[LowPrice]
    sheets_missing: int
    report_due_at: datetime | None
    evaluated_at: datetime | None
    reports: list[str] = strawberry.field(
        description="A report a lot as JSON, for `marketplace verify ranking`; empty before the end."
    )

    @classmethod
    def of(cls, desk: EvaluationDesk) -> "Evaluation":
        case = desk.case
        return cls(
            tender_id=global_id("Tender", case.tender.id),
            size=desk.size,
            least_experts=desk.least_experts,
            drawn_at=None if case.panel is None else case.panel.drawn_at,
            commitment=None if case.panel is None else case.panel.commitment,
            members=[
                NamedSeat(
                    name=desk.people.get(one.person_id, ""),
                    seat=PanelSeat.of(one),
                    sheets_in=sum(
                        sheet.member_id == one.id and sheet.submitted_at is not None for sheet in case.sheets
                    ),
                )
                for one in case.members
            ],
            vacant_seats=list(case.vacant),
            findings=[
                EligibilityFinding(
                    bid_id=global_id("Bid", one.bid_id),
                    condition_key=one.condition_key,
                    is_met=one.is_met,
                    reason=one.reason,
                )
                for one in case.findings.values()
            ],
            unchecked=len(case.unchecked()),
            check_closed_at=None if case.closing is None else case.closing.closed_at,
            low_prices=[_low_price(desk, one) for one in case.low_prices()],
            sheets_missing=len(case.missing_sheets()),
            report_due_at=desk.report_due_at,
            evaluated_at=case.tender.evaluated_at,
            reports=[json.dumps(one.plain(), sort_keys=True, ensure_ascii=False) for one in desk.reports],
        )


def _low_price(desk: EvaluationDesk, one: Offered) -> LowPrice:
    query = desk.case.queries.get(one.id)
    price = Money.of(one.offer.price_fen, one.offer.currency)
    return LowPrice(
        offer=OfferToScore.of(one), question=None if query is None else PriceQuestion.of(query, price)
    )


LotId = Annotated[strawberry.ID, strawberry.argument(description="The id of a Lot.")]
PriceQueryId = Annotated[strawberry.ID, strawberry.argument(description="The id of a PriceQuestion.")]


@strawberry.type
class EvaluationQueries:
    @strawberry.field(description="The panels on which you sit or sat, the newest first; at most 100.")
    async def my_panels(self, info: Info) -> list[PanelPlace]:
        return [PanelPlace.of(row) for row in await info.context.ask(reading.my_panels)]

    @strawberry.field(description="As member: your desk.")
    async def panel_desk(self, info: Info, tender_id: TenderId) -> PanelDesk:
        return await panel_desk_of(info, key_of("Tender", tender_id))

    @strawberry.field(description="As member who declared: a bid. That you looked is on record.")
    async def panel_bid(
        self,
        info: Info,
        tender_id: TenderId,
        bid_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a Bid.")],
    ) -> PanelBid:
        row = await info.context.see(reading.bid, key_of("Tender", tender_id), key_of("Bid", bid_id))
        return PanelBid(
            bid_id=global_id("Bid", row.bid.id),
            bidder=row.name,
            answers=[text for _, offer in row.offers for text in offer.answers.values()],
            papers=[BidPaper(file_name=one.file_name, size=one.size) for one in row.papers],
        )

    @strawberry.field(description="As member: your sheet of a lot. That you opened it is on record.")
    async def my_sheet(self, info: Info, lot_id: LotId) -> ScoreSheet:
        return await sheet_of(info, key_of("Lot", lot_id))

    @strawberry.field(
        description="A sheet by its id, for its member alone; anybody else who may know of it is refused, on record."
    )
    async def score_sheet(
        self,
        info: Info,
        sheet_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a ScoreSheet.")],
    ) -> ScoreSheet:
        return ScoreSheet.of(await info.context.see(sheets.read, key_of("ScoreSheet", sheet_id)))

    @strawberry.field(
        description="As officer or supervisor: the evaluation of a tender, once its bids are open."
    )
    async def evaluation(self, info: Info, tender_id: TenderId) -> Evaluation:
        return await evaluation_of(info, key_of("Tender", tender_id))

    @strawberry.field(description="As the bidder's manager: a question about your price.")
    async def price_question(self, info: Info, price_query_id: PriceQueryId) -> PriceQuestion:
        return await price_question_of(info, key_of("PriceQuery", price_query_id))


async def panel_desk_of(info: Info, tender_id: UUID) -> PanelDesk:
    return PanelDesk.of(await info.context.ask(reading.member_desk, tender_id))


async def sheet_of(info: Info, lot_id: UUID) -> ScoreSheet:
    return ScoreSheet.of(await info.context.see(sheets.my_sheet, lot_id))


async def evaluation_of(info: Info, tender_id: UUID) -> Evaluation:
    return Evaluation.of(await info.context.ask(reading.desk, tender_id))


async def price_question_of(info: Info, query_id: UUID) -> PriceQuestion:
    row = await info.context.ask(reading.price_query, query_id)
    return PriceQuestion.of(row.query, Money.of(row.offer.price_fen, row.offer.currency))
