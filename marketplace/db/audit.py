"""The audit trail: who did what to whom, when and why. Rows are only ever added; a trigger forbids the rest."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified
from marketplace.db.session import Session


class AuditEntry(Identified, Base):
    """One act worth answering for. ``facts`` hold no personal data: ids, codes and reasons only."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "subject_type", "subject_id", "at"), Index(None, "actor_id", "at"))

    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(64))
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]]


def record(
    session: Session, actor_id: UUID | None, action: str, subject: tuple[str, object], **facts: Any
) -> None:
    """Write one entry in the caller's transaction. ``subject`` is (type, id); ``actor_id`` None means the system itself."""
    subject_type, subject_id = subject
    plain = {
        name: value if isinstance(value, int | float | bool | None) else str(value)
        for name, value in facts.items()
    }
    session.add(
        AuditEntry(
            at=session.now(),
            actor_id=actor_id,
            action=action,
            subject_type=subject_type,
            subject_id=str(subject_id),
            facts=plain,
        )
    )
