"""From bytes to records: find the encoding, find the heading, and read row by row without ever holding the file."""

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from marketplace.volunteering.importing.errors import (
    ImportEncodingIsUnknown,
    ImportFileIsEmpty,
    ImportFileIsMissing,
    ImportHeadingIsWrong,
)

_BLOCK = 1 << 20
_LARGEST_CELL = 100_000
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    b"PK\x03\x04": "Excel (.xlsx)",
    b"\xd0\xcf\x11\xe0": "Excel (.xls)",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the line on which it starts (1 is the heading), its cells by column, and what is wrong with its shape, if anything."""

    line: int
    cells: dict[str, str]
    raw: list[str]
    fault: str | None = None


def encoding_of(path: Path) -> str:
    """``utf-8-sig`` or ``gb18030``. Raises ImportFileIsMissing, ImportFileIsEmpty, ImportEncodingIsUnknown."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError:
        raise ImportFileIsMissing(path=path.name) from None
    if not start.strip():
        raise ImportFileIsEmpty(path=path.name)
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            raise ImportEncodingIsUnknown(path=path.name, looks_like=name)
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise ImportEncodingIsUnknown(path=path.name, looks_like="?")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def records(path: Path, wanted: frozenset[str]) -> Iterator[Iterator[Record]]:
    """The rows of the file. ``wanted`` columns must be in the heading. Raises the errors of this package."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        heading = _heading(file, path, wanted)
        yield _rows(file, heading)


def _heading(file: TextIO, path: Path, wanted: frozenset[str]) -> list[str]:
    try:
        heading = next(csv.reader(iter([file.readline()])), [])
    except csv.Error:
        heading = []
    if not any(cell.strip() for cell in heading):
        raise ImportFileIsEmpty(path=path.name)
    missing = sorted(wanted - set(heading))
    if missing:
        raise ImportHeadingIsWrong(path=path.name, missing=", ".join(missing))
    return heading


def _rows(file: TextIO, heading: list[str]) -> Iterator[Record]:
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(file, strict=True)
    while True:
        line = reader.line_num + 2
        try:
            raw = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Record(line, {}, [], "broken_row")
            continue
        if not any(cell.strip() for cell in raw):
            continue
        fault = "wrong_number_of_cells" if len(raw) != len(heading) else None
        yield Record(line, {} if fault else dict(zip(heading, raw, strict=True)), raw, fault)
