"""The feed under eight writers, each a process of its own: every release exactly once for whoever follows the cursor meanwhile.

Goals: 0 skipped, 0 repeated, 0 out of order. The rate of publishing is reported against inserting the same releases through the bare
driver, one transaction each, by one process alone.
"""

import argparse
import asyncio
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
from sqlalchemy import select
from sqlalchemy.engine import make_url

from benchmarks.ground import Ground, ground, kinds, report
from marketplace.db.session import Database
from marketplace.kernel.ids import new_id
from marketplace.opendata import queries
from marketplace.opendata.models import OcdsRelease
from marketplace.opendata.publishing import Head, Process, publish
from marketplace.opendata.release import Release, Tender

WRITERS, EACH = 8, 100
_PROCESSES = 3
_COLUMNS = (
    "id",
    "position",
    "process_id",
    "ocid",
    "number",
    "release_id",
    "tags",
    "released_at",
    "body",
    "content_hash",
)


def _make(head: Head) -> Release:
    tender = Tender(id="1", title="社区助浴服务", description="由持证护理员上门协助洗浴。" * 40)
    return Release(
        ocid=head.ocid,
        id=head.release_id(["tender"]),
        date=head.date,
        tag=["tender"],
        initiation_type="tender",
        tender=tender,
    )


async def write(url: str, each: int, start: Path) -> None:
    """What one writer does, once the start is given: releases of a few contracting processes, in turn."""
    database = Database(url, pool_size=1)
    own = [new_id() for _ in range(_PROCESSES)]
    try:
        await asyncio.to_thread(_wait_for, start)
        for turn in range(each):
            async with database.unit_of_work() as session:
                process = own[turn % _PROCESSES]
                await publish(session, Process(process, f"ocds-wushe0-{process.hex}"), _make)
    finally:
        await database.close()


def _wait_for(start: Path) -> None:
    """Say that this writer is ready, and wait for the others."""
    start.with_name(new_id().hex).touch()
    while not start.exists():
        time.sleep(0.01)


async def follow(url: str, writers: "list[subprocess.Popen[bytes]]") -> tuple[list[int], int]:
    """The positions that a follower sees while the writers write, and after; and how often it asked."""
    database, seen, asked, cursor = Database(url), [], 0, None
    try:
        while True:
            were_done = all(writer.poll() is not None for writer in writers)
            async with database.reading() as session:
                page = await queries.feed(session, cursor, 10)
            asked, cursor = asked + 1, page.cursor
            seen += [row.position for row in page.rows]
            if were_done and not page.rows:
                return seen, asked
            await asyncio.sleep(0.005)
    finally:
        await database.close()


async def _written(url: str) -> list[dict[str, Any]]:
    database = Database(url)
    try:
        async with database.reading() as session:
            rows = list(await session.scalars(select(OcdsRelease).order_by(OcdsRelease.position)))
        return [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
    finally:
        await database.close()


def measure(one: Ground, each: int) -> None:
    url = one.copy()
    with TemporaryDirectory() as folder:
        start = Path(folder) / "start"
        command = [sys.executable, "-m", "benchmarks.ocds_feed", "--write", url, str(each), str(start)]
        writers = [subprocess.Popen(command) for _ in range(WRITERS)]
        while len(list(Path(folder).iterdir())) < WRITERS:
            time.sleep(0.05)
        begun = time.perf_counter()
        start.touch()
        seen, asked = asyncio.run(follow(url, writers))
        seconds = time.perf_counter() - begun
    failed = [writer.returncode for writer in writers if writer.returncode]
    rows = asyncio.run(_written(url))
    positions = [row["position"] for row in rows]
    skipped, repeated = len(set(positions) - set(seen)), len(seen) - len(set(seen))
    is_ordered = seen == sorted(seen) and positions == list(range(1, WRITERS * each + 1))
    bare = asyncio.run(_bare(one, rows))
    report(
        f"feed under {WRITERS} writers: skipped or repeated", one.kind, skipped + repeated, "0",
        f"{len(seen)} seen of {WRITERS * each} in {asked} pages, {'in order' if is_ordered else 'OUT OF ORDER'}, {len(failed)} writers failed",
    )  # fmt: skip
    report(
        "publishing against bare inserts", one.kind, bare / seconds, "reported",
        f"{len(rows) / seconds:.0f}/s with {WRITERS} writers and a follower; bare {len(rows) / bare:.0f}/s",
    )  # fmt: skip


async def _bare(one: Ground, rows: list[dict[str, Any]]) -> float:
    """Seconds of the same rows, one transaction each, into a table of their shape without a key to check."""
    url = make_url(one.copy())
    values = [[str(row[name]) for name in _COLUMNS] for row in rows]
    columns = ", ".join(f"{name} text" for name in _COLUMNS)
    if one.kind == "sqlite":
        connection = sqlite3.connect(str(url.database), isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"CREATE TABLE bare ({columns})")
        begun = time.perf_counter()
        for row in values:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"INSERT INTO bare VALUES ({', '.join('?' * len(row))})", row)
            connection.execute("COMMIT")
        seconds = time.perf_counter() - begun
        connection.close()
        return seconds
    server = await asyncpg.connect(url.render_as_string(hide_password=False).replace("+asyncpg", ""))
    await server.execute(f"CREATE TABLE bare ({columns})")
    places = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
    begun = time.perf_counter()
    for row in values:
        async with server.transaction():
            await server.execute(f"INSERT INTO bare VALUES ({places})", *row)
    seconds = time.perf_counter() - begun
    await server.close()
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH, help="releases of each writer")
    parser.add_argument("--write", nargs=3, metavar=("URL", "EACH", "START"), help="be one writer")
    given = parser.parse_args()
    if given.write:
        asyncio.run(write(given.write[0], int(given.write[1]), Path(given.write[2])))
        return 0
    for kind in kinds():
        with ground(kind) as one:
            measure(one, given.each)
    return 0


if __name__ == "__main__":
    sys.exit(main())
