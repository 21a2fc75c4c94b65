"""Shifts: added, moved, given more or fewer places, cancelled. What has ended stays as it was."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select, update

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish as tell
from marketplace.volunteering import locks, waiting
from marketplace.volunteering.drafts import CapacityDraft, NoteDraft, ReasonDraft, ShiftDraft, TimesDraft
from marketplace.volunteering.errors import (
    CapacityIsBelowMinimum,
    CapacityIsBelowPlacesTaken,
    NeedIsNotPublished,
    NeedIsOver,
    OrganisationMayNotPublish,
    ShiftHasBegun,
    ShiftIsCancelled,
    ShiftIsInThePast,
    ShiftIsOver,
    ShiftIsTooFarAhead,
    TooManyShifts,
)
from marketplace.volunteering.events import NeedChanged, ShiftCancelled, ShiftMoved, ShiftNoted
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_states import is_open
from marketplace.volunteering.states import NeedState, ShiftState, need_state, shift_state

FURTHEST = timedelta(days=730)
MOST_COMING_SHIFTS = 500


async def add(
    session: Session, viewer: Viewer, need_id: UUID, draft: ShiftDraft, key: UUID | None = None
) -> UUID:
    """Plan one more shift of an open need; a repeated ``key`` changes nothing. Returns its id.

    Raises NotPermitted, NeedIsNotPublished, NeedIsOver, ShiftIsInThePast, ShiftIsTooFarAhead, TooManyShifts.
    """
    need = await locks.managed_need(session, viewer, need_id)
    check_takes_shifts(need)
    _check_ahead(session, draft.starts_at)
    await check_room(session, need_id, more=1)
    shift = Shift(
        id=key or new_id(),
        need_id=need_id,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        capacity=draft.capacity,
        minimum_people=draft.minimum_people,
        note=draft.note,
        created_at=session.now(),
    )
    if not await insert_once(session, shift):
        return await _sent_before(session, need_id, shift.id)
    audit.record(session, viewer.person_id, "shift.added", ("shift", shift.id), need=need_id)
    await need_changed(session, need)
    return shift.id


async def move(session: Session, viewer: Viewer, shift_id: UUID, draft: TimesDraft) -> None:
    """Give a coming shift another time. Everybody keeps their place and is told once; the same times change nothing.

    Raises NotPermitted, ShiftIsCancelled, ShiftHasBegun, ShiftIsOver, ShiftIsInThePast, ShiftIsTooFarAhead.
    """
    shift, need = await _coming(session, viewer, shift_id)
    if (shift.starts_at, shift.ends_at) == (draft.starts_at, draft.ends_at):
        return
    _check_ahead(session, draft.starts_at)
    await put_at(session, shift, draft.starts_at, draft.ends_at)
    _mark_edited(session, shift)
    audit.record(session, viewer.person_id, "shift.moved", ("shift", shift.id), to=draft.starts_at)
    await need_changed(session, need)


async def change_capacity(session: Session, viewer: Viewer, shift_id: UUID, draft: CapacityDraft) -> None:
    """More places, which go to the waiting list first, or fewer, but never fewer than are taken; and the minimum of people.

    Raises NotPermitted, ShiftIsCancelled, ShiftIsOver, CapacityIsBelowPlacesTaken, CapacityIsBelowMinimum.
    """
    shift, need = await _unfinished(session, viewer, shift_id)
    minimum = shift.minimum_people if draft.minimum_people is None else draft.minimum_people
    if (draft.capacity, minimum) == (shift.capacity, shift.minimum_people):
        return
    if draft.capacity < shift.places_taken:
        raise CapacityIsBelowPlacesTaken(taken=shift.places_taken)
    if draft.capacity < minimum:
        raise CapacityIsBelowMinimum(minimum=minimum)
    _mark_edited(session, shift)
    audit.record(
        session,
        viewer.person_id,
        "shift.resized",
        ("shift", shift.id),
        capacity=draft.capacity,
        minimum=minimum,
    )
    await need_changed(session, need)
    shift.minimum_people = minimum
    await resize(session, shift, draft.capacity)


async def change_note(session: Session, viewer: Viewer, shift_id: UUID, draft: NoteDraft) -> None:
    """What people should know about this one shift; people in it are told. Raises NotPermitted, ShiftIsCancelled, ShiftIsOver."""
    shift, need = await _unfinished(session, viewer, shift_id)
    if draft.note == shift.note:
        return
    shift.note = draft.note
    shift.calendar_sequence += 1
    if shift.note and await has_people(session, shift.id):
        await tell(session, ShiftNoted(need.id, shift.id, session.now()))
    _mark_edited(session, shift)
    await need_changed(session, need)


async def cancel(session: Session, viewer: Viewer, shift_id: UUID, draft: ReasonDraft) -> None:
    """Call one coming shift off; its sign-ups end with it and their people are told why.

    Raises NotPermitted, ShiftIsCancelled, ShiftHasBegun, ShiftIsOver.
    """
    shift, need = await _coming(session, viewer, shift_id)
    await end_by_cancelling(session, shift, draft.reason)
    _mark_edited(session, shift)
    audit.record(session, viewer.person_id, "shift.cancelled", ("shift", shift.id))
    await need_changed(session, need)


async def end_by_cancelling(session: Session, shift: Shift, reason: str) -> None:
    """Cancel a locked shift and its open sign-ups, and say so."""
    shift.cancelled_at = session.now()
    shift.cancel_reason = reason
    shift.calendar_sequence += 1
    shift.places_taken = 0
    await session.flush()
    ended = await session.scalars(
        update(SignUp)
        .where(SignUp.shift_id == shift.id, is_open())
        .values(cancelled_at=session.now())
        .returning(SignUp.id)
        .execution_options(synchronize_session=False)
    )
    await tell(session, ShiftCancelled(shift.need_id, shift.id, tuple(sorted(ended.all()))))


async def resize(session: Session, shift: Shift, capacity: int) -> None:
    """Give a locked shift that many places, at least as many as are taken; new ones go to the waiting list first."""
    has_more = capacity > shift.capacity
    shift.capacity = capacity
    await session.flush()
    if has_more:
        await waiting.fill_free_places(session, shift.id)


async def put_at(session: Session, shift: Shift, starts_at: datetime, ends_at: datetime) -> None:
    """Give a locked shift other times; people in it, or in the lottery for its places, are told what it was before."""
    was = (shift.starts_at, shift.ends_at)
    shift.starts_at, shift.ends_at = starts_at, ends_at
    shift.calendar_sequence += 1
    if shift.lottery_closes_at is not None or await has_people(session, shift.id):
        await tell(session, ShiftMoved(shift.need_id, shift.id, *was, moved_at=session.now()))


async def tell_of_new_place(session: Session, coming: Sequence[Shift]) -> None:
    """Coming shifts have another place: people in them are told once, and calendars take the new entry."""
    for shift in coming:
        await put_at(session, shift, shift.starts_at, shift.ends_at)


async def has_people(session: Session, shift_id: UUID) -> bool:
    """Whether anybody has a place in the shift, or waits for one."""
    return bool(await session.scalar(select(exists().where(SignUp.shift_id == shift_id, is_open()))))


async def check_room(session: Session, need_id: UUID, more: int) -> None:
    """Raises TooManyShifts when the need would have more coming shifts than anybody could oversee."""
    coming = await session.scalar(
        select(func.count())
        .select_from(Shift)
        .where(Shift.need_id == need_id, Shift.ends_at > session.now(), Shift.cancelled_at.is_(None))
    )
    if (coming or 0) + more > MOST_COMING_SHIFTS:
        raise TooManyShifts(most=MOST_COMING_SHIFTS)


def check_takes_shifts(need: Need) -> None:
    """Raises NeedIsNotPublished, OrganisationMayNotPublish or NeedIsOver unless the need is open."""
    state = need_state(need)
    if state is NeedState.RAISED:
        raise NeedIsNotPublished()
    if state is NeedState.SUSPENDED:
        raise OrganisationMayNotPublish()
    if state is not NeedState.OPEN:
        raise NeedIsOver()


async def need_changed(session: Session, need: Need) -> None:
    """Readers of a locked need see something different now."""
    need.version += 1
    await tell(session, NeedChanged(need.id))


async def _unfinished(session: Session, viewer: Viewer, shift_id: UUID) -> tuple[Shift, Need]:
    shift, need = await locks.managed_shift(session, viewer, shift_id)
    state = shift_state(shift, session.now())
    if state is ShiftState.CANCELLED:
        raise ShiftIsCancelled()
    if state is ShiftState.ENDED:
        raise ShiftIsOver()
    return shift, need


async def _coming(session: Session, viewer: Viewer, shift_id: UUID) -> tuple[Shift, Need]:
    shift, need = await _unfinished(session, viewer, shift_id)
    if shift.starts_at <= session.now():
        raise ShiftHasBegun()
    return shift, need


def _check_ahead(session: Session, starts_at: datetime) -> None:
    if starts_at <= session.now():
        raise ShiftIsInThePast()
    if starts_at > session.now() + FURTHEST:
        raise ShiftIsTooFarAhead(days=FURTHEST.days)


def _mark_edited(session: Session, shift: Shift) -> None:
    """A slot of a series that was changed by hand keeps that change when the series is made again."""
    if shift.series_id is not None:
        shift.edited_at = session.now()


async def _sent_before(session: Session, need_id: UUID, shift_id: UUID) -> UUID:
    known = await session.scalar(select(Shift.id).where(Shift.id == shift_id, Shift.need_id == need_id))
    if known is None:
        raise NotFound()
    return known
