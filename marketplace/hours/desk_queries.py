"""What waits on the desk: reviews and requests, with everything that whoever decides must know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.hours.models import Attendance, HourEntryApproval, HourEntryRequest, HourReview, LedgerEntry
from marketplace.hours.policy import visible_to
from marketplace.hours.states import RequestState, request_state
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.policy import manages


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One review, what is on record of the presence, and how it was decided if it was."""

    id: UUID
    person_id: UUID
    person_name: str
    need_id: UUID
    need_title: str
    shift_id: UUID
    starts_at: datetime
    ends_at: datetime
    cause: str
    opened_at: datetime
    opened_by: UUID | None
    checked_in_at: datetime | None
    check_in_method: str | None
    check_in_reason: str | None
    check_in_metres: int | None
    checked_out_at: datetime | None
    check_out_reason: str | None
    decided_at: datetime | None
    minutes: int | None
    reason: str | None

    def may_be_decided_by(self, viewer: Viewer) -> bool:
        """Whether the viewer is a second person; that they organise the need is what put the row on their desk."""
        return self.decided_at is None and viewer.person_id not in (None, self.person_id, self.opened_by)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request with its approvals so far; ``corrected_minutes`` is what the entry says that it corrects."""

    id: UUID
    person_id: UUID
    person_name: str
    need_id: UUID
    need_title: str
    shift_id: UUID | None
    corrects_entry_id: UUID | None
    corrected_minutes: int | None
    minutes: int
    served_on: date
    reason: str
    requested_at: datetime
    requested_by: UUID
    requester_name: str
    approvals_needed: int
    approvals: int
    approved_by_viewer: int
    completed_at: datetime | None
    refused_at: datetime | None
    refusal_reason: str | None

    @property
    def state(self) -> RequestState:
        return request_state(self.completed_at, self.refused_at)

    def may_be_decided_by(self, viewer: Viewer) -> bool:
        """Whether the viewer is a second person who has not agreed yet."""
        is_second = viewer.person_id not in (None, self.person_id, self.requested_by)
        return is_second and self.state is RequestState.WAITING and not self.approved_by_viewer


async def open_reviews(session: Session, viewer: Viewer, page: PageRequest) -> Page[ReviewRow]:
    """Reviews of needs that the viewer manages and that wait for a decision, longest waiting first."""
    statement = _review_rows().where(manages(viewer), HourReview.decided_at.is_(None))
    found = await session.execute(rising(statement, page, HourReview.opened_at, HourReview.id))
    rows = [ReviewRow(*row) for row in found.all()]
    return cut(rows, page, lambda row: encode_cursor(row.opened_at, row.id))


async def reviews_by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> Mapping[UUID, ReviewRow]:
    """The reviews among ``ids`` that the viewer may see."""
    seen = visible_to(viewer, HourReview.person_id, Shift.need_id)
    found = await session.execute(_review_rows().where(HourReview.id.in_(ids), seen))
    return {row.id: ReviewRow(*row) for row in found.all()}


async def own_reviews(session: Session, viewer: Viewer) -> Sequence[ReviewRow]:
    """The viewer's own presences that wait for a decision. Raises SignInNeeded."""
    own = HourReview.person_id == viewer.signed_in()
    statement = _review_rows().where(own, HourReview.decided_at.is_(None))
    found = await session.execute(statement.order_by(HourReview.opened_at, HourReview.id))
    return [ReviewRow(*row) for row in found.all()]


async def waiting_requests(session: Session, viewer: Viewer, page: PageRequest) -> Page[RequestRow]:
    """Requests of needs that the viewer manages and that wait for approvals, longest waiting first."""
    waiting = and_(HourEntryRequest.completed_at.is_(None), HourEntryRequest.refused_at.is_(None))
    statement = _request_rows(viewer).where(manages(viewer), waiting)
    found = await session.execute(rising(statement, page, HourEntryRequest.requested_at, HourEntryRequest.id))
    rows = [RequestRow(*row) for row in found.all()]
    return cut(rows, page, lambda row: encode_cursor(row.requested_at, row.id))


async def requests_by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> Mapping[UUID, RequestRow]:
    """The requests among ``ids`` that the viewer may see."""
    seen = visible_to(viewer, HourEntryRequest.person_id, HourEntryRequest.need_id)
    found = await session.execute(_request_rows(viewer).where(HourEntryRequest.id.in_(ids), seen))
    return {row.id: RequestRow(*row) for row in found.all()}


async def own_requests(session: Session, viewer: Viewer) -> Sequence[RequestRow]:
    """Requests about the viewer's own hours that wait for approvals. Raises SignInNeeded."""
    own = HourEntryRequest.person_id == viewer.signed_in()
    waiting = and_(HourEntryRequest.completed_at.is_(None), HourEntryRequest.refused_at.is_(None))
    found = await session.execute(
        _request_rows(viewer).where(own, waiting).order_by(HourEntryRequest.requested_at)
    )
    return [RequestRow(*row) for row in found.all()]


def _review_rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            HourReview.id,
            HourReview.person_id,
            Person.name,
            Shift.need_id,
            Need.title,
            HourReview.shift_id,
            Shift.starts_at,
            Shift.ends_at,
            HourReview.cause,
            HourReview.opened_at,
            HourReview.opened_by,
            Attendance.checked_in_at,
            Attendance.check_in_method,
            Attendance.check_in_reason,
            Attendance.check_in_metres,
            Attendance.checked_out_at,
            Attendance.check_out_reason,
            HourReview.decided_at,
            HourReview.minutes,
            HourReview.reason,
        )
        .join(Person, Person.id == HourReview.person_id)
        .join(Shift, Shift.id == HourReview.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .outerjoin(Attendance, Attendance.sign_up_id == HourReview.sign_up_id)
    )


def _request_rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    requester, corrected = aliased(Person), aliased(LedgerEntry)
    approvals = (
        select(func.count())
        .select_from(HourEntryApproval)
        .where(HourEntryApproval.request_id == HourEntryRequest.id)
    )
    return (
        select(
            HourEntryRequest.id,
            HourEntryRequest.person_id,
            Person.name,
            HourEntryRequest.need_id,
            Need.title,
            HourEntryRequest.shift_id,
            HourEntryRequest.corrects_entry_id,
            corrected.minutes.label("corrected_minutes"),
            HourEntryRequest.minutes,
            HourEntryRequest.served_on,
            HourEntryRequest.reason,
            HourEntryRequest.requested_at,
            HourEntryRequest.requested_by,
            requester.name.label("requester_name"),
            HourEntryRequest.approvals_needed,
            approvals.scalar_subquery(),
            approvals.where(HourEntryApproval.approver_id == viewer.person_id).scalar_subquery(),
            HourEntryRequest.completed_at,
            HourEntryRequest.refused_at,
            HourEntryRequest.refusal_reason,
        )
        .join(Person, Person.id == HourEntryRequest.person_id)
        .join(requester, requester.id == HourEntryRequest.requested_by)
        .join(Need, Need.id == HourEntryRequest.need_id)
        .outerjoin(corrected, corrected.id == HourEntryRequest.corrects_entry_id)
    )
