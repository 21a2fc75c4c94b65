"""Repeated tasks run on one worker at a time; a worker in this process wakes at once; old rows go; heartbeats grow stale."""

import asyncio
import time
from datetime import timedelta

from sqlalchemy import func, select, update

from marketplace.bootstrap import House, open_house
from marketplace.db import audit
from marketplace.db.audit import AuditEntry
from marketplace.db.session import Session
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.outbox import heartbeats, schedule
from marketplace.outbox.handlers import KEEP_DONE, prune
from marketplace.outbox.models import InboxEntry, OutboxEvent, ScheduledRun, WorkerHeartbeat
from marketplace.outbox.publish import publish
from marketplace.outbox.registry import Registry
from marketplace.outbox.timing import USUAL, Timing
from marketplace.settings import Settings
from marketplace.worker import Worker, beside
from tests.deliveries import drain
from tests.outbox.news import BellRung, heard, write_down


async def tick(session: Session) -> None:
    audit.record(session, None, "clock.ticked", ("clock", "tests"))


async def ticks(house: House) -> int:
    async with house.database.reading() as session:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "clock.ticked")
        return await session.scalar(query) or 0


def timetable() -> Registry:
    registry = Registry()
    registry.repeat("tests.tick", timedelta(minutes=5), tick)
    return registry


async def test_a_task_runs_at_once_and_then_when_it_is_due_again(house: House, clock: FixedClock) -> None:
    registry = timetable()
    assert await schedule.run_due(house.database, registry) == 1
    assert await schedule.run_due(house.database, registry) == 0
    clock.advance(timedelta(minutes=5))
    assert await schedule.run_due(house.database, registry) == 1
    assert await ticks(house) == 2


async def test_rival_workers_run_a_task_once(house: House) -> None:
    registry = timetable()
    ran = await asyncio.gather(*(schedule.run_due(house.database, registry) for _ in range(5)))
    assert sorted(ran) == [0, 0, 0, 0, 1]
    assert await ticks(house) == 1


async def test_a_task_that_fails_changes_nothing_and_is_tried_again_soon(
    house: House, clock: FixedClock
) -> None:
    registry = Registry()

    async def broken(session: Session) -> None:
        await tick(session)
        raise RuntimeError("13800138000")

    registry.repeat("tests.broken", timedelta(hours=6), broken)
    assert await schedule.run_due(house.database, registry) == 0
    assert await ticks(house) == 0
    async with house.database.reading() as session:
        run = (await session.scalars(select(ScheduledRun))).one()
    assert run.last_error == "RuntimeError" and run.last_finished_at is None
    assert run.due_at == clock.now() + timedelta(minutes=1)


async def test_a_task_whose_worker_died_is_taken_over(house: House, clock: FixedClock) -> None:
    registry = timetable()
    async with house.database.unit_of_work() as session:
        session.add(
            ScheduledRun(
                name="tests.tick", due_at=clock.now(), lease_token=new_id(), leased_until=clock.now()
            )
        )
        await session.execute(update(ScheduledRun).values(leased_until=clock.now() + USUAL.task_limit))
    assert await schedule.run_due(house.database, registry) == 0
    clock.advance(USUAL.task_limit)
    assert await schedule.run_due(house.database, registry) == 1


async def test_a_task_that_is_interrupted_is_due_for_the_next_worker(house: House) -> None:
    registry, begun = Registry(), asyncio.Event()

    async def endless(session: Session) -> None:
        await tick(session)
        begun.set()
        await asyncio.sleep(60)

    registry.repeat("tests.endless", timedelta(hours=6), endless)
    running = asyncio.create_task(schedule.run_due(house.database, registry))
    await begun.wait()
    running.cancel()
    await asyncio.wait([running])
    assert await ticks(house) == 0
    registry.tasks.clear()
    registry.repeat("tests.endless", timedelta(hours=6), tick)
    assert await schedule.run_due(house.database, registry) == 1


async def test_old_delivered_events_go_and_open_ones_stay(house: House, clock: FixedClock) -> None:
    house.registry.on(BellRung, "tests.write", write_down)
    async with house.database.unit_of_work() as session:
        await publish(session, BellRung(new_id(), 1))
    await drain(house)
    async with house.database.unit_of_work() as session:
        await heartbeats.beat(session, "long gone")
    clock.advance(KEEP_DONE + timedelta(seconds=1))
    waiting = new_id()
    async with house.database.unit_of_work() as session:
        await publish(session, BellRung(waiting, 1))
    async with house.database.unit_of_work() as session:
        await prune(session)
    async with house.database.reading() as session:
        assert list(await session.scalars(select(OutboxEvent.stream_id))) == [waiting]
        assert list(await session.scalars(select(InboxEntry.event_id))) == []
        assert list(await session.scalars(select(WorkerHeartbeat.worker))) == []


async def test_a_heartbeat_grows_stale(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        await heartbeats.beat(session, "first")
        await heartbeats.beat(session, "first")
    clock.advance(heartbeats.FRESH + timedelta(seconds=1))
    async with house.database.unit_of_work() as session:
        await heartbeats.beat(session, "second")
    async with house.database.reading() as session:
        beats = [(beat.worker, beat.is_fresh) for beat in await heartbeats.beats(session)]
    assert beats == [("second", True), ("first", False)]
    async with house.database.unit_of_work() as session:
        await heartbeats.farewell(session, "second")
        assert [beat.worker for beat in await heartbeats.beats(session)] == ["first"]


def _with_a_bell(settings: Settings) -> House:
    house = open_house(settings)
    house.registry.on(BellRung, "tests.write", write_down)
    return house


async def _until_heard(house: House, bell: object, seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if await heard(house.database, bell):  # type: ignore[arg-type]
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_commit_with_news_wakes_the_worker_in_this_process(settings: Settings) -> None:
    """It would sleep for an hour otherwise."""
    house, bell = open_house(settings), new_id()
    worker = Worker(settings, timing=Timing(poll=timedelta(hours=1)), opener=_with_a_bell)
    await asyncio.to_thread(worker.start)
    try:
        await asyncio.sleep(0.5)
        house.database.on_commit = worker.after_commit
        async with house.database.unit_of_work() as session:
            await publish(session, BellRung(bell, 1), BellRung(bell, 2))
        assert await _until_heard(house, bell, 20)
    finally:
        await asyncio.to_thread(worker.stop)
        await house.close()


async def test_the_worker_beside_the_pages_lives_as_long_as_they_do(settings: Settings) -> None:
    house = open_house(settings)
    async with beside(house):
        assert house.database.on_commit is not None
        async with house.database.reading() as session:
            ends = time.monotonic() + 20
            while not await heartbeats.beats(session) and time.monotonic() < ends:
                await session.rollback()
                await asyncio.sleep(0.05)
            assert [beat.is_fresh for beat in await heartbeats.beats(session)] == [True]
    assert house.database.on_commit is None
    async with house.database.reading() as session:
        assert await heartbeats.beats(session) == []
    await house.close()


async def test_with_a_broker_the_pages_run_no_worker(settings: Settings) -> None:
    house = open_house(settings.model_copy(update={"broker_url": "redis://127.0.0.1:1/0"}))
    async with beside(house):
        assert house.database.on_commit is None
    await house.close()
