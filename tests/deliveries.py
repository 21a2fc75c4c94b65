"""Deliver what the outbox holds, within a test's own event loop."""

from marketplace.bootstrap import House
from marketplace.outbox.here import deliver_all


async def drain(house: House) -> int:
    """Bring every due event to its consumers and say how many arrived; a consumer's error is raised here, as it was."""
    delivered = await deliver_all(house.database, house.registry)
    for failure in delivered.failures:
        assert failure.error is not None
        raise failure.error
    return delivered.done
