"""Importing a list of needs: its rate against the same rows inserted in bulk, and its memory at 665 rows and at 665,000.

Goals: at least a tenth of the rate of the bulk insert; memory flat in the size of the file. `--rows N` measures memory at fewer rows.
The list is ../shared/data's where that is there, else the tests' own, repeated with a new key for each row.
"""

import argparse
import asyncio
import csv
import itertools
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import bulk
from benchmarks.ground import kinds, report
from benchmarks.machine import Machine, machine
from marketplace.bootstrap import open_house
from marketplace.settings import Settings
from marketplace.volunteering.importing.loading import ImportReport, import_list
from marketplace.volunteering.importing.mapping import read_mapping

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "data" / "nyc_volunteer_opportunities_sample.csv"
OWN = ROOT / "tests" / "volunteering" / "importing" / "messy.csv"
MAPPING = OWN.with_name("nyc.toml")
FEW, MANY = 665, 665_000
RATED = 20_000
_TRIES = 3


def write_list(path: Path, rows: int) -> None:
    """A list of that many rows, each with a key of its own, as messy as the one it is made from."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_lines(rows))


def _lines(rows: int) -> Iterator[list[str]]:
    source = REAL if REAL.exists() else OWN
    with source.open(encoding="utf-8-sig", newline="") as file:
        heading, *lines = csv.reader(file)
    key = heading.index("opportunity_id")
    yield heading
    for number, line in enumerate(itertools.islice(itertools.cycle(lines), rows)):
        yield [*line[:key], f"{line[key][:40]}-{number}", *line[key + 1 :]]


async def _import(one: Machine, path: Path) -> tuple[ImportReport, float]:
    settings = Settings(_env_file=None, data_folder=one.folder / "var", database_url=one.url)
    house = open_house(settings)
    try:
        begun = time.perf_counter()
        done = await import_list(
            house.database, path, read_mapping(MAPPING), path.with_suffix(".rejects.csv")
        )
        return done, time.perf_counter() - begun
    finally:
        await house.close()


def rate(one: Machine) -> None:
    """Rows a second through the import, against the rows that it left behind through the bare driver."""
    one.run("migrate")
    before = {rows.table: len(rows.rows) for rows in bulk.read(one.url)}
    path = one.folder / "rated.csv"
    write_list(path, RATED)
    done, seconds = asyncio.run(_import(one, path))
    tables = bulk.read(one.url)
    added = bulk.count(tables) - sum(before.values())
    bare = min(bulk.pour(one.kind, tables) for _ in range(_TRIES)) * added / bulk.count(tables)
    report(
        "import against bulk insert", one.kind, bare / seconds, "≥ 0.10",
        f"{done.rows} rows in {seconds:.1f} s ({done.rows / seconds:.0f}/s, {done.added} needs), "
        f"their {added} rows in bulk in {bare:.2f} s",
    )  # fmt: skip


def memory(kind: str, many: int) -> None:
    """The peak of a process that imports few rows, and of one that imports many."""
    peaks = [_peak(kind, rows) for rows in (FEW, many)]
    report(
        f"memory at {many:,} rows against {FEW}", kind, peaks[1] / peaks[0], "flat",
        f"{peaks[0]:.0f} MB and {peaks[1]:.0f} MB at their peaks",
    )  # fmt: skip


def _peak(kind: str, rows: int) -> float:
    with machine(kind) as one:
        one.run("migrate")
        path = one.folder / "list.csv"
        write_list(path, rows)
        return float(one.run_python("-m", "benchmarks.imports", "--only", one.url, str(path)).said)


def only(url: str, path: Path) -> None:
    """Import one list, nothing else, and print the peak in megabytes: what a measured process does."""
    asyncio.run(_import(Machine("", path.parent, url), path))
    # Not getrusage: that remembers the memory of the process that started this one.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    print(int(peak.group(1)) / 1024 if peak else 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=MANY)
    parser.add_argument("--only", nargs=2, metavar=("URL", "FILE"), help="import one list into one database")
    given = parser.parse_args()
    if given.only:
        only(given.only[0], Path(given.only[1]))
        return 0
    for kind in kinds():
        with machine(kind) as one:
            rate(one)
        memory(kind, given.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
