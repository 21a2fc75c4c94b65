"""Publish an event in the transaction that makes it true."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert

from marketplace.db.base import Base
from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.outbox.events import Event, to_payload
from marketplace.outbox.models import OutboxEvent, OutboxStream

# Sessions carry this mark so that the edge can wake the relay after commit instead of letting it poll.
HAS_NEWS = "outbox_has_news"
_UNWRITTEN = "outbox_unwritten"


async def publish(session: Session, *events: Event) -> None:
    """Tell the house, once this transaction commits. Each stream's events arrive in the order of their commits, without gaps.

    The rows are written as the transaction's last act, all at once: two statements however many events, and the streams' locks,
    taken in one order, are held for no longer than the commit.
    """
    session.info.setdefault(_UNWRITTEN, []).extend(events)
    session.info[HAS_NEWS] = True
    session.finally_do(_write)


async def _write(session: Session) -> None:
    events: list[Event] = session.info.pop(_UNWRITTEN, [])
    next_number = await _take_numbers(session, Counter(event.stream_id for event in events))
    rows = []
    for event in events:
        rows.append(_row(session, event, next_number[event.stream_id]))
        next_number[event.stream_id] += 1
    await session.execute(insert(_table(OutboxEvent)), rows)


async def _take_numbers(session: Session, wanted: Counter[UUID]) -> dict[UUID, int]:
    """The first of the numbers taken for each stream. The row stays locked until commit, so numbers follow commit order."""
    streams = _table(OutboxStream)
    statement = upsert(session, streams)
    taken = await session.execute(
        statement.on_conflict_do_update(
            index_elements=[streams.c.stream_id],
            set_={"last_sequence": streams.c.last_sequence + statement.excluded.last_sequence},
        ).returning(streams.c.stream_id, streams.c.last_sequence),
        [{"stream_id": stream_id, "last_sequence": wanted[stream_id]} for stream_id in sorted(wanted)],
    )
    return {stream_id: last - wanted[stream_id] + 1 for stream_id, last in taken}


def _row(session: Session, event: Event, sequence: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "stream_id": event.stream_id,
        "sequence": sequence,
        "name": type(event).__name__,
        "payload": to_payload(event),
        "created_at": session.now(),
        "available_at": session.now(),
        "attempts": 0,
    }


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
