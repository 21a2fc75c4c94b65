"""What the index holds compared with what it should, batch by batch: what was lost is told again, what should be gone is removed."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from marketplace.db.session import Database
from marketplace.discovery import indexer, sources
from marketplace.discovery.documents import Change, Kind, digest
from marketplace.discovery.rebuild import BATCH, Progress, nobody_watches
from matching.index import Document, SearchIndex


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many rows were looked at, how many the index was told of again, and how many documents it holds of which no row knows."""

    looked_at: int
    told: int
    unknown: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some rows of one kind by id: what the index should know of them, and the digests of what it was told."""

    kind: Kind
    ids: Collection[UUID]
    changes: Mapping[UUID, Change]
    told: Mapping[UUID, bytes | None]

    @property
    def last(self) -> UUID:
        return max(self.ids)


async def reconcile(
    database: Database, index: SearchIndex, progress: Progress = nobody_watches
) -> Reconciled:
    """Mend every difference between the rows and the index. Raises SearchUnavailable.

    It costs a reading of every row and the writing of what differs: a city at rest writes nothing. Rows are read in short
    transactions, so that the house goes on meanwhile. ``progress`` hears the number of rows looked at after every batch.
    """
    looked_at = told = findable = 0
    for kind in Kind:
        batch = await _read(database, kind, None)
        while batch is not None:
            told += await _mend(database, index, batch)
            looked_at += len(batch.ids)
            findable += sum(isinstance(change, Document) for change in batch.changes.values())
            progress(looked_at)
            batch = await _read(database, kind, batch.last)
    held = (await asyncio.to_thread(index.status)).documents
    return Reconciled(looked_at, told, max(0, held - max(findable, await _findable(database))))


async def _read(database: Database, kind: Kind, after: UUID | None) -> _Batch | None:
    async with database.reading() as session:
        ids = await sources.all_ids_after(session, kind, after, BATCH)
        if not ids:
            return None
        changes = await sources.changes(session, kind, ids)
        return _Batch(kind, ids, changes, await indexer.told_before(session, kind, ids))


async def _mend(database: Database, index: SearchIndex, batch: _Batch) -> int:
    held = await asyncio.to_thread(index.versions, [change.id for change in batch.changes.values()])
    differing = [
        row_id for row_id, change in batch.changes.items() if _differs(change, held, batch.told.get(row_id))
    ]
    if not differing:
        return 0
    async with database.unit_of_work() as session:
        await indexer.tell_again(session, index, batch.kind, differing)
    return len(differing)


def _differs(change: Change, held: Mapping[str, int], told: bytes | None) -> bool:
    if not isinstance(change, Document):
        return change.id in held
    # A row that the index was never told of by itself came in with a rebuild: there its version must do.
    is_told_otherwise = told is not None and told != digest(change)
    return held.get(change.id, -1) < change.version or is_told_otherwise


async def _findable(database: Database) -> int:
    async with database.reading() as session:
        return sum([await sources.count(session, kind) for kind in Kind])
