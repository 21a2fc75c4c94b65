"""Publishes a release: writes it down, renews its process's record, and gives it its place in the feed as the transaction's last act."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select, update

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.kernel.clock import local_year
from marketplace.kernel.ids import new_id
from marketplace.opendata.codelists import ReleaseTag
from marketplace.opendata.forgetting import forgetting
from marketplace.opendata.kinds import moment
from marketplace.opendata.merging import with_release
from marketplace.opendata.models import OcdsFeed, OcdsRecord, OcdsRelease
from marketplace.opendata.release import Release

_UNPLACED = "ocds_unplaced"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_DISTINCT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who we are in open data: the registered prefix of our ocids, the address of the house, and the licence if one is chosen."""

    prefix: str
    site_url: str
    name: str = "Wushe"
    license: str = ""

    def ocid(self, kind: str, reference: str, process_id: UUID) -> str:
        """The ocid of a process that has none yet. A reference that would break an address gives way to the id."""
        return f"{self.prefix}-{kind}-{reference if _SAFE.fullmatch(reference) else process_id.hex}"

    def page(self, path: str) -> str:
        """The full address of a page of ours."""
        return f"{self.site_url}{path}"


@dataclass(frozen=True, slots=True)
class Process:
    """What a release is about, before anything of it is published."""

    id: UUID
    ocid: str


@dataclass(frozen=True, slots=True)
class Head:
    """What goes on top of the release being made: its ocid, number and date; and what was public of the process before."""

    ocid: str
    number: int
    date: str
    record: dict[str, Any] | None

    def release_id(self, tags: Sequence[ReleaseTag]) -> str:
        """The release's own id: its number within the process and what it is about."""
        return f"{self.ocid}-{self.number:04}-{tags[0]}"


async def publish(session: Session, process: Process, make: Callable[[Head], Release | None]) -> bool:
    """Publish what ``make`` makes; it may make nothing where there is nothing new to say. Of one process only one transaction at a time gets here.

    The release is dated later than the one before: merging goes by date, and two events of one second must not change places.
    """
    row = await _locked(session, process)
    at = session.now().replace(microsecond=0)
    if row.releases:
        at = max(at, row.released_at + _DISTINCT)
    number = row.releases + 1
    record = orjson.loads(row.body) if row.body else None
    head = Head(row.ocid, number, moment(at), record)
    release = make(head)
    if release is None:
        return False
    given = forgetting(record, release.pruned())
    # Valid by construction: what we would not read from others we do not publish either.
    Release.read(given)
    body = orjson.dumps(given)
    await session.execute(
        update(OcdsRecord)
        .where(OcdsRecord.process_id == process.id)
        .values(
            releases=number,
            released_at=at,
            year=row.year if row.releases else local_year(at),
            body=orjson.dumps(with_release(record, given)).decode(),
        )
    )
    _place_later(session, _values(release, process, number, at, body))
    return True


async def _locked(session: Session, process: Process) -> OcdsRecord:
    """The process's row, locked until commit; an empty one when this is its first release."""
    await session.execute(
        upsert(session, OcdsRecord)
        .values(
            process_id=process.id,
            ocid=process.ocid,
            year=0,
            releases=0,
            released_at=session.now(),
            last_position=0,
            body="",
        )
        .on_conflict_do_nothing(index_elements=[OcdsRecord.process_id])
    )
    found = await session.scalars(
        select(OcdsRecord)
        .where(OcdsRecord.process_id == process.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.one()


def _values(release: Release, process: Process, number: int, at: datetime, body: bytes) -> dict[str, Any]:
    return {
        "id": new_id(),
        "process_id": process.id,
        "ocid": release.ocid,
        "number": number,
        "release_id": release.id,
        "tags": list(release.tag),
        "released_at": at,
        "body": body.decode(),
        "content_hash": hashlib.sha256(body).hexdigest(),
    }


def _place_later(session: Session, values: dict[str, Any]) -> None:
    session.info.setdefault(_UNPLACED, []).append(values)
    session.finally_do(_place)


async def _place(session: Session) -> None:
    """Take the next positions and write the releases. The counter stays locked until commit, so positions follow commit order:
    whoever reads position 7 has seen the commits of 1 to 6, and a cursor neither skips nor repeats."""
    waiting: list[dict[str, Any]] = session.info.pop(_UNPLACED, [])
    last = await session.scalar(
        update(OcdsFeed)
        .where(OcdsFeed.id == 1)
        .values(last_position=OcdsFeed.last_position + len(waiting))
        .returning(OcdsFeed.last_position)
    )
    assert last is not None
    for position, values in enumerate(waiting, last - len(waiting) + 1):
        values["position"] = position
    await session.execute(insert(OcdsRelease), waiting)
    for values in waiting:
        await session.execute(
            update(OcdsRecord)
            .where(OcdsRecord.process_id == values["process_id"])
            .values(last_position=values["position"])
        )
