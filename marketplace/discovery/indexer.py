"""Keep the index in step: re-read what changed, and tell the index what differs from what it was told before."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.db.session import Session
from marketplace.discovery import sources
from marketplace.discovery.documents import Change, Kind, digest
from marketplace.discovery.models import IndexedDocument
from matching.index import Document, IndexIsBusy, Removal, SearchIndex, SearchUnavailable

_BATCH = 500
_log = structlog.get_logger(__name__)


async def tell(session: Session, index: SearchIndex, kind: Kind, ids: Collection[UUID]) -> int:
    """Tell the index how these rows are now; how many documents it was told of.

    An index that is missing or broken is left alone: its rebuild reads every row anyway, and news must not pile up meanwhile.
    Raises IndexIsBusy, so that the news is delivered again.
    """
    wanted = list(ids)
    return sum(
        [
            await _tell(session, index, kind, wanted[start : start + _BATCH])
            for start in range(0, len(wanted), _BATCH)
        ]
    )


async def _tell(session: Session, index: SearchIndex, kind: Kind, ids: Collection[UUID]) -> int:
    changes = await sources.changes(session, kind, ids)
    known = await _told_before(session, kind, ids)
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
        await _forget(session, kind, news)
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


async def _told_before(session: Session, kind: Kind, ids: Collection[UUID]) -> dict[UUID, bytes | None]:
    rows = await session.execute(
        select(IndexedDocument.row_id, IndexedDocument.digest).where(
            IndexedDocument.kind == kind.value, IndexedDocument.row_id.in_(ids)
        )
    )
    return {row.row_id: row.digest for row in rows}


async def _note(session: Session, kind: Kind, told: dict[UUID, Change]) -> None:
    insert = (postgresql.insert if session.is_postgresql else sqlite.insert)(IndexedDocument)
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=[IndexedDocument.kind, IndexedDocument.row_id],
            set_={"digest": insert.excluded.digest, "told_at": insert.excluded.told_at},
        ),
        [
            {"kind": kind.value, "row_id": row_id, "digest": _digest(change), "told_at": session.now()}
            for row_id, change in told.items()
        ],
    )


async def _forget(session: Session, kind: Kind, told: dict[UUID, Change]) -> None:
    """Nobody knows what the index holds of these now: next time it is told whatever they say."""
    await session.execute(
        delete(IndexedDocument).where(
            IndexedDocument.kind == kind.value, IndexedDocument.row_id.in_(list(told))
        )
    )
