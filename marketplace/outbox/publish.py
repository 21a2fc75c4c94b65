"""Publish an event in the transaction that makes it true."""

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.outbox.events import Event, to_payload
from marketplace.outbox.models import OutboxEvent, OutboxStream

# Sessions carry this mark so that the edge can wake the relay after commit instead of letting it poll.
HAS_NEWS = "outbox_has_news"


async def publish(session: Session, *events: Event) -> None:
    """Write the events beside the caller's rows; they are delivered after commit, each stream in order.

    Callers hold a lock on the changed row anyway; taking the stream's number makes the order explicit and gap-free.
    """
    for event in events:
        upsert = (postgresql.insert if session.is_postgresql else sqlite.insert)(OutboxStream)
        taken = await session.execute(
            upsert.values(stream_id=event.stream_id, last_sequence=1)
            .on_conflict_do_update(
                index_elements=[OutboxStream.stream_id],
                set_={"last_sequence": OutboxStream.last_sequence + 1},
            )
            .returning(OutboxStream.last_sequence)
        )
        await session.execute(
            insert(OutboxEvent).values(
                id=new_id(),
                stream_id=event.stream_id,
                sequence=taken.scalar_one(),
                name=type(event).__name__,
                payload=to_payload(event),
                created_at=session.now(),
                available_at=session.now(),
                attempts=0,
            )
        )
    session.info[HAS_NEWS] = True
