"""The ledger of minutes: the only writer of ``ledger_entries``. It adds and reverses; nothing is ever changed."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from marketplace.db.session import Session
from marketplace.hours.errors import EntryIsReversed, HoursAreRecorded
from marketplace.hours.events import HoursRecorded
from marketplace.hours.models import LedgerEntry
from marketplace.hours.states import Grade, Source
from marketplace.identity.models import Person
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.volunteering.models import Shift


@dataclass(frozen=True, slots=True)
class Served:
    """Minutes that are about to be recorded, and where they come from."""

    person_id: UUID
    need_id: UUID
    shift_id: UUID | None
    minutes: int
    grade: Grade
    served_on: date
    source: Source
    source_id: UUID
    entered_by: UUID | None = None
    reason: str | None = None


async def hold(session: Session, *person_ids: UUID) -> None:
    """Until the transaction ends, nobody else changes the presence or hours of these people.

    One lock for all of it, taken in one order, so that no two commands can wait for each other. It leaves the key free: rows that
    merely refer to a person are not held up.
    """
    people = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id)
    await session.execute(people.with_for_update(key_share=True))


async def record(session: Session, served: Served) -> UUID | None:
    """Add an entry, or nothing for no minutes. The caller holds the person. Raises HoursAreRecorded: a shift counts once."""
    if served.minutes == 0:
        return None
    if served.shift_id is not None and await standing_entry(session, served.person_id, served.shift_id):
        raise HoursAreRecorded()
    entry = LedgerEntry(
        id=new_id(),
        person_id=served.person_id,
        need_id=served.need_id,
        shift_id=served.shift_id,
        minutes=served.minutes,
        grade=served.grade,
        served_on=served.served_on,
        local_year=served.served_on.year,
        entered_at=session.now(),
        entered_by=served.entered_by,
        source=served.source,
        source_id=served.source_id,
        reason=served.reason,
    )
    return await _add(session, entry)


async def reverse(session: Session, entry: LedgerEntry, by: UUID, reason: str) -> UUID:
    """Take an entry back, whole, by its negative. The caller holds the person. Raises EntryIsReversed."""
    if entry.reverses_id is not None or await is_reversed(session, entry.id):
        raise EntryIsReversed()
    reversal = LedgerEntry(
        id=new_id(),
        person_id=entry.person_id,
        need_id=entry.need_id,
        shift_id=entry.shift_id,
        minutes=-entry.minutes,
        grade=entry.grade,
        served_on=entry.served_on,
        local_year=entry.local_year,
        entered_at=session.now(),
        entered_by=by,
        source=Source.REVERSAL,
        source_id=entry.id,
        reverses_id=entry.id,
        reason=reason,
    )
    return await _add(session, reversal)


async def standing_entry(session: Session, person_id: UUID, shift_id: UUID) -> UUID | None:
    """The entry that counts for this person in this shift: neither a reversal nor reversed."""
    reversal = aliased(LedgerEntry)
    return await session.scalar(
        select(LedgerEntry.id).where(
            LedgerEntry.person_id == person_id,
            LedgerEntry.shift_id == shift_id,
            LedgerEntry.reverses_id.is_(None),
            ~select(reversal.id).where(reversal.reverses_id == LedgerEntry.id).exists(),
        )
    )


async def is_reversed(session: Session, entry_id: UUID) -> bool:
    found = select(func.count()).select_from(LedgerEntry).where(LedgerEntry.reverses_id == entry_id)
    return bool(await session.scalar(found))


def served_on(shift: Shift) -> date:
    """The day, in Shanghai, to which a shift's hours belong: the one on which it begins."""
    return local_day(shift.starts_at)


async def _add(session: Session, entry: LedgerEntry) -> UUID:
    session.add(entry)
    await session.flush()
    await publish(session, HoursRecorded(person_id=entry.person_id, entry_id=entry.id))
    return entry.id
