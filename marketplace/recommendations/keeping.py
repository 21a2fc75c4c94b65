"""The house's volunteers as compact arrays in a folder: kept in step by news, renewed at night, rebuilt when missing or broken.

Whoever was erased or turned personal ranking off has no row. The arrays only find candidates; what is shown is read again
from the database and scored again from there.
"""

import asyncio
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import structlog

from marketplace.db.session import Database, Session
from marketplace.identity.volunteers import ids_after
from marketplace.kernel.clock import local
from marketplace.recommendations import facts
from marketplace.recommendations.inviting import RankingIsAway
from matching.arrays import VolunteerArrays
from matching.columns import ArraysAreBusy, ArraysAreMissing, ArraysAreUnusable
from matching.features import Opportunity, TagTree, Volunteer
from matching.ranking import rank
from matching.weights import Weights

_BATCH = 500
_NIGHT_HOUR = 4
# News waits in a transaction: rather delivered again a little later than kept waiting for a rebuild.
_PATIENCE = 0.2
_log = structlog.get_logger(__name__)


class _HouseCloses(Exception):
    """Ends a rebuild between two batches."""


class VolunteerStore:
    """The arrays and their upkeep. A rebuild runs beside the task that starts it, so that no transaction waits for it; close it at the end."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._arrays = VolunteerArrays(folder)
        self._rebuilding: asyncio.Task[None] | None = None
        self._is_closing = False
        self._was_checked = False

    async def best(self, opportunity: Opportunity, in_force: Weights, tree: TagTree, most: int) -> list[UUID]:
        """The ids of the people who suit best, the best first; in a thread. Raises RankingIsAway."""

        def ask() -> list[UUID]:
            return [one.id for one in rank(self._arrays, opportunity, in_force, most, tree=tree)]

        try:
            return await asyncio.to_thread(ask)
        except ArraysAreUnusable as error:
            raise RankingIsAway() from error

    async def tell(self, session: Session, person_ids: Collection[UUID]) -> None:
        """Write these people's rows as they are now, and blank those of whoever is not ranked.

        Arrays that are missing or broken are left alone: their rebuild reads everybody. Raises ArraysAreBusy, so that the news
        is delivered again.
        """
        ranked = await _ranked(session, person_ids)
        gone = set(person_ids) - ranked.keys()
        try:
            await asyncio.to_thread(self._write, ranked, gone)
        except ArraysAreMissing:
            # Before the first build there is nothing to tell, and nobody to worry.
            return
        except ArraysAreUnusable as error:
            _log.warning("recommendations.not_told", reason=type(error).__name__, people=len(person_ids))

    async def heal(self, _session: Session) -> None:
        """Repeated task: rebuild arrays that are missing, broken or of another format."""
        try:
            await asyncio.to_thread(self._look)
        except ArraysAreUnusable:
            self._begin()

    async def renew_at_night(self, session: Session) -> None:
        """Repeated task: rebuild in the small hours. Ages, reliability and rest change by time alone, and nobody publishes that."""
        if local(session.now()).hour == _NIGHT_HOUR:
            self._begin()

    async def rebuild(self) -> int:
        """Write everybody anew beside what serves, and take over; how many there are. Raises ArraysAreBusy."""
        with ExitStack() as until_done:
            writer = await asyncio.to_thread(until_done.enter_context, self._arrays.rebuilding())
            after: UUID | None = None
            written = 0
            while True:
                async with self._database.reading() as session:
                    ids = await ids_after(session, after, _BATCH)
                    ranked = await _ranked(session, ids)
                await asyncio.to_thread(writer.upsert, list(ranked.items()))
                written += len(ranked)
                if len(ids) < _BATCH:
                    return written
                after = ids[-1]
                if self._is_closing:
                    raise _HouseCloses()

    async def finish(self) -> None:
        """Wait for a rebuild under way."""
        if self._rebuilding is not None:
            await self._rebuilding

    async def close(self) -> None:
        """Stop a rebuild under way; what serves stays."""
        self._is_closing = True
        await self.finish()

    def _look(self) -> None:
        """At every row once, for whatever happened while nobody was here; afterwards at what serves."""
        reader = self._arrays.reading()
        if self._was_checked:
            reader.snapshot()
            return
        reader.check()
        self._was_checked = True

    def _write(self, ranked: dict[UUID, Volunteer], gone: Collection[UUID]) -> None:
        with self._arrays.writing(_PATIENCE) as writer:
            writer.upsert(list(ranked.items()))
            writer.remove(gone)

    def _begin(self) -> None:
        if self._rebuilding is None or self._rebuilding.done():
            self._rebuilding = asyncio.create_task(self._rebuild())

    async def _rebuild(self) -> None:
        try:
            _log.info("recommendations.rebuilt", people=await self.rebuild())
        except ArraysAreBusy:
            _log.info("recommendations.rebuilt_elsewhere")
        except _HouseCloses:
            _log.info("recommendations.rebuild_stopped")
        except Exception as error:
            _log.error("recommendations.rebuild_failed", exc_info=error)


async def _ranked(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Volunteer]:
    known = await facts.people(session, person_ids)
    return {person_id: one.today for person_id, one in known.items() if one.profile.may_be_ranked}
