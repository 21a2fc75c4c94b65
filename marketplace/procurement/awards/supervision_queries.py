"""What supervisors look at besides complaints: processes at rest, processes of their area, who saw what of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select

from marketplace.areas.codes import within
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement import accesses, policy
from marketplace.procurement.awards.models import Suspension
from marketplace.procurement.tenders.models import Tender

_MOST = 50


@dataclass(frozen=True, slots=True)
class RestingRow:
    """A process at rest, for which complaint and until when."""

    tender_id: UUID
    title: str
    reference: str
    complaint_id: UUID
    reason: str
    suspended_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SeenRow:
    """Somebody saw, or asked in vain for, something sensitive."""

    at: datetime
    person_id: UUID | None
    person: str | None
    what: str
    was_allowed: bool


@dataclass(frozen=True, slots=True)
class AccessLog:
    """The log of one process, the newest first."""

    tender_id: UUID
    title: str
    reference: str
    rows: tuple[SeenRow, ...]


async def resting(session: Session, viewer: Viewer) -> Sequence[RestingRow]:
    """The processes at rest in the supervisor's areas, those that end first first. Raises SignInNeeded."""
    viewer.signed_in()
    rows = await session.execute(
        select(Suspension, Tender.title, Tender.reference)
        .join(Tender, Tender.id == Suspension.tender_id)
        .where(Suspension.lifted_at.is_(None), _of_supervisor(viewer))
        .order_by(Suspension.ends_at, Suspension.id)
        .limit(_MOST)
    )
    return [
        RestingRow(
            row.Suspension.tender_id,
            row.title,
            row.reference,
            row.Suspension.complaint_id,
            row.Suspension.reason,
            row.Suspension.suspended_at,
            row.Suspension.ends_at,
        )
        for row in rows
    ]


async def recent(session: Session, viewer: Viewer) -> Sequence[tuple[UUID, str, str]]:
    """The newest published processes of the supervisor's areas: id, title, reference. Raises SignInNeeded."""
    viewer.signed_in()
    rows = await session.execute(
        select(Tender.id, Tender.title, Tender.reference)
        .where(Tender.published_at.is_not(None), _of_supervisor(viewer))
        .order_by(Tender.published_at.desc(), Tender.id.desc())
        .limit(_MOST)
    )
    return [(row.id, row.title, row.reference) for row in rows]


async def accesses_of(session: Session, viewer: Viewer, tender_id: UUID) -> AccessLog:
    """Who saw what of a process. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    tender = await session.get(Tender, tender_id)
    if tender is None or (tender.published_at is None and not policy.may_supervise(viewer, tender.area_code)):
        raise NotFound()
    policy.must_supervise(viewer, tender.area_code)
    log = await accesses.of_process(session, tender_id)
    people = {row.person_id for row in log if row.person_id is not None}
    names = await session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    named = {row.id: row.name for row in names}
    rows = tuple(
        SeenRow(
            row.at,
            row.person_id,
            named.get(row.person_id) if row.person_id else None,
            row.what,
            row.was_allowed,
        )
        for row in log
    )
    return AccessLog(tender.id, tender.title, tender.reference, rows)


def _of_supervisor(viewer: Viewer) -> ColumnElement[bool]:
    areas = viewer.areas_of(Role.PROCUREMENT_SUPERVISOR)
    return or_(false(), *(within(Tender.area_code, area) for area in areas))
