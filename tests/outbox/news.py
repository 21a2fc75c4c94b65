"""Events of the tests' own, and a consumer that leaves a mark in the database for each."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.audit import AuditEntry
from marketplace.db.session import Database, Session
from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class BellRung(Event):
    """Only tests ring it. ``number`` tells one stroke from the next."""

    stream: ClassVar[str] = "bell_id"
    bell_id: UUID
    number: int


async def write_down(session: Session, event: BellRung) -> None:
    """The effect: one entry of the audit trail, which can only be added to, so doing it twice shows."""
    audit.record(session, None, "bell.heard", ("bell", event.bell_id), number=event.number)


async def heard(database: Database, bell_id: UUID) -> list[int]:
    """The numbers that were written down for one bell, in the order of writing."""
    async with database.reading() as session:
        rows = await session.scalars(
            select(AuditEntry.facts)
            .where(AuditEntry.action == "bell.heard", AuditEntry.subject_id == str(bell_id))
            .order_by(AuditEntry.id)
        )
        return [facts["number"] for facts in rows]
