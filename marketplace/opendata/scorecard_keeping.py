"""Keeps a dump of every computed rating period: made by the worker when scorecards changed, verified before it is shown, then downloaded.

A dump that does not come out is not published: something changed while it was written, and the next round makes it again.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from marketplace.db.insert import upsert
from marketplace.db.session import Database, Session
from marketplace.delivery.ratings.models import RatingPeriod
from marketplace.delivery.scorecards.models import Scorecard
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileStore
from marketplace.opendata import scorecard_dump
from marketplace.opendata import scorecard_files as files
from marketplace.opendata.models import ScorecardDump
from marketplace.opendata.scorecard_check import Check

MOST_LISTED = 36


class DumpDoesNotComeOut(Exception):
    """What was written is not what was published: tried again with the next round."""


@dataclass(frozen=True, slots=True)
class KeptDump:
    """A dump that can be downloaded. ``sha256`` is of its bytes."""

    starts_on: date
    ends_on: date
    size: int
    scorecards: int
    ratings: int
    sha256: str
    made_at: datetime

    @property
    def month(self) -> str:
        """As its address says it."""
        return f"{self.starts_on:%Y-%m}"

    @property
    def file_name(self) -> str:
        return f"scorecards-{self.month}.zip"


async def keep_up(database: Database, store: FileStore, license: str) -> None:
    """Make the dumps that are missing or older than their scorecards, the newest period first. Raises DumpDoesNotComeOut, after the others."""
    async with database.reading() as session:
        due = await _due(session)
    failed: DumpDoesNotComeOut | None = None
    for starts_on in due:
        try:
            await _make(database, store, license, starts_on)
        except DumpDoesNotComeOut as error:
            failed = error
    if failed is not None:
        raise failed


async def newest(session: Session, most: int = MOST_LISTED) -> Sequence[KeptDump]:
    """The dumps that there are, the newest first. Public: nobody is asked who asks."""
    rows = await session.execute(_kept().order_by(RatingPeriod.starts_on.desc()).limit(most))
    return [_row(dump, starts_on, ends_on) for dump, starts_on, ends_on in rows]


async def of_month(session: Session, starts_on: date) -> KeptDump:
    """The dump of the period that begins on that day. Raises NotFound."""
    found = (await session.execute(_kept().where(RatingPeriod.starts_on == starts_on))).one_or_none()
    if found is None:
        raise NotFound()
    return _row(*found)


async def _due(session: Session) -> Sequence[date]:
    """Periods with scorecards that are newer than their dump, by their first day."""
    computed = (
        select(Scorecard.period_id, func.max(Scorecard.computed_at).label("at"))
        .group_by(Scorecard.period_id)
        .subquery()
    )
    found = await session.scalars(
        select(RatingPeriod.starts_on)
        .join(computed, computed.c.period_id == RatingPeriod.id)
        .outerjoin(ScorecardDump, ScorecardDump.period_id == RatingPeriod.id)
        .where(
            RatingPeriod.closed_at.is_not(None),
            or_(ScorecardDump.period_id.is_(None), ScorecardDump.computed_at < computed.c.at),
        )
        .order_by(RatingPeriod.starts_on.desc())
    )
    return found.all()


async def _make(database: Database, store: FileStore, license: str, starts_on: date) -> None:
    with tempfile.TemporaryDirectory(prefix="scorecards-") as made:
        folder, packed = Path(made) / "dump", Path(made) / "dump.zip"
        await asyncio.to_thread(folder.mkdir)
        async with database.reading() as session:
            period_id, computed_at = await _computed(session, starts_on)
        dumped = await scorecard_dump.make(database, folder, starts_on, license=license)
        await asyncio.to_thread(_verified, folder)
        await asyncio.to_thread(files.pack, folder, packed)
        key, size = await store.take(packed), await asyncio.to_thread(lambda: packed.stat().st_size)
    async with database.unit_of_work() as session:
        before = await session.scalar(
            select(ScorecardDump.file_key).where(ScorecardDump.period_id == period_id)
        )
        values = {
            "file_key": key,
            "size": size,
            "scorecards": dumped.scorecards,
            "ratings": dumped.ratings,
            "computed_at": computed_at,
            "made_at": session.now(),
        }
        put = upsert(session, ScorecardDump).values(period_id=period_id, **values)
        await session.execute(put.on_conflict_do_update(index_elements=["period_id"], set_=values))
    if before is not None and before != key:
        await store.delete(before)


def _verified(folder: Path) -> None:
    """Raises DumpDoesNotComeOut."""
    with files.source(folder) as found:
        for one in Check(found).differences():
            raise DumpDoesNotComeOut(one)


async def _computed(session: Session, starts_on: date) -> tuple[UUID, datetime]:
    """The period, and when the newest of its scorecards was computed; asked before the dump reads them, so that a later one is noticed."""
    found = await session.execute(
        select(RatingPeriod.id, func.max(Scorecard.computed_at))
        .join(Scorecard, Scorecard.period_id == RatingPeriod.id)
        .where(RatingPeriod.starts_on == starts_on)
        .group_by(RatingPeriod.id)
    )
    period_id, computed_at = found.one()
    return period_id, computed_at


def _kept() -> Select[*tuple[Any, ...]]:
    return select(ScorecardDump, RatingPeriod.starts_on, RatingPeriod.ends_on).join(
        RatingPeriod, RatingPeriod.id == ScorecardDump.period_id
    )


def _row(dump: ScorecardDump, starts_on: date, ends_on: date) -> KeptDump:
    return KeptDump(starts_on, ends_on, dump.size, dump.scorecards, dump.ratings, dump.file_key, dump.made_at)
