"""Real worker processes: one is killed in the middle of a job, several share the work, and none loses or repeats anything."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pika
import pytest
import redis
from sqlalchemy import func, select

from marketplace.db.session import Database
from marketplace.kernel.ids import new_id
from marketplace.outbox.models import OutboxEvent, WorkerHeartbeat
from marketplace.outbox.publish import publish
from marketplace.settings import Settings
from tests.outbox.bell_worker import SECOND_VOICE
from tests.outbox.news import BellRung, heard
from tests.services import RABBITMQ_URL, REDIS_URL, need_rabbitmq, need_redis

SECONDS = 40


@pytest.fixture(params=["in process", "redis", "rabbitmq"])
def broker_url(request: pytest.FixtureRequest) -> str:
    """Each way in which ids travel, where its server answers."""
    if request.param == "redis":
        need_redis()
        return REDIS_URL
    if request.param == "rabbitmq":
        need_rabbitmq()
        return RABBITMQ_URL
    return ""


@pytest.fixture
def workers(settings: Settings, broker_url: str, tmp_path: Path) -> Iterator["Workers"]:
    namespace = f"wushe_test_{uuid4().hex[:10]}"
    with ExitStack() as stack:
        stack.callback(_forget, broker_url, namespace)
        yield Workers(
            settings.model_copy(update={"broker_url": broker_url, "broker_namespace": namespace}),
            tmp_path,
            stack,
        )


def _forget(broker_url: str, namespace: str) -> None:
    """Leave nothing in a shared Redis or RabbitMQ."""
    if broker_url.startswith("redis"):
        client = redis.Redis.from_url(broker_url)
        for key in client.scan_iter(f"{namespace}*"):
            client.delete(key)
    if broker_url.startswith("amqp"):
        with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection:
            for ending in ("", ".DQ", ".XQ"):
                connection.channel().queue_delete(f"{namespace}.events{ending}")


class Workers:
    """Starts worker processes on one house, and ends those it started."""

    def __init__(self, settings: Settings, folder: Path, stack: ExitStack) -> None:
        self.settings, self._folder, self._stack = settings, folder, stack

    def start(self, hang_mark: Path | None = None) -> "subprocess.Popen[bytes]":
        given = self.settings.model_dump(mode="json", exclude={"secret", "code_gateway_token"})
        given["secret"] = self.settings.secret.get_secret_value()
        path = self._folder / f"worker-{uuid4().hex}.json"
        path.write_text(json.dumps({"settings": given, "hang_mark": str(hang_mark or "")}))
        process = subprocess.Popen([sys.executable, "-m", "tests.outbox.bell_worker", str(path)])
        self._stack.callback(_end, process)
        return process


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


@contextmanager
def the_database(settings: Settings) -> Iterator[Callable[..., object]]:
    """Run coroutines that take the house's database, each in a loop and an engine of its own."""

    def ask(question: Callable[..., object], *facts: object) -> object:
        async def with_database() -> object:
            database = Database(settings.database_url)
            try:
                return await question(database, *facts)  # type: ignore[misc]
            finally:
                await database.close()

        return asyncio.run(with_database())

    yield ask


def until(is_so: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < ends, f"waited {SECONDS} s for {what}"
        time.sleep(0.1)


async def ring(database: Database, bells: list[UUID], strokes: int) -> None:
    for number in range(1, strokes + 1):
        async with database.unit_of_work() as session:
            for bell in bells:
                await publish(session, BellRung(bell, number))


async def unfinished(database: Database) -> int:
    async with database.reading() as session:
        query = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.done_at.is_(None))
        return await session.scalar(query) or 0


async def attempts(database: Database) -> list[int]:
    async with database.reading() as session:
        return list(await session.scalars(select(OutboxEvent.attempts)))


async def workers_alive(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(WorkerHeartbeat)) or 0


def test_a_killed_worker_loses_nothing_and_repeats_nothing(workers: Workers, tmp_path: Path) -> None:
    bell, mark = new_id(), tmp_path / "in-the-middle"
    with the_database(workers.settings) as ask:
        ask(ring, [bell], 1)
        first = workers.start(hang_mark=mark)
        until(mark.exists, "the worker to be in the middle of the job")
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert ask(heard, bell) == [1], "the first effect is there, the second was never committed"
        workers.start()
        until(lambda: ask(unfinished) == 0, "another worker to finish the job")
        assert ask(heard, bell) == [1, 1 + SECOND_VOICE]
        assert ask(attempts) == [2]


def test_several_workers_keep_each_stream_in_order(workers: Workers) -> None:
    bells, strokes = [new_id() for _ in range(6)], 8
    with the_database(workers.settings) as ask:
        for _ in range(3):
            workers.start()
        ask(ring, bells, strokes)
        until(lambda: ask(unfinished) == 0, "all strokes to be heard")
        expected = [number + voice for number in range(1, strokes + 1) for voice in (0, SECOND_VOICE)]
        for bell in bells:
            assert ask(heard, bell) == expected
        assert set(ask(attempts)) == {1}  # type: ignore[call-overload]


def test_a_worker_that_is_asked_to_stop_says_farewell(workers: Workers) -> None:
    with the_database(workers.settings) as ask:
        process = workers.start()
        until(lambda: ask(workers_alive) == 1, "the first heartbeat")
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
        assert ask(workers_alive) == 0
