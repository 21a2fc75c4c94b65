"""What people did so far, many at once: shifts they came to, shifts they missed, and those they were excused from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, select

from marketplace.db.session import Session
from marketplace.hours.models import Attendance, HourReview
from marketplace.volunteering.models import Need, Shift, SignUp

REMEMBERED = timedelta(days=730)


class Outcome(StrEnum):
    """What became of a confirmed place. Who gave it back in time, or was released by the organiser, is excused: not missed."""

    ATTENDED = "attended"
    MISSED = "missed"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True)
class Record:
    """One past shift of one person."""

    outcome: Outcome
    ended_at: datetime
    need_id: UUID
    category_code: str


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What decides the outcome of one confirmed place after its shift has ended."""

    was_given_back: bool
    was_there: bool
    review_is_open: bool
    reviewed_minutes: int | None


def outcome(facts: PlaceFacts) -> Outcome | None:
    """The outcome; None while an organiser still decides about the presence."""
    if facts.was_given_back:
        return Outcome.EXCUSED
    if facts.review_is_open:
        return None
    if facts.reviewed_minutes is not None:
        return Outcome.ATTENDED if facts.reviewed_minutes > 0 else Outcome.MISSED
    return Outcome.ATTENDED if facts.was_there else Outcome.MISSED


async def records(session: Session, person_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Record]]:
    """The past shifts of the last two years for each person who has any, the latest first. One statement."""
    found: dict[UUID, list[Record]] = {}
    for row in await session.execute(_places(session, person_ids)):
        was = outcome(
            PlaceFacts(
                was_given_back=row.withdrawn_at is not None,
                was_there=row.attendance_id is not None,
                review_is_open=row.opened_at is not None and row.decided_at is None,
                reviewed_minutes=None if row.decided_at is None else row.minutes or 0,
            )
        )
        if was is not None:
            record = Record(was, row.ends_at, row.need_id, row.category_code)
            found.setdefault(row.person_id, []).append(record)
    return found


def _places(
    session: Session, person_ids: Collection[UUID]
) -> Select[
    UUID, datetime | None, datetime, UUID, str, UUID | None, datetime | None, datetime | None, int | None
]:
    """Confirmed places of ended shifts that were not called off."""
    now = session.now()
    return (
        select(
            SignUp.person_id,
            SignUp.withdrawn_at,
            Shift.ends_at,
            Shift.need_id,
            Need.category_code,
            Attendance.id.label("attendance_id"),
            HourReview.opened_at,
            HourReview.decided_at,
            HourReview.minutes,
        )
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .outerjoin(Attendance, Attendance.sign_up_id == SignUp.id)
        .outerjoin(HourReview, HourReview.sign_up_id == SignUp.id)
        .where(
            SignUp.person_id.in_(person_ids),
            SignUp.confirmed_at.is_not(None),
            SignUp.cancelled_at.is_(None),
            Shift.cancelled_at.is_(None),
            Shift.ends_at.between(now - REMEMBERED, now),
        )
        .order_by(Shift.ends_at.desc(), SignUp.id)
    )
