"""Objections and complaints as they are read: one, those of a process, those that wait for an answer, those of one's organisations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, false, or_, select
from sqlalchemy.orm import aliased

from marketplace.areas.codes import within
from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation
from marketplace.procurement import policy
from marketplace.procurement.awards import deadlines
from marketplace.procurement.awards.deadlines import ComplaintClock
from marketplace.procurement.awards.drafts import About
from marketplace.procurement.awards.models import Objection, Suspension
from marketplace.procurement.awards.objections import COMPLAINT, OBJECTION, may_object
from marketplace.procurement.awards.policy import sees_who_objects, visible_to
from marketplace.procurement.awards.states import ObjectionState, is_open, objection_state
from marketplace.procurement.tenders.models import Lot, Tender


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """One of them with what the viewer may know and do."""

    id: UUID
    kind: str
    tender_id: UUID
    tender_title: str
    tender_reference: str
    lot_id: UUID | None
    lot_number: int | None
    objection_id: UUID | None
    complaint_id: UUID | None
    about: About
    organisation_id: UUID | None
    organisation: str | None
    text: str
    wish: str
    raised_at: datetime
    due_at: datetime
    answer: str | None
    is_upheld: bool | None
    remedy: str | None
    answered_at: datetime | None
    is_late: bool
    withdrawn_at: datetime | None
    state: ObjectionState
    is_mine: bool
    may_answer: bool
    may_decide: bool
    may_complain: bool
    complaining_ends_at: datetime | None
    suspension_id: UUID | None
    suspended_until: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """Whether, until when and for whom of the viewer's organisations one may object about something."""

    about: About
    ends_at: datetime
    organisations: tuple[tuple[UUID, str], ...]


async def objection(session: Session, viewer: Viewer, objection_id: UUID) -> ObjectionRow:
    """Raises NotFound."""
    found = (await by_ids(session, viewer, [objection_id])).get(objection_id)
    if found is None:
        raise NotFound()
    return found


async def by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, ObjectionRow]:
    """Those that the viewer may see."""
    rows = await session.execute(_seen_by(viewer).where(Objection.id.in_(ids)))
    return {row.id: row for row in await _read(session, viewer, rows.all())}


async def of_tender(session: Session, viewer: Viewer, tender_id: UUID) -> Sequence[ObjectionRow]:
    """The objections and complaints of one process that the viewer may see, as they were raised; at most 200."""
    found = _seen_by(viewer).where(Objection.tender_id == tender_id)
    rows = await session.execute(found.order_by(Objection.raised_at, Objection.id).limit(200))
    return await _read(session, viewer, rows.all())


async def waiting_for(
    session: Session, viewer: Viewer, request: PageRequest, kind: str = OBJECTION
) -> Page[ObjectionRow]:
    """What waits for the viewer's answer as a buyer, or decision as a supervisor, the most urgent first. Raises SignInNeeded."""
    viewer.signed_in()
    role = Role.PROCUREMENT_OFFICER if kind == OBJECTION else Role.PROCUREMENT_SUPERVISOR
    found = _seen_by(viewer).where(
        Objection.kind == kind,
        Objection.answered_at.is_(None),
        Objection.withdrawn_at.is_(None),
        or_(false(), *(within(Tender.area_code, area) for area in viewer.areas_of(role))),
    )
    rows = await session.execute(rising(found, request, Objection.due_at, Objection.id))
    return cut(
        await _read(session, viewer, rows.all()), request, lambda row: encode_cursor(row.due_at, row.id)
    )


async def mine(session: Session, viewer: Viewer) -> Sequence[ObjectionRow]:
    """Those of the organisations for which the viewer acts, the newest first; at most 100. Raises SignInNeeded."""
    viewer.signed_in()
    found = _seen_by(viewer).where(Objection.organisation_id.in_(policy.supplies_for(viewer)))
    rows = await session.execute(found.order_by(Objection.raised_at.desc(), Objection.id.desc()).limit(100))
    return await _read(session, viewer, rows.all())


async def windows(session: Session, viewer: Viewer, tender_id: UUID) -> Sequence[Window]:
    """What the viewer's organisations may object to in this process now, and until when."""
    tender = await session.get(Tender, tender_id)
    if tender is None or tender.published_at is None:
        raise NotFound()
    own = policy.supplies_for(viewer)
    if not own:
        return []
    named = (
        await session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(own)))
    ).all()
    found = []
    for about in About:
        if about is not About.FILE and tender.opened_at is None:
            continue
        ends_at = await deadlines.objecting_ends_at(session, tender, about)
        if ends_at is None or session.now() >= ends_at:
            continue
        who = [(row.id, row.name) for row in named if await may_object(session, tender, about, row.id)]
        if who:
            found.append(Window(about, ends_at, tuple(who)))
    return found


async def lots(session: Session, tender_id: UUID) -> Sequence[tuple[UUID, int, str]]:
    """The lots that an objection may be about: id, number, title."""
    rows = await session.execute(
        select(Lot.id, Lot.number, Lot.title)
        .where(Lot.tender_id == tender_id, Lot.removed_at.is_(None))
        .order_by(Lot.number)
    )
    return [(row.id, row.number, row.title) for row in rows]


_Complaint = aliased(Objection)


def _seen_by(
    viewer: Viewer,
) -> Select[Objection, Tender, str | None, int | None, Objection | None, Suspension | None]:
    return (
        select(Objection, Tender, Organisation.name, Lot.number, _Complaint, Suspension)
        .join(Tender, Tender.id == Objection.tender_id)
        .join(Organisation, Organisation.id == Objection.organisation_id)
        .outerjoin(Lot, Lot.id == Objection.lot_id)
        .outerjoin(_Complaint, _Complaint.objection_id == Objection.id)
        .outerjoin(Suspension, (Suspension.complaint_id == Objection.id) & Suspension.lifted_at.is_(None))
        .where(visible_to(viewer, Tender.area_code))
    )


async def _read(session: Session, viewer: Viewer, found: Sequence[Row]) -> list[ObjectionRow]:  # type: ignore[type-arg]
    if not found:
        return []
    clock = await deadlines.complaint_clock(session)
    return [_row(session.now(), clock, viewer, row) for row in found]


def _row(now: datetime, clock: ComplaintClock, viewer: Viewer, found: Row) -> ObjectionRow:  # type: ignore[type-arg]
    row, tender, name, lot_number, complaint, suspension = found
    is_mine = policy.may_supply(viewer, row.organisation_id)
    decided = row if row.kind == COMPLAINT else complaint
    who = sees_who_objects(
        viewer, row, tender, was_complained=decided is not None and decided.answered_at is not None
    )
    complaining_ends_at = None
    if row.kind == OBJECTION and complaint is None and row.withdrawn_at is None:
        complaining_ends_at = clock.ends_at(row) if is_mine else None
    may_complain = (
        complaining_ends_at is not None
        and now < complaining_ends_at
        and (row.answered_at is not None or now >= row.due_at)
    )
    is_of_both = (
        is_mine or policy.may_supervise(viewer, tender.area_code) or policy.may_buy(viewer, tender.area_code)
    )
    complaint_shown = complaint is not None and (is_of_both or complaint.answered_at is not None)
    return ObjectionRow(
        id=row.id,
        kind=row.kind,
        tender_id=tender.id,
        tender_title=tender.title,
        tender_reference=tender.reference,
        lot_id=row.lot_id,
        lot_number=lot_number,
        objection_id=row.objection_id,
        complaint_id=complaint.id if complaint_shown else None,
        about=About(row.about),
        organisation_id=row.organisation_id if who else None,
        organisation=name if who else None,
        text=row.text,
        wish=row.wish,
        raised_at=row.raised_at,
        due_at=row.due_at,
        answer=row.answer,
        is_upheld=row.is_upheld,
        remedy=row.remedy,
        answered_at=row.answered_at,
        is_late=(row.answered_at or now) >= row.due_at,
        withdrawn_at=row.withdrawn_at,
        state=objection_state(row, now),
        is_mine=is_mine,
        may_answer=row.kind == OBJECTION
        and is_open(row)
        and complaint is None
        and policy.may_buy(viewer, tender.area_code),
        may_decide=row.kind == COMPLAINT and is_open(row) and policy.may_supervise(viewer, tender.area_code),
        may_complain=may_complain,
        complaining_ends_at=complaining_ends_at,
        suspension_id=suspension.id if suspension is not None else None,
        suspended_until=suspension.ends_at if suspension is not None else None,
    )
