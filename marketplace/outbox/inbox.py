"""The delivery of one event: every consumer's effect and its inbox entry in one transaction each, so each happens once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import CursorResult
from sqlalchemy.exc import DBAPIError

from marketplace.db.insert import upsert
from marketplace.db.session import Database, Session
from marketplace.kernel.errors import MarketplaceError
from marketplace.outbox import claims
from marketplace.outbox.claims import Begun
from marketplace.outbox.events import Event, from_payload
from marketplace.outbox.models import InboxEntry
from marketplace.outbox.registry import Consumer, Registry
from marketplace.outbox.timing import MOST_ATTEMPTS, USUAL, Timing, backoff

Hold = Callable[[Session, Begun], Awaitable[bool]]
_log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of one attempt. ``STALE``: somebody else has the event, and nothing was done here."""

    DONE = "done"
    FAILED = "failed"
    DEAD = "dead"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt, and the error when it failed."""

    outcome: Outcome
    error: BaseException | None = None


class EventIsUnreadable(Exception):
    """The row names an event that no module declares, or holds a payload that is not one. Trying again cannot help."""


class LeaseLost(Exception):
    """The work took longer than the lease, and another worker has the event now."""


class ConsumerFailed(Exception):
    """Carries the consumer's name; the cause is the error."""


async def deliver(
    database: Database, registry: Registry, event_id: UUID, sent_token: UUID, timing: Timing = USUAL
) -> Delivery:
    """Try once to bring the event to all its consumers. Raises only when the database itself cannot be asked."""
    async with database.unit_of_work() as session:
        begun = await claims.begin(session, event_id, sent_token, timing)
    if begun is None:
        return Delivery(Outcome.STALE)
    with structlog.contextvars.bound_contextvars(
        event=begun.name, event_id=str(begun.id), attempt=begun.attempts
    ):
        try:
            await _bring(database, registry, begun, timing)
        except LeaseLost as error:
            return Delivery(Outcome.STALE, error)
        except Exception as error:
            return await _put_back(database, begun, error)
        return Delivery(Outcome.DONE)


async def _bring(database: Database, registry: Registry, begun: Begun, timing: Timing) -> None:
    event = _read(begun)
    consumers = registry.consumers_of(begun.name)
    if not consumers:
        async with database.unit_of_work() as session:
            await claims.finish(session, begun)
        return
    for consumer in consumers[:-1]:
        await _bring_to(database, consumer, begun, event, timing, partial(claims.renew, timing=timing))
    await _bring_to(database, consumers[-1], begun, event, timing, claims.finish)


async def _bring_to(
    database: Database, consumer: Consumer, begun: Begun, event: Event, timing: Timing, hold: Hold
) -> None:
    """One consumer's transaction. ``hold`` comes first in it: whoever lost the event can no longer change anything."""
    try:
        async with asyncio.timeout(timing.work_limit.total_seconds()), database.unit_of_work() as session:
            if not await hold(session, begun):
                raise LeaseLost()
            await _take_effect(session, consumer, begun.id, event)
    except LeaseLost:
        raise
    except Exception as error:
        raise ConsumerFailed(consumer.name) from error


def _read(begun: Begun) -> Event:
    try:
        return from_payload(begun.name, begun.payload)
    except KeyError:
        raise EventIsUnreadable("no module declares an event of this name") from None
    except ValidationError:
        raise EventIsUnreadable("the payload does not fit the event") from None


async def _take_effect(session: Session, consumer: Consumer, event_id: UUID, event: Event) -> None:
    insert = upsert(session, InboxEntry)
    entered = await session.execute(
        insert.values(
            consumer=consumer.name, event_id=event_id, consumed_at=session.now()
        ).on_conflict_do_nothing()
    )
    assert isinstance(entered, CursorResult)
    if entered.rowcount == 1:
        await consumer.handle(session, event)


async def _put_back(database: Database, begun: Begun, error: Exception) -> Delivery:
    """Note the failure. ``last_error`` says the kind of error and its code only: messages may quote people's data."""
    cause = (error.__cause__ if isinstance(error, ConsumerFailed) else None) or error
    is_hopeless = isinstance(cause, EventIsUnreadable) or begun.attempts >= MOST_ATTEMPTS
    said = f"{error}: {in_short(cause)}" if isinstance(error, ConsumerFailed) else in_short(cause)
    async with database.unit_of_work() as session:
        await claims.put_back(session, begun, said, None if is_hopeless else backoff(begun.attempts))
    if is_hopeless:
        _log.error("outbox.dead", said=said, exc_info=cause)
        return Delivery(Outcome.DEAD, cause)
    _log.warning("outbox.failed", said=said, exc_info=cause)
    return Delivery(Outcome.FAILED, cause)


def in_short(error: BaseException) -> str:
    """The kind of an error and its code, without its message."""
    kind = type(error).__name__
    if isinstance(error, MarketplaceError):
        return f"{kind} ({error.code})"
    if isinstance(error, EventIsUnreadable):
        return f"{kind}: {error}"
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
        return f"{kind} ({state})" if state else kind
    return kind
