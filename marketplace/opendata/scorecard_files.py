"""The files of a scorecards dump: their names and columns, how a cell is guarded against spreadsheets, how a folder becomes one file.

A dump is a folder or a zip of it. Tables are CSV in UTF-8 with a byte order mark, as spreadsheets want it.
"""

import csv
import hashlib
import io
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol, TextIO

from marketplace.delivery.ratings.models import DIMENSIONS
from marketplace.delivery.scorecards.counting import FACTS

FORMAT: Final = 1
README, MODEL, SUMS = "README.md", "model.json", "SHA256SUMS"
RATINGS, CELLS, CITY, SCORECARDS, FACTS_TABLE = (
    "ratings.csv",
    "cells.csv",
    "city.csv",
    "scorecards.csv",
    "facts.csv",
)
CONTRACTS, MILESTONES, REPORTS, CHANGES = "contracts.csv", "milestones.csv", "reports.csv", "changes.csv"
DELIVERIES, OBJECTIONS, VOLUNTEERING = "deliveries.csv", "objections.csv", "volunteering.csv"
_CELL = ("provider_id", "service_type")
DELIVERY_COUNTS: Final = tuple(
    name for name in FACTS if name.startswith(("deliveries_", "delivered_", "commitments_"))
)
COLUMNS: Final[dict[str, Sequence[str]]] = {
    RATINGS: (
        *_CELL,
        "rater",
        "day",
        *DIMENSIONS,
        "sixtieths",
        "should_continue",
        "assisted",
        "in_city",
    ),
    CELLS: (*_CELL, "provider", "tickets", "answered", "held", "hidden", "raters", "is_published"),
    CITY: ("service_type", "ratings", "sum_sixtieths", "sum_squares", "mean"),
    SCORECARDS: (
        *_CELL,
        "score",
        "low",
        "high",
        "prior",
        "band",
        "ratings",
        "raters",
        "weight",
        "weight_squares",
        "weighted",
        "weighted_squares",
        *(f"stars_{number}" for number in range(1, 6)),
        *(f"{name}_{what}" for name in DIMENSIONS for what in ("answers", "points")),
        "continue_yes",
        "continue_asked",
    ),
    FACTS_TABLE: (*_CELL, *FACTS),
    CONTRACTS: (*_CELL, "signed_on", "accepted_on", "ended_early_on"),
    MILESTONES: (*_CELL, "due_on", "reported_on"),
    REPORTS: (*_CELL, "number", "is_accepted", "decided_on"),
    CHANGES: (*_CELL, "decided_on", "added_fen"),
    DELIVERIES: (*_CELL, "month", *DELIVERY_COUNTS),
    OBJECTIONS: (*_CELL, "kind", "answered_on"),
    VOLUNTEERING: (*_CELL, "month", "minutes"),
}
FILES: Final = (README, MODEL, *COLUMNS)
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 1 << 20
# A zip tells when its files were made; one that told it would have other bytes each time.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class Source(Protocol):
    """Where a dump lies: the names of its files, and each of them to be read."""

    def names(self) -> set[str]: ...

    def opened(self, name: str) -> IO[bytes]: ...


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> set[str]:
        return {path.name for path in self._root.iterdir() if path.is_file()}

    def opened(self, name: str) -> IO[bytes]:
        return (self._root / name).open("rb")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def names(self) -> set[str]:
        return set(self._archive.namelist())

    def opened(self, name: str) -> IO[bytes]:
        return self._archive.open(name)


@contextmanager
def source(place: Path) -> Iterator[Source]:
    """The dump in a folder or a zip. Raises OSError, zipfile.BadZipFile."""
    if place.is_dir():
        yield _Folder(place)
        return
    with zipfile.ZipFile(place) as archive:
        yield _Zip(archive)


@contextmanager
def table(folder: Path, name: str) -> Iterator["Table"]:
    """A new table of the dump, to be filled row by row."""
    with (folder / name).open("w", encoding="utf-8-sig", newline="") as opened:
        yield Table(opened, COLUMNS[name])


class Table:
    """Writes the rows of one table; nothing is ``""``, yes and no are 1 and 0."""

    def __init__(self, opened: TextIO, columns: Sequence[str]) -> None:
        self._writer = csv.writer(opened)
        self._columns = len(columns)
        self._writer.writerow(columns)

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            assert len(row) == self._columns
            self._writer.writerow([_told(value) for value in row])


def guarded(text: str) -> str:
    """Text that a spreadsheet takes for text: a formula in a name would run on whoever opens the file."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def rows(found: Source, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table with their line numbers, one at a time. Raises ValueError where it is no such table."""
    with found.opened(name) as opened, io.TextIOWrapper(opened, "utf-8-sig", newline="") as text:
        reader = csv.reader(text, strict=True)
        try:
            header = next(reader, [])
            if tuple(header) != tuple(COLUMNS[name]):
                raise ValueError("other columns")
            for row in reader:
                if len(row) != len(header):
                    raise ValueError(f"line {reader.line_num}")
                yield reader.line_num, dict(zip(header, row, strict=True))
        except csv.Error as error:
            raise ValueError(f"line {reader.line_num}") from error


def digest(opened: IO[bytes]) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    hashed = hashlib.sha256()
    while part := opened.read(_CHUNK):
        hashed.update(part)
    return hashed.hexdigest()


def seal(folder: Path) -> None:
    """Write the hash of every file beside them, as ``sha256sum -c`` reads it."""
    lines = []
    for name in sorted(FILES):
        with (folder / name).open("rb") as opened:
            lines.append(f"{digest(opened)}  {name}\n")
    (folder / SUMS).write_text("".join(lines), "utf-8")


def pack(folder: Path, target: Path) -> None:
    """Put the folder's files into one zip: the same files make the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in (*FILES, SUMS):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with (folder / name).open("rb") as opened, archive.open(entry, "w", force_zip64=True) as packed:
                shutil.copyfileobj(opened, packed, _CHUNK)


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return guarded(value) if isinstance(value, str) else str(value)
