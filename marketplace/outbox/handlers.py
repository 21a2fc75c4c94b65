"""The outbox's own repeated task: what was delivered long ago and who died long ago need not be kept."""

from datetime import timedelta

from sqlalchemy import delete, select

from marketplace.db.session import Session
from marketplace.outbox.models import OutboxEvent, WorkerHeartbeat
from marketplace.outbox.registry import Registry

KEEP_DONE = timedelta(days=14)
KEEP_SILENT = timedelta(days=1)
# One run deletes this much and no more: a long backlog must not hold SQLite's one writer for minutes.
_MOST = 5000


def register(registry: Registry) -> None:
    """Put the task into the house's timetable."""
    registry.repeat("outbox.prune", timedelta(minutes=10), prune)


async def prune(session: Session) -> None:
    """Delete old delivered events with their inbox entries, and the heartbeats of workers that are long gone.

    Open and dead events stay, whatever their age; streams keep their numbers.
    """
    old = (
        select(OutboxEvent.id)
        .where(OutboxEvent.done_at < session.now() - KEEP_DONE)
        .order_by(OutboxEvent.id)
        .limit(_MOST)
    )
    await session.execute(delete(OutboxEvent).where(OutboxEvent.id.in_(old)))
    await session.execute(
        delete(WorkerHeartbeat).where(WorkerHeartbeat.beat_at < session.now() - KEEP_SILENT)
    )
