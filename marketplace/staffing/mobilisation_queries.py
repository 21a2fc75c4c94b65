"""Look up mobilisations, for who organises the need, and calls, for who was called. A constant number of statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.staffing.mobilisation_models import Call, Mobilisation
from marketplace.staffing.mobilisation_states import CallState, MobilisationKind, StopCause, call_state
from marketplace.staffing.mobilisations import kinds_for
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.policy import manages

_MOST = 100


@dataclass(frozen=True, slots=True)
class Wave:
    """How many a wave called, and what they answered."""

    number: int
    called_at: datetime
    called: int
    accepted: int
    declined: int

    @property
    def unanswered(self) -> int:
        return self.called - self.accepted - self.declined


@dataclass(frozen=True, slots=True)
class MobilisationRow:
    """A mobilisation as its organisers see it: numbers, and nobody's name. ``may_be_stopped`` is said to the viewer."""

    id: UUID
    shift_id: UUID
    need_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    places_taken: int
    kind: MobilisationKind
    reason: str
    wave_size: int
    wave_minutes: int
    first_metres: int
    started_at: datetime
    next_wave_at: datetime
    stopped_at: datetime | None
    stopped_because: StopCause | None
    stop_reason: str | None
    may_be_stopped: bool
    waves: Sequence[Wave]


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as the called person sees it."""

    id: UUID
    shift_id: UUID
    need_id: UUID
    title: str
    place: str
    risks: str | None
    is_risky: bool
    starts_at: datetime
    ends_at: datetime
    kind: MobilisationKind
    reason: str
    metres: int | None
    called_at: datetime
    expires_at: datetime
    state: CallState
    stopped_because: StopCause | None
    sign_up_id: UUID | None


async def mobilisation(session: Session, viewer: Viewer, mobilisation_id: UUID) -> MobilisationRow:
    """One mobilisation. Raises NotFound."""
    found = await by_ids(session, viewer, [mobilisation_id])
    if mobilisation_id not in found:
        raise NotFound()
    return found[mobilisation_id]


async def by_ids(
    session: Session, viewer: Viewer, mobilisation_ids: Collection[UUID]
) -> dict[UUID, MobilisationRow]:
    """Those of the mobilisations whose need the viewer organises."""
    return {row.id: row for row in await _rows(session, viewer, Mobilisation.id.in_(mobilisation_ids))}


async def of_shift(session: Session, viewer: Viewer, shift_id: UUID) -> list[MobilisationRow]:
    """The mobilisations for a shift that the viewer organises, the newest first; at most a hundred."""
    return await _rows(session, viewer, Mobilisation.shift_id == shift_id)


async def my_calls(session: Session, viewer: Viewer) -> list[CallRow]:
    """The viewer's calls, the newest first; at most a hundred. Raises SignInNeeded."""
    viewer.signed_in()
    return await _calls(session, viewer)


async def calls_by_ids(session: Session, viewer: Viewer, call_ids: Collection[UUID]) -> dict[UUID, CallRow]:
    """Those of the calls that are the viewer's own."""
    if viewer.is_stranger:
        return {}
    return {row.id: row for row in await _calls(session, viewer, Call.id.in_(call_ids))}


async def call(session: Session, viewer: Viewer, call_id: UUID) -> CallRow:
    """One call of the viewer's own. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = await calls_by_ids(session, viewer, [call_id])
    if call_id not in found:
        raise NotFound()
    return found[call_id]


async def _calls(session: Session, viewer: Viewer, *which: ColumnElement[bool]) -> list[CallRow]:
    rows = await session.execute(
        select(Call, Mobilisation, Shift, Need)
        .join(Mobilisation, Mobilisation.id == Call.mobilisation_id)
        .join(Shift, Shift.id == Mobilisation.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(Call.person_id == viewer.person_id, *which)
        .order_by(Call.called_at.desc(), Call.id)
        .limit(_MOST)
    )
    return [_call_row(row, session.now()) for row in rows]


def _call_row(row: Any, now: datetime) -> CallRow:
    one, mobilised, shift, need = row
    return CallRow(
        id=one.id,
        shift_id=shift.id,
        need_id=need.id,
        title=need.title,
        place=need.place,
        risks=need.risks,
        is_risky=need.is_risky,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        kind=MobilisationKind(mobilised.kind),
        reason=mobilised.reason,
        metres=one.metres,
        called_at=one.called_at,
        expires_at=one.expires_at,
        state=call_state(one, now),
        stopped_because=_cause(mobilised),
        sign_up_id=one.sign_up_id,
    )


async def _rows(session: Session, viewer: Viewer, which: ColumnElement[bool]) -> list[MobilisationRow]:
    rows = (
        await session.execute(
            select(Mobilisation, Shift, Need)
            .join(Shift, Shift.id == Mobilisation.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .where(which, manages(viewer))
            .order_by(Mobilisation.started_at.desc(), Mobilisation.id)
            .limit(_MOST)
        )
    ).all()
    waves = await _waves(session, [row[0].id for row in rows])
    return [_row(row, viewer, waves.get(row[0].id, ())) for row in rows]


def _row(row: Any, viewer: Viewer, waves: Sequence[Wave]) -> MobilisationRow:
    one, shift, need = row
    kind = MobilisationKind(one.kind)
    return MobilisationRow(
        id=one.id,
        shift_id=shift.id,
        need_id=need.id,
        title=need.title,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        capacity=shift.capacity,
        places_taken=shift.places_taken,
        kind=kind,
        reason=one.reason,
        wave_size=one.wave_size,
        wave_minutes=one.wave_minutes,
        first_metres=one.first_metres,
        started_at=one.started_at,
        next_wave_at=one.next_wave_at,
        stopped_at=one.stopped_at,
        stopped_because=_cause(one),
        stop_reason=one.stop_reason,
        may_be_stopped=one.stopped_at is None and kind in kinds_for(viewer, need.area_code),
        waves=waves,
    )


def _cause(row: Mobilisation) -> StopCause | None:
    return None if row.stopped_because is None else StopCause(row.stopped_because)


async def _waves(session: Session, mobilisation_ids: Collection[UUID]) -> dict[UUID, list[Wave]]:
    rows = await session.execute(
        select(
            Call.mobilisation_id,
            Call.wave,
            func.min(Call.called_at),
            func.count(),
            func.sum(case((Call.accepted.is_(True), 1), else_=0)),
            func.sum(case((Call.accepted.is_(False), 1), else_=0)),
        )
        .where(Call.mobilisation_id.in_(mobilisation_ids))
        .group_by(Call.mobilisation_id, Call.wave)
        .order_by(Call.mobilisation_id, Call.wave)
    )
    return grouped((mobilisation_id, Wave(*numbers)) for mobilisation_id, *numbers in rows)
