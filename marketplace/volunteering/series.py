"""Series: a rule makes shifts, a changed rule makes them anew. What was changed by hand, and who has signed up, survive."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.volunteering import locks, recurrence, shifts
from marketplace.volunteering.drafts import SeriesDraft
from marketplace.volunteering.errors import SeriesHasNoSlots
from marketplace.volunteering.models import Need, Shift, ShiftSeries, SignUp
from marketplace.volunteering.sign_up_states import is_open
from marketplace.volunteering.states import NeedState, is_open_need, need_state

NO_LONGER_IN_SERIES = "The series was changed."


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """What a changed rule did, as shift ids: ``kept`` have people and no slot any more, so they stay as single shifts."""

    added: tuple[UUID, ...]
    moved: tuple[UUID, ...]
    removed: tuple[UUID, ...]
    kept: tuple[UUID, ...]


async def create(
    session: Session, viewer: Viewer, need_id: UUID, draft: SeriesDraft, key: UUID | None = None
) -> UUID:
    """Make a series and its shifts; past slots are left out, and a repeated ``key`` changes nothing. Returns its id.

    Raises InputIsInvalid on ``rule``, SeriesHasNoSlots, SeriesHasTooManySlots, SeriesReachesTooFar, and as ``shifts.add``.
    """
    need = await locks.managed_need(session, viewer, need_id)
    shifts.check_takes_shifts(need)
    slots = recurrence.slots(recurrence.parse(draft.rule), draft.first_starts_at, session.now())
    series = ShiftSeries(id=key or new_id(), need_id=need_id, created_at=session.now())
    _fill(session, series, draft)
    if not await insert_once(session, series):
        return await _sent_before(session, need_id, series.id)
    await shifts.check_room(session, need_id, more=len(slots))
    _add_slots(session, series, slots)
    audit.record(session, viewer.person_id, "series.created", ("series", series.id), shifts=len(slots))
    await shifts.need_changed(session, need)
    return series.id


async def change(session: Session, viewer: Viewer, series_id: UUID, draft: SeriesDraft) -> SeriesChange:
    """Make the coming shifts anew by another rule.

    A shift changed by hand stays as it is. A shift with people whose slot is gone moves to a new slot of the same day, or else
    stays as a single shift and is reported. Nobody's place is ever lost. Raises as ``create``.
    """
    need_id = await session.scalar(select(ShiftSeries.need_id).where(ShiftSeries.id == series_id))
    if need_id is None:
        raise NotFound()
    need, _ = await locks.need_with_coming_shifts(session, viewer, need_id)
    shifts.check_takes_shifts(need)
    slots = recurrence.slots(recurrence.parse(draft.rule), draft.first_starts_at, session.now())
    series = await session.get_one(ShiftSeries, series_id)
    _fill(session, series, draft)
    outcome = await _remake(session, series, slots)
    audit.record(
        session, viewer.person_id, "series.changed", ("series", series_id), added=len(outcome.added),
        moved=len(outcome.moved), removed=len(outcome.removed), kept=len(outcome.kept),
    )  # fmt: skip
    await shifts.check_room(session, need_id, more=0)
    await shifts.need_changed(session, need)
    return outcome


async def coming_shift_ids(session: Session, series_id: UUID) -> tuple[UUID, ...]:
    """The ids of a series' shifts that have not begun and are not cancelled, in order of time."""
    rows = await session.scalars(
        select(Shift.id)
        .where(Shift.series_id == series_id, Shift.starts_at > session.now(), Shift.cancelled_at.is_(None))
        .order_by(Shift.starts_at)
    )
    return tuple(rows)


async def extend_open_ended(session: Session) -> None:
    """Follow every open-ended series of an open need further into the future; a repeated task."""
    rows = await session.scalars(
        select(ShiftSeries)
        .join(Need, Need.id == ShiftSeries.need_id)
        .where(
            ShiftSeries.rule.not_like("%COUNT=%"),
            ShiftSeries.rule.not_like("%UNTIL=%"),
            is_open_need(),
        )
        .order_by(ShiftSeries.need_id, ShiftSeries.id)
    )
    for series in rows.all():
        if await _missing(session, series):
            await _extend(session, series)


async def _extend(session: Session, series: ShiftSeries) -> None:
    need = await session.scalar(
        select(Need)
        .where(Need.id == series.need_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    # Between the look and the lock somebody may have closed the need or changed the rule.
    if need is None or need_state(need) is not NeedState.OPEN:
        return
    await session.refresh(series)
    _add_slots(session, series, await _missing(session, series))
    await shifts.need_changed(session, need)


async def _missing(session: Session, series: ShiftSeries) -> list[datetime]:
    """Coming slots that have no shift yet, whatever became of the shifts of the others."""
    try:
        slots = recurrence.slots(recurrence.parse(series.rule), series.first_starts_at, session.now())
    except SeriesHasNoSlots:
        return []
    known = set(
        await session.scalars(
            select(Shift.series_slot).where(Shift.series_id == series.id, Shift.series_slot > session.now())
        )
    )
    return [slot for slot in slots if slot not in known]


def _fill(session: Session, series: ShiftSeries, draft: SeriesDraft) -> None:
    series.rule = draft.rule.upper()
    series.first_starts_at = draft.first_starts_at
    series.duration_minutes = draft.duration_minutes
    series.capacity = draft.capacity
    series.minimum_people = draft.minimum_people
    series.changed_at = session.now()


def _add_slots(session: Session, series: ShiftSeries, slots: Iterable[datetime]) -> list[UUID]:
    made = [
        Shift(
            id=new_id(),
            need_id=series.need_id,
            series_id=series.id,
            series_slot=slot,
            starts_at=slot,
            ends_at=slot + timedelta(minutes=series.duration_minutes),
            capacity=series.capacity,
            minimum_people=series.minimum_people,
            created_at=session.now(),
        )
        for slot in slots
    ]
    session.add_all(made)
    return [shift.id for shift in made]


async def _remake(session: Session, series: ShiftSeries, slots: Sequence[datetime]) -> SeriesChange:
    present = await _present(session, series.id)
    wanted = set(slots)
    free = [slot for slot in slots if slot not in present]
    peopled = await _with_people(session, series.id)
    off_rule = [shift for slot, shift in present.items() if slot not in wanted and _is_plain(shift)]
    leaving = [shift for shift in off_rule if shift.id in peopled]
    removed = [shift for shift in off_rule if shift.id not in peopled]
    await _remove(session, removed)
    moves, kept = _pair_by_day(leaving, free)
    for shift, slot in moves:
        await _put_in_slot(session, series, shift, slot)
    for shift in kept:
        shift.edited_at = session.now()
    for slot, shift in present.items():
        if slot in wanted and _is_plain(shift):
            await _put_in_slot(session, series, shift, slot)
    taken = {slot for _, slot in moves}
    added = _add_slots(session, series, [slot for slot in free if slot not in taken])
    return SeriesChange(
        tuple(added),
        tuple(shift.id for shift, _ in moves),
        tuple(shift.id for shift in removed),
        tuple(shift.id for shift in kept),
    )


async def _present(session: Session, series_id: UUID) -> Mapping[datetime, Shift]:
    """The series' shifts of coming slots, by slot; those moved or cancelled by hand hold their slot too."""
    rows = await session.scalars(
        select(Shift)
        .where(Shift.series_id == series_id, Shift.series_slot > session.now())
        .order_by(Shift.series_slot)
    )
    return {shift.series_slot: shift for shift in rows if shift.series_slot is not None}


async def _with_people(session: Session, series_id: UUID) -> set[UUID]:
    return set(
        await session.scalars(
            select(Shift.id).where(
                Shift.series_id == series_id, exists().where(SignUp.shift_id == Shift.id, is_open())
            )
        )
    )


def _is_plain(shift: Shift) -> bool:
    return shift.edited_at is None and shift.cancelled_at is None


async def _remove(session: Session, gone: Sequence[Shift]) -> None:
    """Shifts nobody has a place in disappear; one that somebody once signed up for stays on record as cancelled."""
    ids = [shift.id for shift in gone]
    remembered = set(await session.scalars(select(SignUp.shift_id).where(SignUp.shift_id.in_(ids))))
    for shift in gone:
        if shift.id in remembered:
            shift.cancelled_at = session.now()
            shift.cancel_reason = NO_LONGER_IN_SERIES
            shift.calendar_sequence += 1
        else:
            session.expunge(shift)
    await session.execute(
        delete(Shift)
        .where(Shift.id.in_([shift_id for shift_id in ids if shift_id not in remembered]))
        .execution_options(synchronize_session=False)
    )


def _pair_by_day(
    leaving: Sequence[Shift], free: Sequence[datetime]
) -> tuple[list[tuple[Shift, datetime]], list[Shift]]:
    """Each shift with the first free slot of its own local day, and the shifts whose day has none."""
    by_day: dict[date, list[datetime]] = {}
    for slot in free:
        by_day.setdefault(local_day(slot), []).append(slot)
    moves, kept = [], []
    for shift in leaving:
        choices = by_day.get(local_day(shift.starts_at))
        if choices:
            moves.append((shift, choices.pop(0)))
        else:
            kept.append(shift)
    return moves, kept


async def _put_in_slot(session: Session, series: ShiftSeries, shift: Shift, slot: datetime) -> None:
    ends_at = slot + timedelta(minutes=series.duration_minutes)
    shift.series_slot = slot
    shift.minimum_people = series.minimum_people
    await shifts.resize(session, shift, max(series.capacity, shift.places_taken))
    if (shift.starts_at, shift.ends_at) != (slot, ends_at):
        await shifts.put_at(session, shift, slot, ends_at)


async def _sent_before(session: Session, need_id: UUID, series_id: UUID) -> UUID:
    known = await session.scalar(
        select(ShiftSeries.id).where(ShiftSeries.id == series_id, ShiftSeries.need_id == need_id)
    )
    if known is None:
        raise NotFound()
    return known
