"""What is done with results over the graph: awarded, published, given back, not signed, ended, corrected by two people."""

from functools import partial
from typing import Annotated, TypeAlias

import strawberry

from marketplace.graph.awards import Award, TenderResults
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import change, key_of, must_fetch
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.procurement.awards import award_queries, awards, corrections
from marketplace.procurement.awards.drafts import (
    AwardDraft,
    CorrectionDecisionDraft,
    CorrectionDraft,
    NoticeDraft,
    ReasonDraft,
)


@strawberry.input
class AwardLotInput:
    lot_id: strawberry.ID
    bid_lot_ids: list[strawberry.ID] = strawberry.field(
        description="The first in rank; several in a framework."
    )
    reason: str = strawberry.field(description="Public, in the notice.")


@strawberry.input
class PublishAwardsInput:
    tender_id: strawberry.ID
    official_notice_url: str | None = None


@strawberry.input
class EndAwardInput:
    award_id: strawberry.ID
    reason: str


@strawberry.input
class EndLotInput:
    lot_id: strawberry.ID
    reason: str


@strawberry.input
class ProposeCorrectionInput:
    award_id: strawberry.ID
    reason: str
    successor_id: strawberry.ID | None = strawberry.field(
        default=None, description="The BidLot that should have it; without one the award only ends."
    )


@strawberry.input
class DecideCorrectionInput:
    correction_id: strawberry.ID
    is_approved: bool
    reason: str


@strawberry.type(description="The results as the buyer sees them now.")
class ChangedResults:
    results: TenderResults


@strawberry.type(description="The award as it is now.")
class ChangedAward:
    award: Award


ResultsResult: TypeAlias = Annotated[ChangedResults | Problems, strawberry.union("ResultsResult")]
AwardResult: TypeAlias = Annotated[ChangedAward | Problems, strawberry.union("AwardResult")]


@strawberry.type
class AwardMutations:
    @strawberry.mutation(description="As buyer: award a lot by its report.")
    async def award_lot(self, info: Info, input: AwardLotInput) -> ResultsResult:
        lot_id = key_of("Lot", input.lot_id)
        bids = [key_of("BidLot", one) for one in input.bid_lot_ids]
        draft = read(AwardDraft, {"bid_lot_ids": bids, "reason": input.reason})
        await info.context.do(awards.award, lot_id, draft)
        tender_id = await info.context.ask(award_queries.tender_of_lot_seen, lot_id)
        return await _results(info, tender_id)

    @strawberry.mutation(description="As buyer: publish every decided award of a process in one notice.")
    async def publish_awards(self, info: Info, input: PublishAwardsInput) -> ResultsResult:
        fields = given(input)
        tender_id = key_of("Tender", fields.pop("tender_id"))
        await info.context.do(awards.publish, tender_id, read(NoticeDraft, fields))
        return await _results(info, tender_id)

    @strawberry.mutation(description="As buyer: nobody is left to award the lot to, so it ends.")
    async def end_lot(self, info: Info, input: EndLotInput) -> ResultsResult:
        lot_id = key_of("Lot", input.lot_id)
        await info.context.do(awards.end_lot, lot_id, read(ReasonDraft, {"reason": input.reason}))
        tender_id = await info.context.ask(award_queries.tender_of_lot_seen, lot_id)
        return await _results(info, tender_id)

    @strawberry.mutation(description="As supplier: give an award back; the lot goes to the next.")
    async def decline_award(self, info: Info, input: EndAwardInput) -> AwardResult:
        command = partial(awards.decline, draft=read(ReasonDraft, {"reason": input.reason}))
        return ChangedAward(award=await change(info.context, Award, input.award_id, command))

    @strawberry.mutation(description="As buyer: the supplier did not sign in time.")
    async def note_not_signed(self, info: Info, input: EndAwardInput) -> AwardResult:
        command = partial(awards.note_not_signed, draft=read(ReasonDraft, {"reason": input.reason}))
        return ChangedAward(award=await change(info.context, Award, input.award_id, command))

    @strawberry.mutation(description="As buyer: say what is wrong with an award; another officer decides.")
    async def propose_correction(self, info: Info, input: ProposeCorrectionInput) -> AwardResult:
        successor = key_of("BidLot", input.successor_id) if input.successor_id else None
        draft = read(CorrectionDraft, {"reason": input.reason, "successor_id": successor})
        command = partial(corrections.propose, draft=draft)
        return ChangedAward(award=await change(info.context, Award, input.award_id, command))

    @strawberry.mutation(description="As buyer and second person: approve or refuse a correction.")
    async def decide_correction(self, info: Info, input: DecideCorrectionInput) -> AwardResult:
        fields = given(input)
        correction_id = key_of("AwardCorrection", fields.pop("correction_id"))
        await info.context.do(corrections.decide, correction_id, read(CorrectionDecisionDraft, fields))
        award_id = await info.context.ask(award_queries.award_of_correction, correction_id)
        return ChangedAward(award=await must_fetch(info.context, Award, award_id))


async def _results(info: Info, tender_id: object) -> ChangedResults:
    found = await info.context.ask(award_queries.desk, tender_id)  # type: ignore[arg-type]
    return ChangedResults(results=TenderResults.of(found))
