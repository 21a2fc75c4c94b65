"""How the outbox fares, in four figures: for metrics, readiness and the doctor."""

from dataclasses import dataclass

from sqlalchemy import func, select

from marketplace.db.session import Session
from marketplace.outbox import heartbeats
from marketplace.outbox.models import OutboxEvent


@dataclass(frozen=True, slots=True)
class Figures:
    """``oldest_seconds``: how long the oldest event that could go has been waiting (0 when none is)."""

    open: int
    dead: int
    oldest_seconds: float
    workers_alive: int


async def figures(session: Session) -> Figures:
    """The figures of this moment."""
    is_open = (OutboxEvent.done_at.is_(None), OutboxEvent.dead_at.is_(None))
    count = await session.scalar(select(func.count()).select_from(OutboxEvent).where(*is_open))
    oldest = await session.scalar(
        select(OutboxEvent.available_at).where(*is_open).order_by(OutboxEvent.available_at).limit(1)
    )
    dead = await session.scalar(
        select(func.count()).select_from(OutboxEvent).where(OutboxEvent.dead_at.is_not(None))
    )
    waited = (session.now() - oldest).total_seconds() if oldest is not None else 0.0
    alive = sum(beat.is_fresh for beat in await heartbeats.beats(session))
    return Figures(open=count or 0, dead=dead or 0, oldest_seconds=max(0.0, waited), workers_alive=alive)
