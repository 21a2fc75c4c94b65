"""A fresh index from the database, beside the one that serves; it takes over when it is complete."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from marketplace.db.session import Database
from marketplace.discovery import sources
from marketplace.discovery.documents import Kind
from matching.index import Document, Rebuild, SearchIndex

BATCH = 500
Progress = Callable[[int], None]


def nobody_watches(_done: int) -> None:
    """Progress that nobody looks at."""


async def rebuild(database: Database, index: SearchIndex, progress: Progress = nobody_watches) -> int:
    """Build the index anew and let it take over; how many documents it holds.

    ``progress`` hears the number done so far after every batch. Raises IndexIsBusy when a rebuild is under way.
    Searches and changes go on meanwhile: changes reach the fresh index too, because reading begins after the rebuild has.
    """
    done = 0
    async with _beginning(index) as fresh:
        for kind in Kind:
            async for documents in _batches(database, kind):
                done += await asyncio.to_thread(fresh.add, documents)
                progress(done)
    return done


@asynccontextmanager
async def _beginning(index: SearchIndex) -> AsyncIterator[Rebuild]:
    fresh = await asyncio.to_thread(index.begin_rebuild)
    try:
        yield fresh
        await asyncio.to_thread(fresh.publish)
    finally:
        await asyncio.to_thread(fresh.discard)


async def _batches(database: Database, kind: Kind) -> AsyncIterator[list[Document]]:
    """Every findable row, in short readings: one long one would keep SQLite from tidying up its log."""
    last: UUID | None = None
    while True:
        async with database.reading() as session:
            ids = await sources.ids_after(session, kind, last, BATCH)
            changes = await sources.changes(session, kind, ids) if ids else {}
        if not ids:
            return
        last = ids[-1]
        yield [change for change in changes.values() if isinstance(change, Document)]
