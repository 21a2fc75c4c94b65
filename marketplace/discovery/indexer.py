"""Keep the index in step: re-read what changed, and tell the index what differs from what it was told before."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import structlog
from sqlalchemy import delete, select

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.discovery import sources
from marketplace.discovery.documents import Change, Kind, digest
from marketplace.discovery.models import IndexedDocument
from matching.index import Document, IndexIsBusy, Removal, SearchIndex, SearchUnavailable

_BATCH = 500
_log = structlog.get_logger(__name__)


async def tell(session: Session, index: SearchIndex, kind: Kind, ids: Collection[UUID]) -> int:
    """Tell the index how these rows are now; how many documents it was told of.

    An index that is missing, broken or out of reach is left alone, because news must not pile up meanwhile; what it was not told is noted
    as owed. Raises IndexIsBusy, so that the news is delivered again.
    """
    wanted = list(ids)
    return sum(
        [
            await _tell(session, index, kind, wanted[start : start + _BATCH])
            for start in range(0, len(wanted), _BATCH)
        ]
    )


async def tell_again(session: Session, index: SearchIndex, kind: Kind, ids: Collection[UUID]) -> int:
    """The same, whatever the index was told of these rows before."""
    await _forget(session, kind, ids)
    return await tell(session, index, kind, ids)


async def tell_owed(session: Session, index: SearchIndex) -> int:
    """Tell the index what it could not be told, a batch at a time; how many documents it was told of."""
    told = 0
    for kind in Kind:
        owed = await session.scalars(
            select(IndexedDocument.row_id)
            .where(IndexedDocument.kind == kind.value, IndexedDocument.owed_at.is_not(None))
            .limit(_BATCH)
        )
        told += await tell(session, index, kind, owed.all())
    return told


async def _tell(session: Session, index: SearchIndex, kind: Kind, ids: Collection[UUID]) -> int:
    changes = await sources.changes(session, kind, ids)
    known = await told_before(session, kind, ids)
    news = {
        row_id: change
        for row_id, change in changes.items()
        if row_id not in known or known[row_id] != _digest(change)
    }
    if not news:
        return 0
    try:
        await asyncio.to_thread(_write, index, list(news.values()))
    except IndexIsBusy:
        raise
    except SearchUnavailable as error:
        _log.warning("search.not_told", reason=type(error).__name__, documents=len(news))
        await _owe(session, kind, news)
        return 0
    await _note(session, kind, news)
    return len(news)


def _write(index: SearchIndex, changes: Collection[Change]) -> None:
    documents = [change for change in changes if isinstance(change, Document)]
    removals = [change for change in changes if isinstance(change, Removal)]
    if documents:
        index.upsert(documents)
    if removals:
        index.delete(removals)


def _digest(change: Change) -> bytes | None:
    return digest(change) if isinstance(change, Document) else None


async def told_before(session: Session, kind: Kind, ids: Collection[UUID]) -> dict[UUID, bytes | None]:
    """The digest of what the index was last told of each of these rows; None for one that it was told to forget."""
    rows = await session.execute(
        select(IndexedDocument.row_id, IndexedDocument.digest).where(
            IndexedDocument.kind == kind.value,
            IndexedDocument.row_id.in_(ids),
            IndexedDocument.owed_at.is_(None),
        )
    )
    return {row.row_id: row.digest for row in rows}


async def _note(session: Session, kind: Kind, told: dict[UUID, Change]) -> None:
    insert = upsert(session, IndexedDocument)
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=[IndexedDocument.kind, IndexedDocument.row_id],
            set_={"digest": insert.excluded.digest, "told_at": insert.excluded.told_at, "owed_at": None},
        ),
        [
            {"kind": kind.value, "row_id": row_id, "digest": _digest(change), "told_at": session.now()}
            for row_id, change in told.items()
        ],
    )


async def _owe(session: Session, kind: Kind, ids: Collection[UUID]) -> None:
    insert = upsert(session, IndexedDocument)
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=[IndexedDocument.kind, IndexedDocument.row_id],
            set_={"owed_at": insert.excluded.owed_at},
        ),
        [
            {"kind": kind.value, "row_id": row_id, "told_at": session.now(), "owed_at": session.now()}
            for row_id in ids
        ],
    )


async def _forget(session: Session, kind: Kind, ids: Collection[UUID]) -> None:
    """Nobody knows what the index holds of these now: next time it is told whatever they say."""
    await session.execute(
        delete(IndexedDocument).where(
            IndexedDocument.kind == kind.value, IndexedDocument.row_id.in_(list(ids))
        )
    )
