"""Complaints: a supplier who is not content with the answer, or got none, asks the supervisor, who decides (采购法 articles 55 and 56)."""

from uuid import UUID

from marketplace.db import audit
from marketplace.db.clock import read_clock
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records
from marketplace.procurement.awards import deadlines, settling, suspensions
from marketplace.procurement.awards.drafts import ComplaintDraft, DecisionDraft, Remedy
from marketplace.procurement.awards.errors import (
    ComplaintIsThereAlready,
    ComplaintIsTooLate,
    ObjectionIsSettled,
    ObjectionWaitsForItsAnswer,
)
from marketplace.procurement.awards.events import ObjectionAnswered, ObjectionRaised
from marketplace.procurement.awards.models import Objection
from marketplace.procurement.awards.objections import COMPLAINT, OBJECTION, held, of_key
from marketplace.procurement.awards.states import Ending, is_open
from marketplace.procurement.tenders.models import Tender


async def complain(session: Session, viewer: Viewer, objection_id: UUID, draft: ComplaintDraft) -> UUID:
    """Complain about the answer to one's objection, or about its absence; answers the complaint's id.

    In time by the database's clock. Raises SignInNeeded, NotFound, ObjectionIsSettled (withdrawn), ObjectionWaitsForItsAnswer,
    ComplaintIsTooLate, ComplaintIsThereAlready.
    """
    objection, tender = await held(session, objection_id, OBJECTION)
    person_id = policy.must_supply(viewer, objection.organisation_id)
    repeated = await of_key(session, person_id, draft.idempotency_key)
    if repeated is not None:
        return repeated
    now = await read_clock(session)
    clock = await deadlines.complaint_clock(session)
    if objection.withdrawn_at is not None:
        raise ObjectionIsSettled()
    if objection.answered_at is None and now < objection.due_at:
        raise ObjectionWaitsForItsAnswer(article=clock.rule.article, until=objection.due_at)
    until = clock.ends_at(objection)
    if now >= until:
        raise ComplaintIsTooLate(article=clock.rule.article, until=until)
    row = Objection(
        id=new_id(),
        tender_id=tender.id,
        lot_id=objection.lot_id,
        kind=COMPLAINT,
        objection_id=objection.id,
        about=objection.about,
        organisation_id=objection.organisation_id,
        raised_by=person_id,
        raised_at=now,
        due_at=await deadlines.decision_due_at(session, now),
        **draft.model_dump(),
    )
    if not await insert_once(session, row):
        raise ComplaintIsThereAlready()
    await records.append(
        session, tender.id, "complaint.raised", None, complaint_id=row.id, objection_id=objection.id
    )
    audit.record(session, person_id, "complaint.raised", (COMPLAINT, row.id), tender=tender.id)
    await publish(session, ObjectionRaised(tender.id, row.id))
    return row.id


async def decide(session: Session, viewer: Viewer, complaint_id: UUID, draft: DecisionDraft) -> None:
    """Decide as the supervisor; a rest for its sake ends, and an upheld one does what its remedy says. Twice changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, ObjectionIsSettled.
    """
    row, tender = await held(session, complaint_id, COMPLAINT)
    supervisor = policy.must_supervise(viewer, tender.area_code)
    if (row.answer, row.is_upheld, row.remedy) == (draft.answer, draft.is_upheld, draft.remedy):
        return
    if not is_open(row):
        raise ObjectionIsSettled()
    row.answer, row.is_upheld, row.remedy = draft.answer, draft.is_upheld, draft.remedy.value
    row.answered_at, row.answered_by = await read_clock(session), supervisor
    await records.append(
        session, tender.id, "complaint.decided", supervisor,
        complaint_id=row.id, is_upheld=draft.is_upheld, remedy=draft.remedy, is_late=row.answered_at >= row.due_at,
    )  # fmt: skip
    audit.record(
        session, supervisor, "complaint.decided", (COMPLAINT, row.id),
        is_upheld=draft.is_upheld, remedy=draft.remedy,
    )  # fmt: skip
    await _remedy(session, tender, row, supervisor)
    await suspensions.end_for(session, tender, row.id, supervisor)
    await publish(session, ObjectionAnswered(tender.id, row.id))


async def withdraw(session: Session, viewer: Viewer, complaint_id: UUID) -> None:
    """Take a complaint back before its decision; the process goes on. Raises SignInNeeded, NotFound, ObjectionIsSettled."""
    row, tender = await held(session, complaint_id, COMPLAINT)
    person_id = policy.must_supply(viewer, row.organisation_id)
    if row.withdrawn_at is not None:
        return
    if row.answered_at is not None:
        raise ObjectionIsSettled()
    row.withdrawn_at = session.now()
    await records.append(session, tender.id, "complaint.withdrawn", None, complaint_id=row.id)
    audit.record(session, person_id, "complaint.withdrawn", (COMPLAINT, row.id))
    await suspensions.end_for(session, tender, row.id, None)


async def _remedy(session: Session, tender: Tender, row: Objection, supervisor: UUID) -> None:
    if settling.is_over(tender):
        return
    if row.remedy == Remedy.AWARD_ENDED:
        for award in await settling.standing(session, tender.id, row.lot_id):
            await settling.end(session, tender, award, Ending.COMPLAINT_UPHELD, supervisor, None)
        await settling.settle(session, tender)
    elif row.remedy == Remedy.RETENDER:
        await settling.end_process(session, tender, settling.COMPLAINT_UPHELD, supervisor)
