"""What is done in an evaluation over the graph: drawn, declared, checked, asked, voted, scored, finished."""

from datetime import date
from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.evaluation import (
    EligibilityFinding,
    Evaluation,
    PanelDesk,
    PanelPlace,
    PriceQuestion,
    ScoreSheet,
    evaluation_of,
    panel_desk_of,
    price_question_of,
    sheet_of,
)
from marketplace.graph.inputs import given
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.problems import Problems
from marketplace.graph.tenders import TenderId
from marketplace.kernel.input import read
from marketplace.procurement.evaluation import (
    declarations,
    eligibility,
    finishing,
    low_prices,
    panels,
    reading,
    sheets,
)
from marketplace.procurement.evaluation.drafts import (
    ConflictKind,
    DeclarationDraft,
    FindingDraft,
    PanelDraft,
    PriceAnswerDraft,
    PriceVoteDraft,
    RecusalDraft,
    RepresentativeDraft,
    SheetDraft,
)


@strawberry.input
class DrawPanelInput:
    tender_id: strawberry.ID
    representatives: list[str] = strawberry.field(
        default_factory=list, description="Phone numbers of whom the buyer sends; the others are drawn."
    )


@strawberry.input
class RecuseMemberInput:
    tender_id: strawberry.ID
    member_id: strawberry.ID
    reason: str


@strawberry.input
class NameRepresentativeInput:
    tender_id: strawberry.ID
    phone: str


@strawberry.input
class TieInput:
    organisation_id: strawberry.ID
    kind: ConflictKind
    until: date | None = strawberry.field(default=None, description="Its last day; null if it goes on.")


@strawberry.input
class DeclareTiesInput:
    tender_id: strawberry.ID
    conflicts: list[TieInput] = strawberry.field(default_factory=list)
    confirmed: bool = strawberry.field(default=False, description="That every bidder was looked at.")


@strawberry.input
class RecordFindingInput:
    tender_id: strawberry.ID
    bid_id: strawberry.ID
    condition_key: str
    is_met: bool
    reason: str


@strawberry.input
class AnswerPriceQuestionInput:
    price_query_id: strawberry.ID
    text: str


@strawberry.input
class VoteOnPriceInput:
    tender_id: strawberry.ID
    price_query_id: strawberry.ID
    is_accepted: bool
    reason: str


@strawberry.input
class ScoreInput:
    bid_lot_id: strawberry.ID
    criterion_key: str
    points: str | None = strawberry.field(
        default=None, description="From 0 to 100, two decimals at most, such as 88.5."
    )
    reason: str = ""


@strawberry.input
class SheetInput:
    lot_id: strawberry.ID
    scores: list[ScoreInput] = strawberry.field(default_factory=list)


@strawberry.type(description="The evaluation as it is now.")
class ChangedEvaluation:
    evaluation: Evaluation


@strawberry.type(description="The finding that is on record now.")
class RecordedFinding:
    finding: EligibilityFinding


@strawberry.type(description="The bidder is asked.")
class AskedAboutPrice:
    price_query_id: strawberry.ID


@strawberry.type(description="Your panels as they are now.")
class ChangedPanels:
    panels: list[PanelPlace]


@strawberry.type(description="Your desk as it is now.")
class ChangedPanelDesk:
    desk: PanelDesk


@strawberry.type(description="Your sheet as it is now.")
class ChangedSheet:
    sheet: ScoreSheet


@strawberry.type(description="The question as it is now.")
class ChangedPriceQuestion:
    question: PriceQuestion


EvaluationResult: TypeAlias = Annotated[ChangedEvaluation | Problems, strawberry.union("EvaluationResult")]
FindingResult: TypeAlias = Annotated[RecordedFinding | Problems, strawberry.union("FindingResult")]
AskAboutPriceResult: TypeAlias = Annotated[
    AskedAboutPrice | Problems, strawberry.union("AskAboutPriceResult")
]
PanelsResult: TypeAlias = Annotated[ChangedPanels | Problems, strawberry.union("PanelsResult")]
PanelDeskResult: TypeAlias = Annotated[ChangedPanelDesk | Problems, strawberry.union("PanelDeskResult")]
SheetResult: TypeAlias = Annotated[ChangedSheet | Problems, strawberry.union("SheetResult")]
PriceQuestionResult: TypeAlias = Annotated[
    ChangedPriceQuestion | Problems, strawberry.union("PriceQuestionResult")
]


@strawberry.type
class EvaluationMutations:
    @strawberry.mutation(description="As officer, once the bids are open: draw the panel.")
    async def draw_panel(self, info: Info, input: DrawPanelInput) -> EvaluationResult:
        fields, tender_id = given(input), key_of("Tender", input.tender_id)
        draft = read(PanelDraft, {"representatives": fields["representatives"]})
        await info.context.do(panels.draw, tender_id, draft, info.context.house.vault)
        return await _evaluation(info, tender_id)

    @strawberry.mutation(description="As officer or supervisor: take somebody off a panel.")
    async def recuse_member(self, info: Info, input: RecuseMemberInput) -> EvaluationResult:
        tender_id = key_of("Tender", input.tender_id)
        draft = read(RecusalDraft, {"reason": input.reason})
        await info.context.do(panels.recuse, tender_id, key_of("PanelMember", input.member_id), draft)
        return await _evaluation(info, tender_id)

    @strawberry.mutation(description="As officer: send somebody for a vacant seat of the buyer.")
    async def name_representative(self, info: Info, input: NameRepresentativeInput) -> EvaluationResult:
        tender_id = key_of("Tender", input.tender_id)
        draft = read(RepresentativeDraft, {"phone": input.phone})
        await info.context.do(panels.name_representative, tender_id, draft, info.context.house.vault)
        return await _evaluation(info, tender_id)

    @strawberry.mutation(description="As officer: remind members of what is missing.")
    async def remind_panel(self, info: Info, tender_id: TenderId) -> EvaluationResult:
        key = key_of("Tender", tender_id)
        await info.context.do(panels.remind, key)
        return await _evaluation(info, key)

    @strawberry.mutation(
        description="As member: declare your ties to the bidders; who is tied is replaced. Answers your panels."
    )
    async def declare_ties(self, info: Info, input: DeclareTiesInput) -> PanelsResult:
        fields = given(input)
        tender_id = key_of("Tender", fields.pop("tender_id"))
        for tie in fields["conflicts"]:
            tie["organisation_id"] = key_of("Organisation", tie["organisation_id"])
        await info.context.do(declarations.declare, tender_id, read(DeclarationDraft, fields))
        return ChangedPanels(panels=[PanelPlace.of(row) for row in await info.context.ask(reading.my_panels)])

    @strawberry.mutation(description="As officer, or sent by the buyer: say whether a bid meets a condition.")
    async def record_finding(self, info: Info, input: RecordFindingInput) -> FindingResult:
        fields = given(input)
        tender_id, bid_id = key_of("Tender", fields.pop("tender_id")), key_of("Bid", fields.pop("bid_id"))
        draft = read(FindingDraft, fields)
        await info.context.do(eligibility.find, bid_id, tender_id, draft)
        return RecordedFinding(
            finding=EligibilityFinding(bid_id=global_id("Bid", bid_id), **draft.model_dump())
        )

    @strawberry.mutation(
        description="As officer: close the check. Lots with too few qualified bidders end without a result."
    )
    async def close_check(self, info: Info, tender_id: TenderId) -> EvaluationResult:
        key = key_of("Tender", tender_id)
        await info.context.do(eligibility.close, key)
        return await _evaluation(info, key)

    @strawberry.mutation(description="As officer or member: ask a bidder to justify a low price.")
    async def ask_about_price(
        self,
        info: Info,
        bid_lot_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a bid's offer.")],
    ) -> AskAboutPriceResult:
        query_id = await info.context.do(low_prices.ask, key_of("BidLot", bid_lot_id))
        return AskedAboutPrice(price_query_id=global_id("PriceQuery", query_id))

    @strawberry.mutation(description="As the bidder's manager: justify your price, once and in time.")
    async def answer_price_question(self, info: Info, input: AnswerPriceQuestionInput) -> PriceQuestionResult:
        query_id = key_of("PriceQuery", input.price_query_id)
        await info.context.do(low_prices.answer, query_id, read(PriceAnswerDraft, {"text": input.text}))
        return ChangedPriceQuestion(question=await price_question_of(info, query_id))

    @strawberry.mutation(description="As member: vote on a low price; the majority of all seats decides.")
    async def vote_on_price(self, info: Info, input: VoteOnPriceInput) -> PanelDeskResult:
        fields = given(input)
        tender_id = key_of("Tender", fields.pop("tender_id"))
        query_id = key_of("PriceQuery", fields.pop("price_query_id"))
        await info.context.do(low_prices.vote, query_id, read(PriceVoteDraft, fields))
        return ChangedPanelDesk(desk=await panel_desk_of(info, tender_id))

    @strawberry.mutation(description="As member: keep points and reasons of your sheet; only you see them.")
    async def save_sheet(self, info: Info, input: SheetInput) -> SheetResult:
        lot_id, draft = _sheet(input)
        await info.context.do(sheets.save, lot_id, draft)
        return ChangedSheet(sheet=await sheet_of(info, lot_id))

    @strawberry.mutation(description="As member: hand your sheet in. Nobody changes it afterwards.")
    async def submit_sheet(self, info: Info, input: SheetInput) -> SheetResult:
        lot_id, draft = _sheet(input)
        await info.context.do(partial(sheets.submit, draft=draft), lot_id)
        return ChangedSheet(sheet=await sheet_of(info, lot_id))

    @strawberry.mutation(description="As officer, with every sheet in: rank the lots and make the reports.")
    async def finish_evaluation(self, info: Info, tender_id: TenderId) -> EvaluationResult:
        key = key_of("Tender", tender_id)
        await info.context.do(finishing.finish, key)
        return await _evaluation(info, key)


def _sheet(input: SheetInput) -> tuple[UUID, SheetDraft]:
    fields = given(input)
    for score in fields["scores"]:
        score["bid_lot_id"] = key_of("BidLot", score["bid_lot_id"])
    return key_of("Lot", fields.pop("lot_id")), read(SheetDraft, fields)


async def _evaluation(info: Info, tender_id: UUID) -> ChangedEvaluation:
    return ChangedEvaluation(evaluation=await evaluation_of(info, tender_id))
