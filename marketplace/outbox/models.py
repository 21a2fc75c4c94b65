"""Tables of the outbox: events waiting to be delivered, who has consumed them, and the timetable of repeated work."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified


class OutboxStream(Base):
    """The last sequence number of one thing's news. Taking the next number locks this row until commit: no gaps, no overtaking."""

    __tablename__ = "outbox_streams"

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_sequence: Mapped[int] = mapped_column(BigInteger)


class OutboxEvent(Identified, Base):
    """One event and the state of its delivery. Open while ``done_at`` is empty; dead while ``dead_at`` is set."""

    __tablename__ = "outbox_events"
    __table_args__ = (
        UniqueConstraint("stream_id", "sequence"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        Index(
            "ix_outbox_events_open",
            "available_at",
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
            sqlite_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
        Index(
            "ix_outbox_events_unfinished_stream",
            "stream_id",
            "sequence",
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_outbox_events_dead",
            "dead_at",
            postgresql_where=text("dead_at IS NOT NULL"),
            sqlite_where=text("dead_at IS NOT NULL"),
        ),
        Index(
            "ix_outbox_events_leased",
            "lease_token",
            postgresql_where=text("lease_token IS NOT NULL"),
            sqlite_where=text("lease_token IS NOT NULL"),
        ),
    )

    stream_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class InboxEntry(Base):
    """Says that one consumer's effect of one event is in the database; written in the same transaction as the effect."""

    __tablename__ = "inbox_entries"

    consumer: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(
        ForeignKey("outbox_events.id", ondelete="CASCADE"), primary_key=True
    )
    consumed_at: Mapped[datetime]


class ScheduledRun(Base):
    """When a repeated task is due next, and who holds it now."""

    __tablename__ = "scheduled_runs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    last_started_at: Mapped[datetime | None]
    last_finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class WorkerHeartbeat(Base):
    """The last sign of life of one worker process; readiness and the dead-jobs page read it."""

    __tablename__ = "worker_heartbeats"

    worker: Mapped[str] = mapped_column(String(64), primary_key=True)
    beat_at: Mapped[datetime]
