"""The places of a shift: locked, taken and given back, so that they are never promised twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select, true, update

from marketplace.db.session import Session
from marketplace.kernel.errors import NotFound
from marketplace.outbox.publish import publish
from marketplace.volunteering.events import NeedChanged
from marketplace.volunteering.models import Need, Shift


@dataclass(frozen=True, slots=True)
class LockedShift:
    """A shift that nobody else changes until the transaction ends, and its need as it stands."""

    shift: Shift
    need: Need

    @property
    def id(self) -> UUID:
        return self.shift.id


@asynccontextmanager
async def locked(
    session: Session, shift_id: UUID, visible: ColumnElement[bool] | None = None
) -> AsyncIterator[LockedShift]:
    """The shift under a lock, for who may see its need. Raises NotFound.

    Whoever also locks people locks them first. When the block ends with another number of places taken, the need has changed.
    """
    held = await _lock(session, shift_id, true() if visible is None else visible)
    before = held.shift.places_taken
    yield held
    if held.shift.places_taken != before:
        await publish(session, NeedChanged(held.need.id))


async def _lock(session: Session, shift_id: UUID, visible: ColumnElement[bool]) -> LockedShift:
    row = (
        await session.execute(
            select(Shift, Need)
            .join(Need, Need.id == Shift.need_id)
            .where(Shift.id == shift_id, visible)
            .with_for_update(of=Shift, key_share=True)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return LockedShift(row[0], row[1])


async def take(session: Session, shift_id: UUID) -> bool:
    """Take one place; False when the shift is full or keeps its places for a draw. The lock makes it exact, the guard and the CHECK certain.

    SQLAlchemy carries what the UPDATE did into the loaded shift, so that its numbers can be read without asking again.
    """
    taken = await session.execute(
        update(Shift)
        .where(Shift.id == shift_id, Shift.places_taken < Shift.capacity, Shift.lottery_closes_at.is_(None))
        .values(places_taken=Shift.places_taken + 1)
        .returning(Shift.id)
    )
    return taken.scalar_one_or_none() is not None


async def give_back(session: Session, shift_id: UUID) -> None:
    """Give one place back."""
    await session.execute(
        update(Shift).where(Shift.id == shift_id).values(places_taken=Shift.places_taken - 1)
    )


async def next_waiting_number(session: Session, shift_id: UUID) -> int:
    """The next number of the shift's waiting list; numbers are never given twice."""
    taken = await session.execute(
        update(Shift)
        .where(Shift.id == shift_id)
        .values(next_waiting_number=Shift.next_waiting_number + 1)
        .returning(Shift.next_waiting_number)
    )
    return taken.scalar_one() - 1
