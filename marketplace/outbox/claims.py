"""Whose an event is: claimed by a relay to be sent, begun by one worker, finished or put back. Every step is guarded by a token.

An event passes through two hands. The relay marks it with its own token and sends its id; the worker that receives the id
swaps that token for one of its own and counts the attempt, before any work is done. So a message that arrives twice is
begun once, time spent waiting in a broker costs no attempt, and a job that kills its worker still runs out of attempts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Update, func, or_, select, update
from sqlalchemy.orm import aliased

from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.outbox.models import OutboxEvent
from marketplace.outbox.publish import HAS_NEWS
from marketplace.outbox.timing import MOST_ATTEMPTS, Timing

WORKER_LOST = "WorkerLost: the worker ended in the middle of this, every time"


@dataclass(frozen=True, slots=True)
class Begun:
    """An event in a worker's hands. ``token`` proves it while the lease lasts."""

    id: UUID
    token: UUID
    name: str
    payload: dict[str, Any]
    attempts: int


async def claim(session: Session, token: UUID, most: int, timing: Timing) -> Sequence[UUID]:
    """Mark up to ``most`` deliverable events with the relay's ``token``; their ids, oldest first.

    Only the first unfinished event of a stream is deliverable, so a failing or dead one makes its stream wait.
    """
    before = aliased(OutboxEvent)
    is_held_up = (
        select(before.id)
        .where(
            before.stream_id == OutboxEvent.stream_id,
            before.done_at.is_(None),
            before.sequence < OutboxEvent.sequence,
        )
        .exists()
    )
    found = (
        await session.scalars(
            select(OutboxEvent.id)
            .where(
                OutboxEvent.done_at.is_(None),
                OutboxEvent.dead_at.is_(None),
                OutboxEvent.available_at <= session.now(),
                or_(OutboxEvent.leased_until.is_(None), OutboxEvent.leased_until <= session.now()),
                ~is_held_up,
            )
            .order_by(OutboxEvent.available_at, OutboxEvent.id)
            .limit(most)
            # On SQLite a unit of work is the only writer, which is as good as a lock on every row.
            .with_for_update(skip_locked=True)
        )
    ).all()
    if found:
        await session.execute(
            update(OutboxEvent)
            .where(OutboxEvent.id.in_(found))
            .values(lease_token=token, leased_until=session.now() + timing.sent_lease)
        )
    return found


async def count_sent(session: Session, token: UUID) -> int:
    """How many events the relay with ``token`` has sent that no worker has begun yet."""
    counted = await session.scalar(
        select(func.count())
        .select_from(OutboxEvent)
        .where(OutboxEvent.lease_token == token, OutboxEvent.leased_until > session.now())
    )
    return counted or 0


async def release(session: Session, token: UUID, ids: Sequence[UUID] | None = None) -> None:
    """Let go of what the relay with ``token`` claimed and no worker began: all of it, or ``ids`` only."""
    which = [OutboxEvent.lease_token == token]
    if ids is not None:
        which.append(OutboxEvent.id.in_(ids))
    await session.execute(update(OutboxEvent).where(*which).values(lease_token=None, leased_until=None))


async def begin(session: Session, event_id: UUID, sent_token: UUID, timing: Timing) -> Begun | None:
    """Take the event over from the relay and count the attempt; None when the message is stale or the event worn out."""
    token = new_id()
    still_sent = (
        OutboxEvent.id == event_id,
        OutboxEvent.lease_token == sent_token,
        OutboxEvent.done_at.is_(None),
        OutboxEvent.dead_at.is_(None),
    )
    row = (
        await session.execute(
            update(OutboxEvent)
            .where(*still_sent, OutboxEvent.attempts < MOST_ATTEMPTS)
            .values(
                lease_token=token,
                leased_until=session.now() + timing.work_lease,
                attempts=OutboxEvent.attempts + 1,
            )
            .returning(OutboxEvent.name, OutboxEvent.payload, OutboxEvent.attempts)
        )
    ).one_or_none()
    if row is None:
        # Eight attempts were counted and none came back to say how it failed.
        await session.execute(
            update(OutboxEvent)
            .where(*still_sent)
            .values(
                dead_at=session.now(),
                last_error=func.coalesce(OutboxEvent.last_error, WORKER_LOST),
                lease_token=None,
                leased_until=None,
            )
        )
        return None
    return Begun(event_id, token, row.name, row.payload, row.attempts)


async def renew(session: Session, begun: Begun, timing: Timing) -> bool:
    """Hold the event for another stretch of work; False when it was lost to another worker."""
    return await _changed(session, _held(begun).values(leased_until=session.now() + timing.work_lease))


async def finish(session: Session, begun: Begun) -> bool:
    """The event is delivered; False when it was lost to another worker. The relay hears of it: the stream may go on."""
    done = _held(begun).values(done_at=session.now(), lease_token=None, leased_until=None, last_error=None)
    session.info[HAS_NEWS] = True
    return await _changed(session, done)


async def put_back(session: Session, begun: Begun, said: str, wait: timedelta | None) -> bool:
    """The attempt failed with ``said``: try again after ``wait``, or never when that is None (dead)."""
    when = {"dead_at": session.now()} if wait is None else {"available_at": session.now() + wait}
    return await _changed(
        session, _held(begun).values(last_error=said, lease_token=None, leased_until=None, **when)
    )


def _held(begun: Begun) -> Update:
    return update(OutboxEvent).where(OutboxEvent.id == begun.id, OutboxEvent.lease_token == begun.token)


async def _changed(session: Session, statement: Update) -> bool:
    result = await session.execute(statement)
    assert isinstance(result, CursorResult)
    return bool(result.rowcount == 1)
