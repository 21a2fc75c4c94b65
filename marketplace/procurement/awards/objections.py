"""Objections: suppliers raise and withdraw them, the buyer answers (采购法 articles 52 and 53). What follows is in complaints.py.

They are no step of the process: they may be raised while it rests and after it ended.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db import audit
from marketplace.db.clock import read_clock
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from marketplace.organisations.states import OrganisationState, organisation_state
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records
from marketplace.procurement.awards import deadlines, holding
from marketplace.procurement.awards.drafts import About, AnswerDraft, ObjectionDraft
from marketplace.procurement.awards.errors import (
    NothingToObjectToYet,
    ObjectionIsBeforeTheSupervisor,
    ObjectionIsSettled,
    ObjectionIsTooLate,
    ObjectionWaitsAlready,
    OnlyBiddersObjectToThis,
    TooManyObjections,
)
from marketplace.procurement.awards.events import ObjectionAnswered, ObjectionRaised
from marketplace.procurement.awards.models import Objection
from marketplace.procurement.awards.states import is_open
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Lot, Tender

OBJECTION: Final = "objection"
COMPLAINT: Final = "complaint"

MOST: Final = 20
"""Objections of one supplier in one process, whatever came of them."""


async def raise_objection(session: Session, viewer: Viewer, tender_id: UUID, draft: ObjectionDraft) -> UUID:
    """Object for one's organisation; answers the objection's id, the first one's for a repeated key.

    In time by the database's clock. Raises SignInNeeded, NotFound, OnlyBiddersObjectToThis, NothingToObjectToYet, ObjectionIsTooLate,
    ObjectionWaitsAlready, TooManyObjections.
    """
    person_id = policy.must_supply(viewer, draft.organisation_id)
    tender = await holding.held(session, tender_id)
    repeated = await of_key(session, person_id, draft.idempotency_key)
    if repeated is not None:
        return repeated
    await _must_be_of_the_tender(session, tender_id, draft.lot_id)
    await _must_be_concerned(session, tender, draft)
    now = await read_clock(session)
    await _must_be_in_time(session, tender, draft, now)
    row = Objection(
        id=new_id(),
        tender_id=tender_id,
        kind=OBJECTION,
        raised_by=person_id,
        raised_at=now,
        due_at=await deadlines.answer_due_at(session, now),
        **draft.model_dump(),
    )
    if not await insert_once(session, row):
        raise ObjectionWaitsAlready()
    # Before the opening nobody learns who might bid, so the record names the objection and nobody.
    await records.append(
        session,
        tender_id,
        "objection.raised",
        None,
        objection_id=row.id,
        about=draft.about,
        lot_id=draft.lot_id,
    )
    audit.record(session, person_id, "objection.raised", (OBJECTION, row.id), tender=tender_id)
    await publish(session, ObjectionRaised(tender_id, row.id))
    return row.id


async def answer(session: Session, viewer: Viewer, objection_id: UUID, draft: AnswerDraft) -> None:
    """Answer as the buyer, late if need be; the same answer twice changes nothing.

    Raises SignInNeeded, NotFound, ObjectionIsSettled, ObjectionIsBeforeTheSupervisor.
    """
    row, tender = await held(session, objection_id, OBJECTION)
    officer = policy.must_buy(viewer, tender.area_code, is_public=False)
    if (row.answer, row.is_upheld) == (draft.answer, draft.is_upheld):
        return
    if not is_open(row):
        raise ObjectionIsSettled()
    if await session.scalar(select(Objection.id).where(Objection.objection_id == row.id)) is not None:
        raise ObjectionIsBeforeTheSupervisor()
    row.answer, row.is_upheld, row.answered_by = draft.answer, draft.is_upheld, officer
    row.answered_at = await read_clock(session)
    await records.append(
        session, tender.id, "objection.answered", officer,
        objection_id=row.id, is_upheld=draft.is_upheld, is_late=row.answered_at >= row.due_at,
    )  # fmt: skip
    audit.record(session, officer, "objection.answered", (OBJECTION, row.id), is_upheld=draft.is_upheld)
    await publish(session, ObjectionAnswered(tender.id, row.id))


async def withdraw(session: Session, viewer: Viewer, objection_id: UUID) -> None:
    """Take an objection back before its answer; a second time changes nothing. Raises SignInNeeded, NotFound, ObjectionIsSettled."""
    row, tender = await held(session, objection_id, OBJECTION)
    person_id = policy.must_supply(viewer, row.organisation_id)
    if row.withdrawn_at is not None:
        return
    if row.answered_at is not None:
        raise ObjectionIsSettled()
    row.withdrawn_at = session.now()
    await records.append(session, tender.id, "objection.withdrawn", None, objection_id=row.id)
    audit.record(session, person_id, "objection.withdrawn", (OBJECTION, row.id))


async def held(session: Session, objection_id: UUID, kind: str) -> tuple[Objection, Tender]:
    """An objection or complaint under its tender's lock; who may see it is asked by the caller. Raises NotFound."""
    tender_id = await session.scalar(
        select(Objection.tender_id).where(Objection.id == objection_id, Objection.kind == kind)
    )
    if tender_id is None:
        raise NotFound()
    tender = await holding.held(session, tender_id)
    return await session.get_one(Objection, objection_id, populate_existing=True), tender


async def of_key(session: Session, person_id: UUID, key: str) -> UUID | None:
    """What the person raised with this key before."""
    found: UUID | None = await session.scalar(
        select(Objection.id).where(Objection.raised_by == person_id, Objection.idempotency_key == key)
    )
    return found


async def may_object(session: Session, tender: Tender, about: About, organisation_id: UUID) -> bool:
    """Whoever may bid, to the file; who bid, to all else."""
    if about is not About.FILE:
        return organisation_id in await holding.bidders(session, tender.id)
    organisation = await session.get(Organisation, organisation_id)
    return organisation is not None and organisation_state(organisation) is OrganisationState.VERIFIED


async def _must_be_of_the_tender(session: Session, tender_id: UUID, lot_id: UUID | None) -> None:
    if lot_id is not None:
        lot = await session.get(Lot, lot_id)
        if lot is None or lot.tender_id != tender_id:
            raise NotFound()


async def _must_be_concerned(session: Session, tender: Tender, draft: ObjectionDraft) -> None:
    if draft.about is not About.FILE and tender.opened_at is None:
        # Who bid is not known to anybody yet, and this answer must not tell.
        raise NothingToObjectToYet()
    if not await may_object(session, tender, draft.about, draft.organisation_id):
        raise OnlyBiddersObjectToThis(article=(await rule(session, "objection")).article)
    raised = await session.scalar(
        select(func.count(Objection.id)).where(
            Objection.tender_id == tender.id,
            Objection.organisation_id == draft.organisation_id,
            Objection.kind == OBJECTION,
        )
    )
    if (raised or 0) >= MOST:
        raise TooManyObjections(most=MOST)


async def _must_be_in_time(session: Session, tender: Tender, draft: ObjectionDraft, now: datetime) -> None:
    until = await deadlines.objecting_ends_at(session, tender, draft.about, draft.lot_id)
    if until is None:
        raise NothingToObjectToYet()
    if now >= until:
        raise ObjectionIsTooLate(article=(await rule(session, "objection")).article, until=until)
