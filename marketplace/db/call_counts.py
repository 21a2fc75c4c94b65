"""How often somebody called in one minute, added up by all processes. Kept for that minute; who it was cannot be read from it."""

from sqlalchemy import LargeBinary, delete
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base
from marketplace.db.insert import upsert
from marketplace.db.session import Session


class CallCount(Base):
    """``minute`` counts from 1970; ``caller`` is a keyed digest."""

    __tablename__ = "call_counts"

    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    caller: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    calls: Mapped[int]


async def add(session: Session, minute: int, caller: bytes, calls: int) -> int:
    """Add ``calls`` to those of the caller in that minute; how many they are by now, in all processes."""
    written = upsert(session, CallCount).values(minute=minute, caller=caller, calls=calls)
    total = await session.execute(
        written.on_conflict_do_update(
            index_elements=[CallCount.minute, CallCount.caller],
            set_={"calls": CallCount.calls + written.excluded.calls},
        ).returning(CallCount.calls)
    )
    return total.scalar_one()


async def forget_before(session: Session, minute: int) -> None:
    """Nobody asks for earlier minutes any more."""
    await session.execute(delete(CallCount).where(CallCount.minute < minute))
