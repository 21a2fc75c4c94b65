"""Mobilisations as officers start and stop them. Waves are in mobilisation_waves.py, answers in calls.py.

Everybody who changes a mobilisation or its calls holds the mobilisation's lock: after the person's, before the shift's.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.staffing.mobilisation_drafts import MobilisationDraft, StopDraft
from marketplace.staffing.mobilisation_errors import (
    MobilisationIsOver,
    NobodyToCallFor,
    OnlyGovernmentCallsInEmergencies,
    ShiftIsMobilisedAlready,
)
from marketplace.staffing.mobilisation_events import MobilisationStopped
from marketplace.staffing.mobilisation_models import Call, Mobilisation
from marketplace.staffing.mobilisation_states import MobilisationKind, StopCause
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.policy import AREA_ORGANISERS, may_manage, visible_to
from marketplace.volunteering.queries import shift_with_need
from marketplace.volunteering.states import NeedState, ShiftState, need_state, shift_state

COMMAND = (Role.DISTRICT_OFFICER, Role.ADMINISTRATOR)
"""Who may call in an emergency: the government's people (《志愿服务条例》24)."""

RULE = "staffing.emergency"


def kinds_for(viewer: Viewer, area_code: str) -> Sequence[MobilisationKind]:
    """What the viewer may call people for in the area: officers and administrators in an emergency, community workers else."""
    if not viewer.holds_in_area(area_code, *AREA_ORGANISERS):
        return ()
    commands = viewer.holds_in_area(area_code, *COMMAND)
    return tuple(kind for kind in MobilisationKind if commands or kind is not MobilisationKind.EMERGENCY)


async def kinds(
    session: Session, viewer: Viewer, shift_id: UUID, wanted: MobilisationKind = MobilisationKind.DRILL
) -> Sequence[MobilisationKind]:
    """What the viewer may call people to this shift for, the wanted kind among it.

    Raises SignInNeeded, NotFound, NotPermitted, OnlyGovernmentCallsInEmergencies.
    """
    viewer.signed_in()
    _, need = await shift_with_need(session, viewer, shift_id)
    await _must_command(session, viewer, need, wanted)
    return kinds_for(viewer, need.area_code)


async def start(
    session: Session, viewer: Viewer, shift_id: UUID, draft: MobilisationDraft, key: UUID | None = None
) -> UUID:
    """Call for the free places of the shift; the first wave goes out within a minute. Gives the mobilisation's id.

    ``key`` becomes the id and makes a repetition give the same. Raises SignInNeeded, NotFound, NotPermitted,
    OnlyGovernmentCallsInEmergencies, NobodyToCallFor, ShiftIsMobilisedAlready.
    """
    officer = viewer.signed_in()
    shift, need = await shift_with_need(session, viewer, shift_id)
    await _must_command(session, viewer, need, draft.kind)
    if key is not None and await session.scalar(
        select(Mobilisation.id).where(Mobilisation.id == key, Mobilisation.shift_id == shift_id)
    ):
        return key
    if not takes_people(session, shift, need):
        raise NobodyToCallFor()
    row = Mobilisation(
        id=key or new_id(),
        shift_id=shift_id,
        kind=draft.kind.value,
        reason=draft.reason,
        wave_size=draft.wave_size,
        wave_minutes=draft.wave_minutes,
        first_metres=draft.first_kilometres * 1000,
        started_by=officer,
        started_at=session.now(),
        next_wave_at=session.now(),
    )
    if not await insert_once(session, row):
        raise ShiftIsMobilisedAlready()
    audit.record(
        session, officer, "mobilisation.started", ("mobilisation", row.id),
        kind=row.kind, reason=row.reason, shift=str(shift_id),
    )  # fmt: skip
    return row.id


async def stop(session: Session, viewer: Viewer, mobilisation_id: UUID, draft: StopDraft) -> None:
    """Send no more waves and end live calls; who accepted keeps their place. A second time changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, OnlyGovernmentCallsInEmergencies, MobilisationIsOver when it stopped itself.
    """
    officer = viewer.signed_in()
    need = await session.scalar(
        select(Need)
        .join(Shift, Shift.need_id == Need.id)
        .join(Mobilisation, Mobilisation.shift_id == Shift.id)
        .where(Mobilisation.id == mobilisation_id, visible_to(viewer))
    )
    if need is None:
        raise NotFound()
    row = await locked(session, Mobilisation.id == mobilisation_id)
    await _must_command(session, viewer, need, MobilisationKind(row.kind))
    if row.stopped_at is not None:
        if row.stopped_by is not None:
            return
        raise MobilisationIsOver()
    row.stopped_by, row.stop_reason = officer, draft.reason
    await end(session, row, StopCause.BY_HAND)
    audit.record(session, officer, "mobilisation.stopped", ("mobilisation", row.id), reason=draft.reason)


async def locked(session: Session, which: ColumnElement[bool]) -> Mobilisation:
    """A mobilisation that nobody else changes until the transaction ends. Raises NotFound."""
    row: Mobilisation | None = await session.scalar(
        select(Mobilisation).where(which).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound()
    return row


async def end(session: Session, row: Mobilisation, cause: StopCause) -> None:
    """Note why a locked mobilisation stops, end its live calls, and tell."""
    row.stopped_at, row.stopped_because = session.now(), cause.value
    await end_calls(session, Call.mobilisation_id == row.id)
    await publish(session, MobilisationStopped(row.id))


async def end_calls(session: Session, which: ColumnElement[bool]) -> None:
    """End those of these calls that nobody answered."""
    await session.execute(
        update(Call)
        .where(which, Call.answered_at.is_(None), Call.ended_at.is_(None))
        .values(ended_at=session.now())
    )


def takes_people(session: Session, shift: Shift, need: Need) -> bool:
    """Whether somebody could take a place in the shift now."""
    return (
        need_state(need) is NeedState.OPEN
        and shift_state(shift, session.now()) is ShiftState.COMING
        and shift.places_taken < shift.capacity
        and shift.lottery_closes_at is None
    )


async def _must_command(session: Session, viewer: Viewer, need: Need, kind: MobilisationKind) -> None:
    """Organisations never call, whatever for."""
    if kind in kinds_for(viewer, need.area_code):
        return
    if may_manage(viewer, area_code=need.area_code, organisation_id=need.organisation_id):
        raise OnlyGovernmentCallsInEmergencies(article=(await rules.in_force(session, RULE)).article)
    raise NotPermitted()
