"""What keeps the index whole by itself: a missing or broken one is rebuilt, and every night it is compared with the rows."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from sqlalchemy import select

from marketplace.db.session import Database, Session
from marketplace.discovery import indexer
from marketplace.discovery.documents import Kind
from marketplace.discovery.rebuild import rebuild
from marketplace.discovery.reconcile import reconcile
from marketplace.kernel.clock import local
from marketplace.volunteering.models import Shift
from matching.index import Condition, IndexIsBusy, SearchIndex, SearchUnavailable

_NIGHT_HOUR = 3
_JUST_BEGUN = timedelta(minutes=20)
_log = structlog.get_logger(__name__)


class _HouseCloses(Exception):
    """Ends long work between two batches."""


class Upkeep:
    """The repeated work. What takes long runs beside the task that starts it, so that no transaction waits for it; one thing at a time.

    Close it at the end.
    """

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._database = database
        self._index = index
        self._working: asyncio.Task[None] | None = None
        self._is_closing = False

    async def heal(self, session: Session) -> None:
        """Rebuild an index that is missing, broken or of another version; tell one that is well what it could not be told."""
        if await self.heal_now() is Condition.READY:
            await indexer.tell_owed(session, self._index)

    async def heal_now(self) -> Condition:
        """Begin to mend for whoever sees that something is wrong before the next round; gives the condition that was found."""
        condition = (await asyncio.to_thread(self._index.status)).condition
        if condition not in (Condition.READY, Condition.UNREACHABLE):
            self._begin(self._rebuild)
        return condition

    async def reconcile_at_night(self, session: Session) -> None:
        """Compare the index with the rows in the small hours, and mend what differs: news that was lost, words that were renamed."""
        if local(session.now()).hour == _NIGHT_HOUR:
            self.reconcile_soon()

    def reconcile_soon(self) -> None:
        """Compare and mend now, beside everything else."""
        self._begin(self._reconcile)

    async def pass_time(self, session: Session) -> None:
        """A shift that has begun is no longer one to come; nobody publishes that."""
        begun = await session.scalars(
            select(Shift.need_id)
            .where(Shift.starts_at.between(session.now() - _JUST_BEGUN, session.now()))
            .distinct()
        )
        await indexer.tell(session, self._index, Kind.NEED, begun.all())

    async def finish(self) -> None:
        """Wait for work under way."""
        if self._working is not None:
            await self._working

    async def close(self) -> None:
        """Stop work under way; the index that serves stays."""
        self._is_closing = True
        await self.finish()

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._watched(work))

    async def _watched(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except IndexIsBusy:
            _log.info("search.mended_elsewhere")
        except _HouseCloses:
            _log.info("search.mending_stopped")
        except SearchUnavailable as error:
            _log.warning("search.not_mended", reason=type(error).__name__)
        except Exception as error:
            _log.error("search.mending_failed", exc_info=error)

    async def _rebuild(self) -> None:
        _log.info("search.rebuilt", documents=await rebuild(self._database, self._index, self._may_go_on))

    async def _reconcile(self) -> None:
        done = await reconcile(self._database, self._index, self._may_go_on)
        _log.info("search.reconciled", looked_at=done.looked_at, told=done.told, unknown=done.unknown)
        if done.unknown:
            # No row leads to them, so only a fresh index is rid of them.
            await self._rebuild()

    def _may_go_on(self, _done: int) -> None:
        if self._is_closing:
            raise _HouseCloses()
