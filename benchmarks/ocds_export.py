"""Taking 10,000 processes out as OCDS: its rate against reading the same rows by raw SQL and serialising them, and its memory.

Goals: at least 0.3 of that rate; memory flat from 1,000 processes to 10,000. Reading, serialising and writing are timed in processes of
their own that do nothing else. Each process in the tables is one purchase from publication to contract, as its events made it.
"""

import argparse
import asyncio
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.engine import make_url

from benchmarks.ground import Ground, ground, kinds, report
from marketplace.bootstrap import House, open_house
from marketplace.db.session import Database
from marketplace.kernel.ids import new_id
from marketplace.opendata import bulk
from marketplace.opendata.models import OcdsFeed, OcdsRecord, OcdsRelease
from tests.opendata import procurement

FEW, MANY = 1_000, 10_000
_TRIES = 3
_AT_ONCE = 500
_ROWS = "SELECT process_id, ocid, year, releases, last_position, body FROM ocds_records ORDER BY ocid"


async def fill(one: Ground, processes: int) -> str:
    """The address of a database with so many processes, all but the first copies of it under ids of their own."""
    url = one.copy()
    house = open_house(one.settings(url))
    try:
        purchase = await procurement.published(house)
        offers = await procurement.opened(house, purchase)
        award_id = await procurement.awarded(house, purchase, offers[1])
        await procurement.contracted(house, purchase, award_id)
        await _copy(house, purchase.tender.id, processes - 1)
    finally:
        await house.close()
    return url


async def _copy(house: House, process_id: UUID, times: int) -> None:
    async with house.database.reading() as session:
        record = await session.get_one(OcdsRecord, process_id)
        releases = list(
            await session.scalars(
                select(OcdsRelease).where(OcdsRelease.process_id == process_id).order_by(OcdsRelease.number)
            )
        )
    records, copies, position = [], [], len(releases)
    for _ in range(times):
        process, ocid = new_id(), f"ocds-wushe0-copy-{new_id().hex}"
        for release in releases:
            position += 1
            copies.append(_row(release, process, record.ocid, ocid) | {"id": new_id(), "position": position})
        records.append(_row(record, process, record.ocid, ocid) | {"last_position": position})
    for table, rows in ((OcdsRecord, records), (OcdsRelease, copies)):
        for start in range(0, len(rows), _AT_ONCE):
            async with house.database.unit_of_work() as session:
                await session.execute(insert(table), rows[start : start + _AT_ONCE])
    async with house.database.unit_of_work() as session:
        await session.execute(update(OcdsFeed).values(last_position=position))


def _row(row: OcdsRecord | OcdsRelease, process: UUID, old: str, new: str) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    told = {name: value.replace(old, new) for name, value in values.items() if isinstance(value, str)}
    return values | told | {"process_id": process}


async def ours(url: str, path: Path) -> float:
    """Seconds of the export as `marketplace ocds export` does it."""
    database = Database(url)
    try:
        begun = time.perf_counter()
        async with database.reading() as session:
            edition = await bulk.edition(session, None)
        assert edition is not None
        with path.open("wb") as file:
            async for part in bulk.lines(database, edition):
                file.write(part)
        return time.perf_counter() - begun
    finally:
        await database.close()


async def raw(url: str, path: Path) -> float:
    """Seconds of the same rows through the bare driver and orjson."""
    address = make_url(url)
    begun = time.perf_counter()
    with path.open("wb") as file:
        if address.get_backend_name() == "sqlite":
            with sqlite3.connect(str(address.database)) as connection:
                connection.row_factory = sqlite3.Row
                for row in connection.execute(_ROWS):
                    file.write(orjson.dumps(dict(row), default=str) + b"\n")
        else:
            server = await asyncpg.connect(url.replace("+asyncpg", ""))
            for row in await server.fetch(_ROWS):
                file.write(orjson.dumps(dict(row), default=str) + b"\n")
            await server.close()
    return time.perf_counter() - begun


def measure(kind: str, few: int, many: int) -> None:
    with ground(kind) as one:
        urls = [asyncio.run(fill(one, processes)) for processes in (few, many)]
        best = {way: min(_alone(way, urls[1])[0] for _ in range(_TRIES)) for way in ("ours", "raw")}
        report(
            f"OCDS export of {many:,} processes", kind, best["raw"] / best["ours"], "≥ 0.30",
            f"{many / best['ours']:,.0f}/s; raw SQL and orjson {many / best['raw']:,.0f}/s",
        )  # fmt: skip
        peaks = [_alone("ours", url)[1] for url in urls]
        report(
            f"memory at {many:,} processes against {few:,}", kind, peaks[1] / peaks[0], "flat",
            f"{peaks[0]:.0f} MB and {peaks[1]:.0f} MB at their peaks",
        )  # fmt: skip


def _alone(way: str, url: str) -> tuple[float, float]:
    """Seconds, and the peak in megabytes, of a process that does this and nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ocds_export", "--only", way, url],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def only(way: str, url: str) -> None:
    path = Path(f"/tmp/ocds-{new_id().hex}.jsonl")
    try:
        seconds = asyncio.run((ours if way == "ours" else raw)(url, path))
    finally:
        path.unlink(missing_ok=True)
    # Not getrusage: that remembers the memory of the process that started this one.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    print(seconds, int(peak.group(1)) / 1024 if peak else 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--only", nargs=2, metavar=("WAY", "URL"), help="ours or raw, on one database")
    given = parser.parse_args()
    if given.only:
        only(*given.only)
        return 0
    for kind in kinds():
        measure(kind, given.few, given.many)
    return 0


if __name__ == "__main__":
    sys.exit(main())
