"""A wrong award is corrected: one officer says why, another one decides; the old award ends, the new one refers to it, both stay public."""

from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.clock import read_clock
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records
from marketplace.procurement.awards import lots, notice, settling
from marketplace.procurement.awards.awards import held, put
from marketplace.procurement.awards.drafts import CorrectionDecisionDraft, CorrectionDraft
from marketplace.procurement.awards.errors import (
    AwardIsNotPublished,
    AwardIsOver,
    AwardIsSigned,
    BidIsNotRanked,
    CorrectionIsDecided,
    CorrectionNeedsAnother,
    CorrectionWaitsAlready,
    SuccessorHoldsTheLot,
)
from marketplace.procurement.awards.events import CorrectionProposed
from marketplace.procurement.awards.models import Award, AwardCorrection
from marketplace.procurement.awards.states import Ending
from marketplace.procurement.tenders.models import Lot, Tender
from marketplace.procurement.tenders.running import must_run


async def propose(session: Session, viewer: Viewer, award_id: UUID, draft: CorrectionDraft) -> UUID:
    """Say what is wrong with a published award, and who should have it; answers the proposal's id. The same one twice is one.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToABidder, TenderIsOver, TenderIsSuspended, AwardIsNotPublished,
    AwardIsOver, AwardIsSigned, BidIsNotRanked, SuccessorHoldsTheLot, CorrectionWaitsAlready.
    """
    award, tender = await held(session, award_id)
    officer = policy.must_buy(viewer, tender.area_code, is_public=award.published_at is not None)
    await lots.must_be_untied(session, viewer, tender.id)
    waiting = await _waiting(session, award_id)
    if waiting is not None and _says(waiting, officer, draft):
        return waiting.id
    _must_stand(tender, award)
    if draft.successor_id is not None:
        it = await lots.load(session, tender, await session.get_one(Lot, award.lot_id))
        if it.place_of(draft.successor_id) is None:
            raise BidIsNotRanked()
        if any(one.bid_lot_id == draft.successor_id for one in it.standing):
            raise SuccessorHoldsTheLot()
    row = AwardCorrection(
        id=new_id(),
        award_id=award_id,
        successor_bid_lot_id=draft.successor_id,
        reason=draft.reason,
        proposed_at=await read_clock(session),
        proposed_by=officer,
    )
    if not await insert_once(session, row):
        raise CorrectionWaitsAlready()
    await records.append(
        session, tender.id, "correction.proposed", officer, correction_id=row.id, award_id=award_id
    )
    audit.record(session, officer, "correction.proposed", ("award", award_id), correction=row.id)
    await publish(session, CorrectionProposed(tender.id, row.id))
    return row.id


async def decide(
    session: Session, viewer: Viewer, correction_id: UUID, draft: CorrectionDecisionDraft
) -> None:
    """Approve or refuse as the second person; approved, the new award is published at once. The same decision twice changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToABidder, CorrectionNeedsAnother, CorrectionIsDecided, and what
    ``propose`` raises about the award.
    """
    known = await session.get(AwardCorrection, correction_id)
    if known is None:
        raise NotFound()
    award, tender = await held(session, known.award_id)
    officer = policy.must_buy(viewer, tender.area_code, is_public=False)
    await lots.must_be_untied(session, viewer, tender.id)
    row = await session.get_one(AwardCorrection, correction_id, populate_existing=True)
    if row.proposed_by == officer:
        raise CorrectionNeedsAnother()
    if row.decided_at is not None:
        if (row.decided_by, row.is_approved) == (officer, draft.is_approved):
            return
        raise CorrectionIsDecided()
    if draft.is_approved:
        _must_stand(tender, award)
    row.decided_at, row.decided_by = await read_clock(session), officer
    row.is_approved, row.decision_reason = draft.is_approved, draft.reason
    await session.flush()
    await records.append(
        session, tender.id, "correction.decided", officer,
        correction_id=row.id, award_id=award.id, is_approved=draft.is_approved,
    )  # fmt: skip
    audit.record(session, officer, "correction.decided", ("award", award.id), approved=draft.is_approved)
    if draft.is_approved:
        await _correct(session, tender, award, row, officer)


async def _correct(
    session: Session, tender: Tender, award: Award, row: AwardCorrection, officer: UUID
) -> None:
    await settling.end(session, tender, award, Ending.CORRECTED, officer, None)
    if row.successor_bid_lot_id is not None:
        it = await lots.load(session, tender, await session.get_one(Lot, award.lot_id))
        successor = await put(session, it, row.successor_bid_lot_id, officer, row.reason, award)
        await notice.write(session, tender, [successor], officer, None)
    await settling.settle(session, tender)


def _must_stand(tender: Tender, award: Award) -> None:
    must_run(tender)
    if award.ended_at is not None:
        raise AwardIsOver()
    if award.published_at is None:
        raise AwardIsNotPublished()
    if award.signed_at is not None:
        raise AwardIsSigned()


async def _waiting(session: Session, award_id: UUID) -> AwardCorrection | None:
    found: AwardCorrection | None = await session.scalar(
        select(AwardCorrection).where(
            AwardCorrection.award_id == award_id, AwardCorrection.decided_at.is_(None)
        )
    )
    return found


def _says(row: AwardCorrection, officer: UUID, draft: CorrectionDraft) -> bool:
    return (row.proposed_by, row.reason, row.successor_bid_lot_id) == (
        officer,
        draft.reason,
        draft.successor_id,
    )
