"""The relay: sends what may go, never more than the broker should hold, and lets go of what the broker refuses."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.kernel.ids import new_id
from marketplace.outbox import inbox
from marketplace.outbox.models import OutboxEvent
from marketplace.outbox.publish import publish
from marketplace.outbox.relay import Relay
from tests.outbox.news import BellRung


class Letterbox:
    """Stands where the broker stands; refuses while ``is_shut``."""

    def __init__(self) -> None:
        self.ids: list[UUID] = []
        self.is_shut = False

    async def send(self, ids: Sequence[UUID], token: UUID) -> None:
        if self.is_shut:
            raise ConnectionError
        self.ids.extend(ids)


async def ring_many(house: House, bells: int) -> None:
    async with house.database.unit_of_work() as session:
        await publish(session, *(BellRung(new_id(), 1) for _ in range(bells)))


async def test_the_relay_sends_what_may_go_once(house: House) -> None:
    letterbox = Letterbox()
    relay = Relay(house.database, letterbox.send)
    await ring_many(house, 3)
    assert await relay.step() == 3
    assert await relay.step() == 0
    assert len(set(letterbox.ids)) == 3


async def test_the_relay_sends_no_more_while_workers_have_enough_to_do(house: House) -> None:
    letterbox = Letterbox()
    relay = Relay(house.database, letterbox.send)
    await ring_many(house, 130)
    assert [await relay.step() for _ in range(3)] == [100, 0, 0]
    for event_id in letterbox.ids:
        await inbox.deliver(house.database, house.registry, event_id, relay.token)
    assert [await relay.step() for _ in range(2)] == [30, 0]


async def test_what_the_broker_refuses_can_be_sent_again_at_once(house: House) -> None:
    letterbox = Letterbox()
    relay = Relay(house.database, letterbox.send)
    await ring_many(house, 2)
    letterbox.is_shut = True
    with pytest.raises(ConnectionError):
        await relay.step()
    async with house.database.reading() as session:
        assert set(await session.scalars(select(OutboxEvent.attempts))) == {0}
    letterbox.is_shut = False
    assert await relay.step() == 2


async def test_waking_a_relay_that_does_not_run_is_harmless(house: House) -> None:
    Relay(house.database, Letterbox().send).wake()
