"""What keeps the index whole by itself: a missing or broken one is rebuilt, and every night a fresh one takes over."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import select

from marketplace.db.session import Database, Session
from marketplace.discovery import indexer
from marketplace.discovery.documents import Kind
from marketplace.discovery.rebuild import rebuild
from marketplace.kernel.clock import local
from marketplace.volunteering.models import Shift
from matching.index import Condition, IndexIsBusy, SearchIndex

_NIGHT_HOUR = 3
_JUST_BEGUN = timedelta(minutes=20)
_log = structlog.get_logger(__name__)


class _HouseCloses(Exception):
    """Ends a rebuild between two batches."""


class Upkeep:
    """The repeated work. A rebuild runs beside the task that starts it, so that no transaction waits for it; close it at the end."""

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._database = database
        self._index = index
        self._rebuilding: asyncio.Task[None] | None = None
        self._is_closing = False

    async def heal(self, _session: Session) -> None:
        """Rebuild an index that is missing, broken or of another version."""
        if (await asyncio.to_thread(self._index.status)).condition is not Condition.READY:
            self._begin()

    async def renew_at_night(self, session: Session) -> None:
        """Rebuild in the small hours, whatever the index looks like.

        It heals every difference at once: lost news, renamed tags, new synonyms. Comparing would cost nearly as much.
        """
        if local(session.now()).hour == _NIGHT_HOUR:
            self._begin()

    async def pass_time(self, session: Session) -> None:
        """A shift that has begun is no longer one to come; nobody publishes that."""
        begun = await session.scalars(
            select(Shift.need_id)
            .where(Shift.starts_at.between(session.now() - _JUST_BEGUN, session.now()))
            .distinct()
        )
        await indexer.tell(session, self._index, Kind.NEED, begun.all())

    async def finish(self) -> None:
        """Wait for a rebuild under way."""
        if self._rebuilding is not None:
            await self._rebuilding

    async def close(self) -> None:
        """Stop a rebuild under way; the index that serves stays."""
        self._is_closing = True
        await self.finish()

    def _begin(self) -> None:
        if self._rebuilding is None or self._rebuilding.done():
            self._rebuilding = asyncio.create_task(self._rebuild())

    async def _rebuild(self) -> None:
        try:
            _log.info("search.rebuilt", documents=await rebuild(self._database, self._index, self._may_go_on))
        except IndexIsBusy:
            _log.info("search.rebuilt_elsewhere")
        except _HouseCloses:
            _log.info("search.rebuild_stopped")
        except Exception as error:
            _log.error("search.rebuild_failed", exc_info=error)

    def _may_go_on(self, _done: int) -> None:
        if self._is_closing:
            raise _HouseCloses()
