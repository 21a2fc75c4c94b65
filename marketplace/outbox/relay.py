"""The relay: finds events that may go, sends their ids to the broker, and sleeps until there is news or a second has passed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog

from marketplace.db.session import Database, Session
from marketplace.kernel.ids import new_id
from marketplace.outbox import claims
from marketplace.outbox.publish import HAS_NEWS
from marketplace.outbox.timing import USUAL, Timing

_BATCH = 100
# While this many wait in the broker the workers have enough to do. More would only sit there until the lease ran out.
_ENOUGH = 50
# A burst of commits wakes the relay once.
_GATHER_SECONDS = 0.02
Send = Callable[[Sequence[UUID], UUID], Awaitable[None]]
_log = structlog.get_logger(__name__)


class Relay:
    """One relay of one worker. Any number may run beside each other; none sends what another holds."""

    def __init__(self, database: Database, send: Send, timing: Timing = USUAL) -> None:
        self.token = new_id()
        self._database = database
        self._send = send
        self._timing = timing
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Send events until cancelled. Faults (the database or the broker is away) are logged and outlived."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                sent = await self.step()
            except Exception as error:
                _log.warning("relay.failed", exc_info=error)
                sent = 0
                self._news.clear()
            if sent < _BATCH:
                await self._wait()

    async def step(self) -> int:
        """Claim and send one batch; how many were sent. What could not be sent is let go at once."""
        async with self._database.unit_of_work() as session:
            if await claims.count_sent(session, self.token) >= _ENOUGH:
                return 0
            ids = await claims.claim(session, self.token, _BATCH, self._timing)
        if ids:
            try:
                await self._send(ids, self.token)
            except Exception:
                await self._let_go(ids)
                raise
        return len(ids)

    def wake(self) -> None:
        """There is news. May be called from any thread, also before ``run`` and after it."""
        if self._loop is None or self._loop.is_closed():
            return
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:  # closed between the question and the call
            return

    def after_commit(self, session: Session) -> None:
        """For ``Database.on_commit``: wakes the relay when the transaction published or finished something."""
        if session.info.get(HAS_NEWS):
            self.wake()

    async def stop(self) -> None:
        """Let go of what was sent and not begun, so that another relay need not wait for the lease. Call it after ``run`` ended."""
        async with self._database.unit_of_work() as session:
            await claims.release(session, self.token)

    async def _let_go(self, ids: Sequence[UUID]) -> None:
        async with self._database.unit_of_work() as session:
            await claims.release(session, self.token, ids)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._timing.poll.total_seconds()):
                await self._news.wait()
        except TimeoutError:
            pass
        else:
            await asyncio.sleep(_GATHER_SECONDS)
        self._news.clear()
