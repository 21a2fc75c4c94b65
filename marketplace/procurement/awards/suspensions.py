"""Suspensions: while a complaint is decided the supervisor may let the process rest, for thirty days at most (采购法 article 57).

``tenders.suspended_at`` says so to every room; ``tenders.running.must_run`` is what their commands ask.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.clock import read_clock
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import SHANGHAI, local, local_day
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records
from marketplace.procurement.awards import holding
from marketplace.procurement.awards.drafts import SuspensionDraft
from marketplace.procurement.awards.errors import ObjectionIsSettled, SuspensionIsOver, SuspensionIsTooLong
from marketplace.procurement.awards.events import SuspensionLifted, TenderSuspended
from marketplace.procurement.awards.models import Suspension
from marketplace.procurement.awards.objections import COMPLAINT, held
from marketplace.procurement.awards.settling import is_over
from marketplace.procurement.awards.states import is_open
from marketplace.procurement.errors import TenderIsSuspended
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.amendments import in_force
from marketplace.procurement.tenders.events import TenderAmended
from marketplace.procurement.tenders.models import Tender, TenderVersion
from marketplace.procurement.tenders.running import must_run
from marketplace.procurement.working_days import Calendar, calendar

_MOST_AT_ONCE = 50


async def suspend(session: Session, viewer: Viewer, complaint_id: UUID, draft: SuspensionDraft) -> UUID:
    """Let the process rest while the complaint is decided; answers the suspension's id.

    Raises SignInNeeded, NotFound, NotPermitted, ObjectionIsSettled, TenderIsOver, TenderIsSuspended, SuspensionIsTooLong.
    """
    complaint, tender = await held(session, complaint_id, COMPLAINT)
    supervisor = policy.must_supervise(viewer, tender.area_code)
    if not is_open(complaint):
        raise ObjectionIsSettled()
    must_run(tender)
    now = await read_clock(session)
    await _must_be_short(session, complaint_id, timedelta(days=draft.days))
    row = Suspension(
        id=new_id(),
        tender_id=tender.id,
        complaint_id=complaint_id,
        reason=draft.reason,
        suspended_at=now,
        suspended_by=supervisor,
        ends_at=now + timedelta(days=draft.days),
    )
    if not await insert_once(session, row):
        raise TenderIsSuspended()
    tender.suspended_at = now
    await records.append(
        session, tender.id, "tender.suspended", supervisor, complaint_id=complaint_id, ends_at=row.ends_at
    )
    audit.record(session, supervisor, "tender.suspended", ("tender", tender.id), complaint=complaint_id)
    await publish(session, TenderSuspended(tender.id))
    return row.id


async def lift(session: Session, viewer: Viewer, complaint_id: UUID) -> None:
    """Let the process go on before the complaint is decided. Raises SignInNeeded, NotFound, NotPermitted, SuspensionIsOver."""
    _, tender = await held(session, complaint_id, COMPLAINT)
    supervisor = policy.must_supervise(viewer, tender.area_code)
    if not await end_for(session, tender, complaint_id, supervisor):
        raise SuspensionIsOver()


async def end_for(session: Session, tender: Tender, complaint_id: UUID, by: UUID | None) -> bool:
    """End the rest that this complaint brought, if it lasts; the caller holds the tender."""
    row = await session.scalar(
        select(Suspension).where(Suspension.complaint_id == complaint_id, Suspension.lifted_at.is_(None))
    )
    if row is not None:
        await _end(session, tender, row, by, await read_clock(session))
    return row is not None


async def end_due(session: Session) -> None:
    """Repeated task: every rest whose time is over ends by itself."""
    due = await session.execute(
        select(Suspension.id, Suspension.tender_id)
        .where(Suspension.lifted_at.is_(None), Suspension.ends_at <= session.now())
        .order_by(Suspension.tender_id)
        .limit(_MOST_AT_ONCE)
    )
    for suspension_id, tender_id in due.all():
        tender = await holding.held(session, tender_id)
        row = await session.get_one(Suspension, suspension_id, populate_existing=True)
        if row.lifted_at is None:
            await _end(session, tender, row, None, row.ends_at)


async def _end(session: Session, tender: Tender, row: Suspension, by: UUID | None, at: datetime) -> None:
    row.lifted_at, row.lifted_by = at, by
    tender.suspended_at = None
    await _give_time_back(session, tender, row, at)
    await records.append(session, tender.id, "tender.resumed", by, complaint_id=row.complaint_id)
    audit.record(session, by, "tender.resumed", ("tender", tender.id), complaint=row.complaint_id)
    await publish(session, SuspensionLifted(tender.id))


async def _give_time_back(session: Session, tender: Tender, row: Suspension, at: datetime) -> None:
    """Who could not ask or bid during the rest can as long afterwards: the deadlines that it stopped move, as a version of the file."""
    ends_at = tender.submissions_end_at
    if ends_at is None or row.suspended_at >= ends_at or tender.opened_at is not None or is_over(tender):
        return
    days, rested = await calendar(session), at - row.suspended_at
    moved = {"submissions_end_at": _later(days, ends_at, rested)}
    if tender.enquiries_end_at is not None and row.suspended_at < tender.enquiries_end_at:
        moved["enquiries_end_at"] = _later(days, tender.enquiries_end_at, rested)
    file = (await in_force(session, tender)).model_copy(update=moved)
    tender.version, tender.draft = tender.version + 1, file.plain()
    tender.draft_version += 1
    tender.submissions_end_at, tender.enquiries_end_at = file.submissions_end_at, file.enquiries_end_at
    version = TenderVersion(
        id=new_id(),
        tender_id=tender.id,
        number=tender.version,
        content=file.plain(),
        content_hash=file.hash,
        reason=row.reason,
        voids_bids=False,
        published_at=at,
        published_by=row.lifted_by or row.suspended_by,
    )
    session.add(version)
    await session.flush()
    await records.append(
        session, tender.id, "tender.amended", row.lifted_by,
        version=version.number, content_hash=version.content_hash, reason=row.reason,
        voids_bids=False, submissions_end_at=tender.submissions_end_at,
    )  # fmt: skip
    await publish(session, TenderAmended(tender.id, version.number))


def _later(days: Calendar, moment: datetime, rested: timedelta) -> datetime:
    """As much later as the process rested, at the same hour, on a working day."""
    day = days.later(local_day(moment + rested), 0, "calendar")
    return datetime.combine(day, local(moment + rested).time(), tzinfo=SHANGHAI)


async def _must_be_short(session: Session, complaint_id: UUID, wanted: timedelta) -> None:
    """All rests for one complaint together stay within the rule."""
    limit = await rule(session, "suspension")
    rested = timedelta()
    for row in await session.scalars(select(Suspension).where(Suspension.complaint_id == complaint_id)):
        rested += (row.lifted_at or row.ends_at) - row.suspended_at
    if rested + wanted > timedelta(days=limit.value["most_days"]):
        raise SuspensionIsTooLong(article=limit.article, most=limit.value["most_days"])
