"""When the viewer has time: their own shifts to come, and the needs that these put out of reach."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from marketplace.db.session import Session
from marketplace.discovery.sources import need_is_findable
from marketplace.volunteering.errors import ShiftClashes
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.queries import ShiftRow
from marketplace.volunteering.sign_up_states import is_confirmed, is_open

_MOST_OWN = 200
_MOST_TAKEN = 2_000


@dataclass(frozen=True, slots=True)
class OwnShift:
    """A shift for which the viewer is confirmed, or asked for a place."""

    id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Days:
    """A span of time, from ``starts_from`` to before ``starts_before``; None leaves a side open."""

    starts_from: datetime | None = None
    starts_before: datetime | None = None

    def hold(self, moment: datetime) -> bool:
        """Whether the moment lies in the span."""
        return (self.starts_from is None or moment >= self.starts_from) and (
            self.starts_before is None or moment < self.starts_before
        )


async def own_shifts(session: Session, person_id: UUID) -> Sequence[OwnShift]:
    """The person's shifts that have not ended, soonest first, at most 200; one statement."""
    rows = await session.execute(
        select(Shift.id, Need.title, Shift.starts_at, Shift.ends_at, is_confirmed().label("is_confirmed"))
        .join(SignUp, SignUp.shift_id == Shift.id)
        .join(Need, Need.id == Shift.need_id)
        .where(
            SignUp.person_id == person_id,
            is_open(),
            Shift.cancelled_at.is_(None),
            Shift.ends_at > session.now(),
        )
        .order_by(Shift.starts_at)
        .limit(_MOST_OWN)
    )
    return [OwnShift(*row) for row in rows]


def clash_with(shift: ShiftRow, own: Sequence[OwnShift]) -> ShiftClashes | None:
    """The first confirmed shift that overlaps with ``shift``, as a sign-up would refuse it. Shifts that only touch do not clash."""
    for one in own:
        overlaps = one.starts_at < shift.ends_at and one.ends_at > shift.starts_at
        if one.is_confirmed and overlaps and one.id != shift.id:
            return ShiftClashes(need=one.title, starts_at=one.starts_at, ends_at=one.ends_at)
    return None


def is_takeable(shift: ShiftRow, own: Sequence[OwnShift]) -> bool:
    """Whether the shift has a place, the time for it is free, and it is not one of one's own already."""
    is_own = any(one.id == shift.id for one in own)
    return shift.places_left > 0 and not is_own and clash_with(shift, own) is None


async def out_of_reach(session: Session, own: Sequence[OwnShift], days: Days) -> frozenset[UUID]:
    """The open needs that have places left in the span of ``days``, but none that is takeable beside one's ``own`` shifts.

    At most 2,000; whoever is busier than that is told by the cards alone. One statement, none for who has no shifts.
    """
    if not own:
        return frozenset()
    open_then = _open(session, days)
    untakeable = _is_untakeable(own)
    touched = select(Shift.need_id).where(*open_then, untakeable)
    takeable = exists().where(Shift.need_id == Need.id, *open_then, ~untakeable)
    rows = await session.scalars(
        select(Need.id).where(need_is_findable(), Need.id.in_(touched), ~takeable).limit(_MOST_TAKEN)
    )
    return frozenset(rows)


async def takeable(
    session: Session, own: Sequence[OwnShift], days: Days, need_ids: Collection[UUID]
) -> set[UUID]:
    """Those of these needs that have a shift in the span of ``days`` that is takeable beside one's ``own``; one statement."""
    rows = await session.scalars(
        select(Shift.need_id)
        .where(Shift.need_id.in_(need_ids), *_open(session, days), ~_is_untakeable(own))
        .distinct()
    )
    return set(rows)


def _open(session: Session, days: Days) -> list[ColumnElement[bool]]:
    clauses = [
        Shift.cancelled_at.is_(None),
        Shift.starts_at > session.now(),
        Shift.places_taken < Shift.capacity,
    ]
    if days.starts_from is not None:
        clauses.append(Shift.starts_at >= days.starts_from)
    if days.starts_before is not None:
        clauses.append(Shift.starts_at < days.starts_before)
    return clauses


def _is_untakeable(own: Sequence[OwnShift]) -> ColumnElement[bool]:
    overlapping = [
        and_(Shift.starts_at < one.ends_at, Shift.ends_at > one.starts_at) for one in own if one.is_confirmed
    ]
    return or_(Shift.id.in_([one.id for one in own]), *overlapping)
