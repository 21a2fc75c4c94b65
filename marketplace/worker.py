"""A worker: relay, consumers, timetable and heartbeat over a house of its own; a process by itself or a guest in the web server."""

import asyncio
import queue
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import dramatiq
import structlog
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.middleware import Middleware

from marketplace import logs
from marketplace.bootstrap import House, open_house
from marketplace.db.session import Session
from marketplace.outbox import heartbeats, inbox, schedule
from marketplace.outbox.broker import Courier, open_broker
from marketplace.outbox.relay import Relay
from marketplace.outbox.timing import USUAL, Timing
from marketplace.settings import Settings

_THREADS = 8
_IDLE_MILLISECONDS = 200
_STOP_MILLISECONDS = 60_000
_LISTEN_SECONDS = 0.5
Opener = Callable[[Settings], House]
_log = structlog.get_logger(__name__)


class Worker:
    """One a process: Dramatiq keeps one event loop a process for its consumers, and everything here lives in that loop.

    ``open_house`` is called for a house of the worker's own, because a database engine belongs to the loop that uses it.
    """

    def __init__(self, settings: Settings, *, timing: Timing = USUAL, opener: Opener = open_house) -> None:
        self.name = heartbeats.worker_name()
        self._house = opener(settings)
        self._timing = timing
        broker = open_broker(settings.broker_url, settings.broker_namespace, _Beside(self))
        self._courier = Courier(broker, settings.broker_namespace, self._deliver)
        self._relay = Relay(self._house.database, self._courier.send, timing)
        self._house.database.on_commit = self._relay.after_commit
        self._dramatiq = dramatiq.Worker(broker, worker_threads=_THREADS, worker_timeout=_IDLE_MILLISECONDS)
        self._life: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._dramatiq.start()
        _log.info("worker.started", worker=self.name)

    def stop(self) -> None:
        """Finish what is begun, let go of the rest, say farewell. Blocks until done."""
        self._dramatiq.stop(timeout=_STOP_MILLISECONDS)
        self._courier.close()
        _log.info("worker.stopped", worker=self.name)

    def after_commit(self, session: Session) -> None:
        """For the ``on_commit`` of another Database of this process: its news wakes this worker's relay."""
        self._relay.after_commit(session)

    async def _deliver(self, event_id: UUID, token: UUID) -> None:
        await inbox.deliver(self._house.database, self._house.registry, event_id, token, self._timing)

    async def _live(self) -> None:
        self._life = asyncio.current_task()
        await asyncio.gather(
            self._relay.run(),
            _again(self._timing.beat.total_seconds(), self._beat),
            _again(self._timing.poll.total_seconds(), self._keep_timetable),
        )

    async def _beat(self) -> None:
        async with self._house.database.unit_of_work() as session:
            await heartbeats.beat(session, self.name)

    async def _keep_timetable(self) -> None:
        await schedule.run_due(self._house.database, self._house.registry, self._timing)

    async def _rest(self) -> None:
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait([self._life])

    async def _leave(self) -> None:
        try:
            await self._relay.stop()
            async with self._house.database.unit_of_work() as session:
                await heartbeats.farewell(session, self.name)
        finally:
            await self._house.close()

    def begin_life(self) -> None:
        """Called when the worker's event loop runs."""
        asyncio.run_coroutine_threadsafe(self._live(), _loop())

    def end_life(self) -> None:
        """Called before the consumers stop: nothing new is claimed from here on."""
        asyncio.run_coroutine_threadsafe(self._rest(), _loop()).result()

    def leave(self) -> None:
        """Called when the consumers have stopped and the loop still runs."""
        asyncio.run_coroutine_threadsafe(self._leave(), _loop()).result()


class _Beside(Middleware):
    """Ties the worker's life to that of Dramatiq's event loop."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def after_worker_boot(self, broker: Any, worker: Any) -> None:
        self._worker.begin_life()

    def before_worker_shutdown(self, broker: Any, worker: Any) -> None:
        self._worker.end_life()

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        self._worker.leave()


def _loop() -> asyncio.AbstractEventLoop:
    thread = get_event_loop_thread()
    assert thread is not None, "the AsyncIO middleware starts the loop before this worker lives"
    return thread.loop


async def _again(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    """``act`` every so often until cancelled; its faults are logged and outlived."""
    while True:
        try:
            await act()
        except Exception as error:
            _log.warning("worker.fault", act=act.__name__, exc_info=error)
        await asyncio.sleep(seconds)


def start_in_process(settings: Settings) -> Worker:
    """A running worker in this process; call its ``stop`` at the end."""
    worker = Worker(settings)
    worker.start()
    return worker


@asynccontextmanager
async def beside(house: House) -> AsyncIterator[None]:
    """While the block lasts, jobs run in this process, unless a broker is set and separate workers do them.

    For the web server's lifespan: ``create_app(house, lifespan=lambda app: worker.beside(house))``.
    """
    if house.settings.broker_url:
        yield
        return
    worker = await asyncio.to_thread(start_in_process, house.settings)
    house.database.on_commit = worker.after_commit
    try:
        yield
    finally:
        house.database.on_commit = None
        await asyncio.to_thread(worker.stop)


def run(settings: Settings, *, timing: Timing = USUAL, opener: Opener = open_house) -> None:
    """Work until SIGTERM or SIGINT, then end in good order: what ``marketplace worker`` does."""
    logs.configure(settings)
    # A queue that a signal's handler may use, and a wait that ends by itself: a signal that another thread received
    # does not wake this one, its handler runs when the wait is over.
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: ended.put(received))
    worker = Worker(settings, timing=timing, opener=opener)
    worker.start()
    while True:
        with suppress(queue.Empty):
            ended.get(timeout=_LISTEN_SECONDS)
            break
    worker.stop()
