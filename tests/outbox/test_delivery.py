"""Delivery of one event: every consumer once, each stream in order, failures put back, the hopeless set aside."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import Conflict
from marketplace.kernel.ids import new_id
from marketplace.outbox import claims, inbox
from marketplace.outbox.here import deliver_all
from marketplace.outbox.inbox import Outcome
from marketplace.outbox.models import InboxEntry, OutboxEvent
from marketplace.outbox.publish import publish
from marketplace.outbox.timing import MOST_ATTEMPTS, USUAL, backoff
from tests.deliveries import drain
from tests.outbox.news import BellRung, heard, write_down


class BellIsCracked(Conflict):
    """Some strokes fail on purpose."""


async def ring(house: House, bell_id: UUID, *numbers: int) -> None:
    async with house.database.unit_of_work() as session:
        await publish(session, *(BellRung(bell_id, number) for number in numbers))


async def rows(house: House) -> list[Any]:
    async with house.database.reading() as session:
        return list((await session.scalars(select(OutboxEvent).order_by(OutboxEvent.sequence))).all())


async def claim(house: House, token: UUID) -> list[UUID]:
    async with house.database.unit_of_work() as session:
        return list(await claims.claim(session, token, 100, USUAL))


async def test_every_consumer_hears_an_event_once(house: House) -> None:
    bell = new_id()
    house.registry.on(BellRung, "tests.first", write_down)
    house.registry.on(BellRung, "tests.second", write_down)
    await ring(house, bell, 1)
    assert await drain(house) == 1
    assert await heard(house.database, bell) == [1, 1]
    async with house.database.reading() as session:
        assert set(await session.scalars(select(InboxEntry.consumer))) == {"tests.first", "tests.second"}
    assert await drain(house) == 0


async def test_news_of_a_rolled_back_transaction_never_existed(house: House) -> None:
    with pytest.raises(RuntimeError):
        async with house.database.unit_of_work() as session:
            await publish(session, BellRung(new_id(), 1))
            raise RuntimeError
    assert await rows(house) == []


async def test_an_event_that_nobody_wants_is_done(house: House) -> None:
    await ring(house, new_id(), 1)
    assert await drain(house) == 1
    assert (await rows(house))[0].done_at == house.clock.now()


async def test_news_that_a_consumer_publishes_is_delivered_too(house: House) -> None:
    bell, echo = new_id(), new_id()

    async def answer(session: Session, event: BellRung) -> None:
        if event.bell_id == bell:
            await publish(session, BellRung(echo, event.number))

    house.registry.on(BellRung, "tests.answer", answer)
    house.registry.on(BellRung, "tests.write", write_down)
    await ring(house, bell, 1, 2)
    await drain(house)
    assert await heard(house.database, echo) == [1, 2]


async def test_only_the_first_unfinished_event_of_a_stream_is_claimed(house: House) -> None:
    bell, other = new_id(), new_id()
    await ring(house, bell, 1, 2, 3)
    await ring(house, other, 1)
    events = {row.id: row for row in await rows(house)}
    claimed = [events[event_id] for event_id in await claim(house, new_id())]
    assert {(row.stream_id, row.sequence) for row in claimed} == {(bell, 1), (other, 1)}
    assert await claim(house, new_id()) == []


async def test_rival_relays_never_claim_the_same_event(house: House) -> None:
    for _ in range(20):
        await ring(house, new_id(), 1)
    claimed = await asyncio.gather(*(claim(house, new_id()) for _ in range(5)))
    everything = [event_id for batch in claimed for event_id in batch]
    assert len(everything) == len(set(everything)) == 20


async def test_a_message_that_arrives_twice_is_begun_once(house: House) -> None:
    bell, token = new_id(), new_id()
    house.registry.on(BellRung, "tests.write", write_down)
    await ring(house, bell, 1)
    (event_id,) = await claim(house, token)
    outcomes = await asyncio.gather(
        *(inbox.deliver(house.database, house.registry, event_id, token) for _ in range(4))
    )
    assert sorted(delivery.outcome for delivery in outcomes) == ["done", "stale", "stale", "stale"]
    assert await heard(house.database, bell) == [1]


async def test_an_effect_that_is_already_there_is_not_repeated(house: House) -> None:
    """The worker died after the first consumer's commit and before the second's."""
    bell = new_id()
    house.registry.on(BellRung, "tests.first", write_down)
    house.registry.on(BellRung, "tests.second", write_down)
    await ring(house, bell, 1)
    async with house.database.unit_of_work() as session:
        event_id = (await session.scalars(select(OutboxEvent.id))).one()
        await session.execute(
            insert(InboxEntry).values(consumer="tests.first", event_id=event_id, consumed_at=session.now())
        )
    await drain(house)
    assert await heard(house.database, bell) == [1]


async def test_a_worker_that_lost_its_lease_changes_nothing(house: House, clock: FixedClock) -> None:
    bell, slow = new_id(), new_id()

    async def overtaken(session: Session, event: BellRung) -> None:
        raise AssertionError("the lease was lost before the work began")

    house.registry.on(BellRung, "tests.write", overtaken)
    await ring(house, bell, 1)
    (event_id,) = await claim(house, slow)
    async with house.database.unit_of_work() as session:
        begun = await claims.begin(session, event_id, slow, USUAL)
        assert begun is not None
    clock.advance(USUAL.work_lease)
    assert await claim(house, new_id()) == [event_id]
    async with house.database.unit_of_work() as session:
        assert not await claims.renew(session, begun, USUAL)
        assert not await claims.finish(session, begun)
        assert not await claims.put_back(session, begun, "late", None)
    (row,) = await rows(house)
    assert (row.done_at, row.dead_at, row.last_error) == (None, None, None)


async def test_a_failure_is_put_back_and_makes_its_stream_wait(house: House, clock: FixedClock) -> None:
    bell = new_id()
    broken = True

    async def fragile(session: Session, event: BellRung) -> None:
        await write_down(session, event)
        if broken:
            raise BellIsCracked(phone="13800138000")

    house.registry.on(BellRung, "tests.fragile", fragile)
    await ring(house, bell, 1, 2)
    delivered = await deliver_all(house.database, house.registry)
    assert [failure.outcome for failure in delivered.failures] == [Outcome.FAILED]
    first, second = await rows(house)
    assert (first.attempts, second.attempts) == (1, 0)
    assert first.last_error == "tests.fragile: BellIsCracked (bell_is_cracked)"
    assert await heard(house.database, bell) == []
    broken = False
    assert await drain(house) == 0
    clock.advance(timedelta(seconds=5))
    assert await drain(house) == 2
    assert await heard(house.database, bell) == [1, 2]
    assert [row.last_error for row in await rows(house)] == [None, None]


async def test_a_poisonous_event_is_dead_after_eight_attempts(house: House, clock: FixedClock) -> None:
    bell, other = new_id(), new_id()

    async def poisoned(session: Session, event: BellRung) -> None:
        if event.bell_id == bell:
            raise BellIsCracked()
        await write_down(session, event)

    house.registry.on(BellRung, "tests.poisoned", poisoned)
    await ring(house, bell, 1, 2)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        await deliver_all(house.database, house.registry)
        assert (await rows(house))[0].attempts == attempt
        clock.advance(timedelta(hours=1))
    first, second = await rows(house)
    assert first.dead_at is not None and second.dead_at is None
    await ring(house, other, 1)
    assert await drain(house) == 1, "other streams go on"
    assert (await rows(house))[0].attempts == MOST_ATTEMPTS
    assert await heard(house.database, other) == [1]


async def test_an_event_that_kills_its_workers_runs_out_of_attempts(house: House, clock: FixedClock) -> None:
    await ring(house, new_id(), 1)
    for _ in range(MOST_ATTEMPTS):
        token = new_id()
        (event_id,) = await claim(house, token)
        async with house.database.unit_of_work() as session:
            assert await claims.begin(session, event_id, token, USUAL) is not None
        clock.advance(USUAL.work_lease)  # and no word from the worker
    await deliver_all(house.database, house.registry)
    (row,) = await rows(house)
    assert row.dead_at is not None
    assert row.last_error == claims.WORKER_LOST


async def test_waiting_in_the_broker_costs_no_attempt(house: House, clock: FixedClock) -> None:
    await ring(house, new_id(), 1)
    for _ in range(MOST_ATTEMPTS * 2):
        assert len(await claim(house, new_id())) == 1
        clock.advance(USUAL.sent_lease)
    assert (await rows(house))[0].attempts == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "BellMelted"}, "EventIsUnreadable: no module declares an event of this name"),
        ({"payload": {"bell_id": "none"}}, "EventIsUnreadable: the payload does not fit the event"),
    ],
)
async def test_an_event_that_cannot_be_read_is_dead_at_once(
    house: House, change: dict[str, Any], said: str
) -> None:
    house.registry.on(BellRung, "tests.write", write_down)
    await ring(house, new_id(), 1)
    async with house.database.unit_of_work() as session:
        await session.execute(update(OutboxEvent).values(**change))
    delivered = await deliver_all(house.database, house.registry)
    assert [failure.outcome for failure in delivered.failures] == [Outcome.DEAD]
    (row,) = await rows(house)
    assert row.dead_at is not None and row.last_error == said


async def test_a_relay_that_stops_lets_go_of_what_nobody_began(house: House) -> None:
    token = new_id()
    await ring(house, new_id(), 1)
    await claim(house, token)
    async with house.database.unit_of_work() as session:
        assert await claims.count_sent(session, token) == 1
        await claims.release(session, token)
        assert await claims.count_sent(session, token) == 0
    assert len(await claim(house, new_id())) == 1


def test_the_waits_double_up_to_an_hour_and_differ_by_chance() -> None:
    assert timedelta(seconds=2.5) <= backoff(1) <= timedelta(seconds=5)
    assert timedelta(seconds=160) <= backoff(7) <= timedelta(seconds=320)
    assert backoff(50) <= timedelta(hours=1)
    assert len({backoff(3) for _ in range(5)}) > 1
