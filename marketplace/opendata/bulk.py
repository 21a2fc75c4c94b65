"""Everything of a year, or of all years, a compiled release a line: streamed from short transactions, so memory stays flat and no
slow reader holds a connection."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, func, select

from marketplace.db.session import Database, Session
from marketplace.opendata.merging import compiled
from marketplace.opendata.models import OcdsRecord, OcdsRelease

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Edition:
    """A bulk file as it was when the feed stood at ``position``. The same edition has the same bytes, whenever it is streamed."""

    year: int | None
    position: int

    @property
    def tag(self) -> str:
        """What tells this edition from every other."""
        return hashlib.sha256(f"{self.year}:{self.position}".encode()).hexdigest()[:32]


async def edition(session: Session, year: int | None) -> Edition | None:
    """The newest edition of a year's file, or of everything; None when there is nothing in it."""
    position = await session.scalar(select(func.max(OcdsRecord.last_position)).where(*_of_year(year)))
    return Edition(year, position) if position else None


async def lines(database: Database, edition: Edition) -> AsyncIterator[bytes]:
    """The file, some lines at a time, in the order of the ocids."""
    after = ""
    while True:
        async with database.reading() as session:
            rows = await _stretch(session, edition, after)
            if not rows:
                return
            texts = [
                row.body if row.last_position <= edition.position else await _as_of(session, row, edition)
                for row in rows
            ]
        yield "".join(f"{text}\n" for text in texts if text).encode()
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].ocid


async def releases(database: Database, year: int | None) -> AsyncIterator[bytes]:
    """Every release of ours in the order of the feed, a line each."""
    after = 0
    while True:
        query = (
            select(OcdsRelease.position, OcdsRelease.body)
            .where(OcdsRelease.position > after)
            .order_by(OcdsRelease.position)
            .limit(_AT_ONCE)
        )
        if year is not None:
            query = query.join(OcdsRecord, OcdsRecord.process_id == OcdsRelease.process_id).where(
                OcdsRecord.year == year
            )
        async with database.reading() as session:
            rows = (await session.execute(query)).all()
        if not rows:
            return
        yield "".join(f"{row.body}\n" for row in rows).encode()
        after = rows[-1].position


async def _stretch(session: Session, edition: Edition, after: str) -> Sequence[Any]:
    found = await session.execute(
        select(OcdsRecord.ocid, OcdsRecord.process_id, OcdsRecord.body, OcdsRecord.last_position)
        .where(*_of_year(edition.year), OcdsRecord.ocid > after)
        .order_by(OcdsRecord.ocid)
        .limit(_AT_ONCE)
    )
    return found.all()


async def _as_of(session: Session, row: Any, edition: Edition) -> str:
    """The record as it was at the edition's position: something was published while the file was on its way."""
    bodies = await session.scalars(
        select(OcdsRelease.body)
        .where(OcdsRelease.process_id == row.process_id, OcdsRelease.position <= edition.position)
        .order_by(OcdsRelease.number)
    )
    earlier = [orjson.loads(body) for body in bodies]
    return orjson.dumps(compiled(earlier)).decode() if earlier else ""


def _of_year(year: int | None) -> list[ColumnElement[bool]]:
    return [OcdsRecord.releases > 0, *([] if year is None else [OcdsRecord.year == year])]
