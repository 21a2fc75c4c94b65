"""Delivery in the caller's own event loop, without relay or broker: for the seeded city, one-off commands and tests."""

from dataclasses import dataclass, field

from marketplace.db.session import Database
from marketplace.kernel.ids import new_id
from marketplace.outbox import claims, inbox
from marketplace.outbox.inbox import Delivery, Outcome
from marketplace.outbox.registry import Registry
from marketplace.outbox.timing import USUAL

_BATCH = 100


@dataclass
class Delivered:
    """How many events arrived, and the attempts that failed; those wait in the outbox for a worker to try again."""

    done: int = 0
    failures: list[Delivery] = field(default_factory=list)


async def deliver_all(database: Database, registry: Registry) -> Delivered:
    """Deliver everything that is due now, and the news that this causes, until nothing deliverable is left."""
    token, delivered = new_id(), Delivered()
    while True:
        async with database.unit_of_work() as session:
            ids = await claims.claim(session, token, _BATCH, USUAL)
        if not ids:
            return delivered
        for event_id in ids:
            delivery = await inbox.deliver(database, registry, event_id, token)
            if delivery.outcome is Outcome.DONE:
                delivered.done += 1
            elif delivery.error is not None:
                delivered.failures.append(delivery)
