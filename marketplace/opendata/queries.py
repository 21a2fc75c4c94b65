"""Reads open data: the feed after a cursor, the releases and the record of one process. All of it is public, so nobody is asked who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import func, select

from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, decode_cursor, encode_cursor
from marketplace.opendata.merging import compiled
from marketplace.opendata.models import ImportedRelease, OcdsRecord, OcdsRelease

MOST_RELEASES = 100
LONGEST_OCID = 200


class FeedLimitIsInvalid(Invalid):
    """``limit`` must lie between 1 and MOST_RELEASES."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One release of ours, as it was published. ``position`` is its place in the feed."""

    id: UUID
    position: int
    ocid: str
    release_id: str
    tags: Sequence[str]
    released_at: datetime
    body: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A stretch of the feed. ``cursor`` leads on from here, also when nothing has come after it yet."""

    rows: Sequence[FeedRow]
    cursor: str


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known about one process. ``source`` is empty for ours, and says where an imported one is from."""

    ocid: str
    releases: Sequence[FeedRow]
    compiled: str
    source: str | None = None
    publisher: str | None = None


_ROW = (
    OcdsRelease.id,
    OcdsRelease.position,
    OcdsRelease.ocid,
    OcdsRelease.release_id,
    OcdsRelease.tags,
    OcdsRelease.released_at,
    OcdsRelease.body,
    OcdsRelease.content_hash,
)


async def feed(session: Session, after: str | None, limit: int) -> FeedPage:
    """The next ``limit`` releases after a cursor. Raises CursorIsInvalid, FeedLimitIsInvalid.

    Positions are given out at commit, one transaction at a time, so everything up to the last position of a page was visible when it
    was read: following the cursor neither skips nor repeats.
    """
    if not 1 <= limit <= MOST_RELEASES:
        raise FeedLimitIsInvalid(limit=limit, most=MOST_RELEASES)
    position = decode_cursor(after, int)[0] if after else 0
    found = await session.execute(
        select(*_ROW).where(OcdsRelease.position > position).order_by(OcdsRelease.position).limit(limit)
    )
    rows = [FeedRow(*row) for row in found]
    return FeedPage(rows, encode_cursor(rows[-1].position if rows else position))


async def releases_page(session: Session, _viewer: Viewer, request: PageRequest) -> Page[FeedRow]:
    """The feed as a list of the graph."""
    found = await session.execute(rising(select(*_ROW), request, OcdsRelease.position))
    return cut([FeedRow(*row) for row in found], request, lambda row: encode_cursor(row.position))


async def known(session: Session, ocid: str) -> Known:
    """All about the process with that ocid, ours or imported. Raises NotFound."""
    if not 0 < len(ocid) <= LONGEST_OCID or "\0" in ocid:
        raise NotFound()
    record = (
        await session.execute(
            select(OcdsRecord.process_id, OcdsRecord.body).where(
                OcdsRecord.ocid == ocid, OcdsRecord.releases > 0
            )
        )
    ).one_or_none()
    if record is None:
        return await _imported(session, ocid)
    found = await session.execute(
        select(*_ROW).where(OcdsRelease.process_id == record.process_id).order_by(OcdsRelease.number)
    )
    return Known(ocid, [FeedRow(*row) for row in found], record.body)


async def _imported(session: Session, ocid: str) -> Known:
    """Somebody else's process. Where they sent compiled releases beside single ones, the single ones are merged; of compiled ones
    alone the newest counts."""
    rows = list(
        await session.scalars(
            select(ImportedRelease)
            .where(ImportedRelease.ocid == ocid)
            .order_by(ImportedRelease.is_compiled, ImportedRelease.released_at, ImportedRelease.release_id)
        )
    )
    if not rows:
        raise NotFound()
    single = [row for row in rows if not row.is_compiled]
    whole = rows[-1].body if not single else _compiled(single)
    return Known(ocid, [_row(row) for row in single or rows[-1:]], whole, rows[0].source, rows[0].publisher)


def _compiled(rows: Sequence[ImportedRelease]) -> str:
    return orjson.dumps(compiled(orjson.loads(row.body) for row in rows)).decode()


def _row(row: ImportedRelease) -> FeedRow:
    tags = orjson.loads(row.body)["tag"]
    return FeedRow(row.id, 0, row.ocid, row.release_id, tags, row.released_at, row.body, row.content_hash)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What there is: releases of ours, processes of ours by year, and processes of others by where they are from."""

    releases: int
    processes: Mapping[int, int]
    imported: Mapping[str, int]


async def holdings(session: Session) -> Holdings:
    """The figures of the open-data page."""
    releases = await session.scalar(select(func.count()).select_from(OcdsRelease)) or 0
    years = await session.execute(
        select(OcdsRecord.year, func.count())
        .where(OcdsRecord.releases > 0)
        .group_by(OcdsRecord.year)
        .order_by(OcdsRecord.year.desc())
    )
    sources = await session.execute(
        select(ImportedRelease.source, func.count(ImportedRelease.ocid.distinct()))
        .group_by(ImportedRelease.source)
        .order_by(ImportedRelease.source)
        .limit(100)
    )
    return Holdings(releases, {row[0]: row[1] for row in years}, {row[0]: row[1] for row in sources})
