"""Every saved search in this process's memory, brought up to date before each use, and asked about documents."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, or_, select

from marketplace.db.session import Database, Session
from marketplace.discovery import saved_wishes
from marketplace.discovery.saved_models import SavedSearch
from matching.index import Document, Query
from matching.saved import SavedSearches
from matching.text import Readings

_PAGE = 5_000
_Place = tuple[int, UUID | None]


class Watch:
    """The searches of all people. One a process; two tasks of it take turns.

    The first use reads every search, a later one only those with a higher change number than it saw: numbers are given out under a
    lock that is held until the commit, so whoever sees one has seen all below it. Searches that were given up are forgotten when
    they are met and the database does not have them.
    """

    def __init__(self, readings: Readings) -> None:
        self._saved = SavedSearches[UUID](readings)
        self._seen: _Place = (0, None)
        self._turn = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._saved)

    async def is_idle(self, session: Session) -> bool:
        """Whether nobody watches anything, so that no document need be made."""
        async with self._turn:
            await self._catch_up(session)
            return not len(self._saved)

    async def matching(self, session: Session, documents: Mapping[UUID, Document]) -> dict[UUID, set[UUID]]:
        """For each need's document the searches that would find it, as the database knows them now."""
        async with self._turn:
            await self._catch_up(session)
            return await asyncio.to_thread(self._meet, documents)

    async def keep_up(self, database: Database) -> None:
        """Repeated errand: catch up beforehand, outside of anybody's transaction, so that news need not wait for the first reading."""
        async with database.reading() as session, self._turn:
            await self._catch_up(session)

    async def forget(self, search_ids: Collection[UUID]) -> None:
        """Drop searches that the database does not have any more."""
        async with self._turn:
            for search_id in search_ids:
                self._saved.remove(search_id)

    async def _catch_up(self, session: Session) -> None:
        while rows := (await session.execute(_changed_since(self._seen))).all():
            origins = await saved_wishes.origins(session, rows)
            await asyncio.to_thread(self._take, rows, origins)
            self._seen = (rows[-1].change_number, rows[-1].id)
            if len(rows) < _PAGE:
                break
        # No later change can have this number, so the next look need not ask for its ids.
        self._seen = (self._seen[0], None)

    def _take(self, rows: Sequence[Row[Any]], origins: Mapping[UUID, Any]) -> None:
        for row in rows:
            query = None if row.paused_at else _query(row.wishes, origins.get(row.id), row.watches_from)
            if query is None:
                self._saved.remove(row.id)
            else:
                self._saved.put(row.id, query)

    def _meet(self, documents: Mapping[UUID, Document]) -> dict[UUID, set[UUID]]:
        return {need_id: self._saved.matching(document) for need_id, document in documents.items()}


def _changed_since(seen: _Place) -> Select[*tuple[Any, ...]]:
    number, last = seen
    later = SavedSearch.change_number > number
    if last is not None:
        later = or_(later, (SavedSearch.change_number == number) & (SavedSearch.id > last))
    return (
        select(
            SavedSearch.id,
            SavedSearch.person_id,
            SavedSearch.wishes,
            SavedSearch.paused_at,
            SavedSearch.watches_from,
            SavedSearch.change_number,
        )
        .where(later)
        .order_by(SavedSearch.change_number, SavedSearch.id)
        .limit(_PAGE)
    )


def _query(stored: dict[str, Any], origin: Any, watches_from: datetime) -> Query | None:
    wishes = saved_wishes.read_back(stored)
    return None if wishes is None else saved_wishes.query_of(wishes, origin, watches_from)
