"""Presence as it is read: the doors at which a volunteer stands now, the organiser's screen, and who is in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.db.session import Session
from marketplace.hours.codes import Code, Rotation
from marketplace.hours.errors import CodeIsOld, CodeIsWrong
from marketplace.hours.models import Attendance, HourReview, LedgerEntry
from marketplace.hours.policy import visible_to
from marketplace.hours.rules import CheckInRule, check_in_rule
from marketplace.hours.states import Direction, Presence, PresenceFacts, presence
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.vault import Vault
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_queries import organised_need, organised_shift
from marketplace.volunteering.sign_up_states import is_confirmed

_AHEAD = timedelta(days=1)
_OFFERED = 500


@dataclass(frozen=True, slots=True)
class DoorRow:
    """One shift at whose door the viewer stands, or soon will. ``step`` is what can be done now, None while it is too early."""

    sign_up_id: UUID
    shift_id: UUID
    need_id: UUID
    need_title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    late_minutes: int
    opens_at: datetime
    closes_at: datetime
    step: Direction | None


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """What the organiser's screen shows of a shift, and the codes of this moment."""

    shift_id: UUID
    need_id: UUID
    need_title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    direction: Direction
    token: str
    short_code: str
    seconds_left: int


@dataclass(frozen=True, slots=True)
class RollRow:
    """One confirmed person of a shift and where they stand; ``minutes`` and ``grade`` once hours are recorded."""

    sign_up_id: UUID
    person_id: UUID
    name: str
    shift_ends_at: datetime
    attendance_id: UUID | None
    checked_in_at: datetime | None
    check_in_method: str | None
    check_in_metres: int | None
    late_minutes: int
    checked_out_at: datetime | None
    check_out_method: str | None
    review_id: UUID | None
    review_opened_at: datetime | None
    review_decided_at: datetime | None
    minutes: int
    grade: str | None

    def state(self, now: datetime) -> Presence:
        return presence(
            PresenceFacts(
                self.shift_ends_at,
                self.checked_in_at,
                self.checked_out_at,
                self.review_opened_at,
                self.review_decided_at,
            ),
            now,
        )


@dataclass(frozen=True, slots=True)
class AttendanceRow:
    """One attendance as the person and the organisers see it."""

    id: UUID
    shift_id: UUID
    need_id: UUID
    person_id: UUID
    person_name: str
    checked_in_at: datetime
    check_in_method: str
    check_in_metres: int | None
    late_minutes: int
    checked_out_at: datetime | None
    check_out_method: str | None
    closed_by_rule_at: datetime | None


async def doors(session: Session, viewer: Viewer) -> Sequence[DoorRow]:
    """The viewer's confirmed shifts of today and tomorrow that are not over and done. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    rule = await check_in_rule(session)
    found = await session.execute(
        select(
            SignUp.id.label("sign_up_id"),
            Shift.id.label("shift_id"),
            Need.id.label("need_id"),
            Need.title.label("need_title"),
            Need.place,
            Shift.starts_at,
            Shift.ends_at,
            Attendance.checked_in_at,
            Attendance.checked_out_at,
            func.coalesce(Attendance.late_minutes, 0).label("late_minutes"),
        )
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .outerjoin(Attendance, Attendance.sign_up_id == SignUp.id)
        .where(
            SignUp.person_id == person_id,
            is_confirmed(),
            Shift.starts_at < session.now() + _AHEAD,
            or_(
                Shift.ends_at > session.now(),
                and_(
                    Shift.ends_at >= session.now() - rule.closes_after,
                    Attendance.id.is_not(None),
                    Attendance.closed_by_rule_at.is_(None),
                ),
            ),
        )
        .order_by(Shift.starts_at, Shift.id)
    )
    return [
        DoorRow(
            **row._mapping,
            opens_at=rule.opens_at(row.starts_at),
            closes_at=rule.closes_at(row.ends_at),
            step=_step(row, rule, session.now()),
        )
        for row in found.all()
    ]


async def scanned(session: Session, vault: Vault, token: str) -> Code | None:
    """What a scanned token stands for, for the page that it opens; None when it is forged or from before."""
    rotation = Rotation(vault, (await check_in_rule(session)).code_lasts_seconds)
    try:
        code = rotation.read_token(token)
        rotation.expect_current(code, session.now())
    except (CodeIsWrong, CodeIsOld):
        return None
    return code


async def screen(
    session: Session, viewer: Viewer, vault: Vault, shift_id: UUID, direction: Direction | None = None
) -> ScreenRow:
    """The screen of a shift for its organiser; without a ``direction``, in until the shift ends and out afterwards.

    Raises SignInNeeded, NotFound, NotPermitted.
    """
    shift, need = await organised_shift(session, viewer, shift_id)
    rule = await check_in_rule(session)
    rotation, now = Rotation(vault, rule.code_lasts_seconds), session.now()
    shown = direction or (Direction.IN if now < shift.ends_at else Direction.OUT)
    return ScreenRow(
        shift_id=shift.id,
        need_id=need.id,
        need_title=need.title,
        place=need.place,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        opens_at=rule.opens_at(shift.starts_at),
        closes_at=rule.closes_at(shift.ends_at),
        direction=shown,
        token=rotation.token(shift.id, shown, now),
        short_code=rotation.short_code(shift.id, shown, now),
        seconds_left=rotation.seconds_left(now),
    )


async def roll(session: Session, viewer: Viewer, shift_id: UUID) -> Sequence[RollRow]:
    """Every confirmed person of a shift, by name. Raises SignInNeeded, NotFound, NotPermitted."""
    await organised_shift(session, viewer, shift_id)
    reversal = aliased(LedgerEntry)
    counted = (
        select(
            LedgerEntry.person_id,
            func.sum(LedgerEntry.minutes).label("minutes"),
            func.max(
                case((~exists().where(reversal.reverses_id == LedgerEntry.id), LedgerEntry.grade))
            ).label("grade"),
        )
        .where(LedgerEntry.shift_id == shift_id)
        .group_by(LedgerEntry.person_id)
        .subquery()
    )
    found = await session.execute(
        select(
            SignUp.id,
            SignUp.person_id,
            Person.name,
            Shift.ends_at,
            Attendance.id.label("attendance_id"),
            Attendance.checked_in_at,
            Attendance.check_in_method,
            Attendance.check_in_metres,
            func.coalesce(Attendance.late_minutes, 0),
            Attendance.checked_out_at,
            Attendance.check_out_method,
            HourReview.id.label("review_id"),
            HourReview.opened_at,
            HourReview.decided_at,
            func.coalesce(counted.c.minutes, 0),
            counted.c.grade,
        )
        .join(Person, Person.id == SignUp.person_id)
        .join(Shift, Shift.id == SignUp.shift_id)
        .outerjoin(Attendance, Attendance.sign_up_id == SignUp.id)
        .outerjoin(HourReview, HourReview.sign_up_id == SignUp.id)
        .outerjoin(counted, counted.c.person_id == SignUp.person_id)
        .where(SignUp.shift_id == shift_id, is_confirmed())
        .order_by(Person.name, SignUp.id)
    )
    return [RollRow(*tuple(row)) for row in found.all()]


async def attendances_by_ids(
    session: Session, viewer: Viewer, ids: Sequence[UUID]
) -> Mapping[UUID, AttendanceRow]:
    """The attendances among ``ids`` that the viewer may see."""
    found = await session.execute(_attendance_rows(viewer).where(Attendance.id.in_(ids)))
    return {row.id: AttendanceRow(*row) for row in found.all()}


def _attendance_rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Attendance.id,
            Attendance.shift_id,
            Shift.need_id,
            Attendance.person_id,
            Person.name,
            Attendance.checked_in_at,
            Attendance.check_in_method,
            Attendance.check_in_metres,
            Attendance.late_minutes,
            Attendance.checked_out_at,
            Attendance.check_out_method,
            Attendance.closed_by_rule_at,
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Person, Person.id == Attendance.person_id)
        .where(visible_to(viewer, Attendance.person_id, Shift.need_id))
    )


def _step(row: Any, rule: CheckInRule, now: datetime) -> Direction | None:
    if row.checked_out_at is not None or now < rule.opens_at(row.starts_at):
        return None
    return Direction.OUT if row.checked_in_at is not None else Direction.IN


@dataclass(frozen=True, slots=True)
class SignedUpRow:
    """Somebody who once signed up to a shift of a need: the people and shifts for which hours can be entered by hand."""

    person_id: UUID
    name: str
    shift_id: UUID
    starts_at: datetime
    ends_at: datetime


async def signed_up(session: Session, viewer: Viewer, need_id: UUID) -> Sequence[SignedUpRow]:
    """Who signed up to the need's shifts that are over, newest shift first. Raises SignInNeeded, NotFound, NotPermitted."""
    await organised_need(session, viewer, need_id)
    found = await session.execute(
        select(SignUp.person_id, Person.name, Shift.id, Shift.starts_at, Shift.ends_at)
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Person, Person.id == SignUp.person_id)
        .where(Shift.need_id == need_id, Shift.ends_at <= session.now(), Person.erased_at.is_(None))
        .order_by(Shift.starts_at.desc(), Person.name, SignUp.id)
        .limit(_OFFERED)
    )
    return [SignedUpRow(*row) for row in found.all()]
