"""A table of people or things in columns, memory-mapped from a folder: one writer, many readers, nobody mistaken for another.

current.json          format, kind, vocabulary, and which generation serves
generations/<name>/   one .npy file a column, the index of ids, and the counts; a bigger one replaces it when it is full
write.lock            held for as long as somebody writes; readers need no lock

Every row has a seal, a checksum over its id and all its columns. A row whose seal does not fit (half written, or lost
with the power) is nobody's row: readers look at the seal of what they are about to answer, and `check` looks at all.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching.row_index import RowIndex, Rows, Words, slots_for
from matching.vocabulary import Vocabulary

FORMAT: Final = 1
"""Raise this whenever a column or its meaning changes: arrays in another format are never read."""

LIVE: Final = 1
"""The bit of the column `flags` that says that somebody is in a row."""

SMALLEST: Final = 1024
_USED = 0
_ODD: Final = np.uint64(0xBF58476D1CE4E5B9)
_HALF: Final = np.uint64(0xFFFFFFFFFFFFFFFF)

Column = NDArray[Any]
Mode = Literal["r", "r+"]


class ArraysAreUnusable(Exception):
    """The arrays cannot be read: rebuild them from the database."""


class ArraysAreMissing(ArraysAreUnusable):
    """There are no arrays in the folder yet."""


class ArraysAreFromAnotherFormat(ArraysAreUnusable):
    """They were written by another version of this software, or hold another kind of thing."""


class ArraysAreBroken(ArraysAreUnusable):
    """Files are missing, cut, or say what they cannot say."""


class ArraysAreBusy(Exception):
    """Somebody else has been writing for longer than we wait: try again later."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a kind of table is made of: the type of each column, `flags` among them, besides ids and seals.

    The columns named in `words` (fields of codes) and `masks` have so many words: one row of the array a word.
    """

    kind: str
    columns: Mapping[str, str]
    words: Mapping[str, int]
    masks: Mapping[str, int]

    @property
    def all_columns(self) -> dict[str, str]:
        """With the halves of the id and the seal."""
        return {"id_high": "<u8", "id_low": "<u8", "seal": "<u8", **self.columns}

    def shape(self, column: str, rows: int) -> tuple[int, ...]:
        """The shape of a column of so many rows."""
        words = self.words.get(column) or self.masks.get(column)
        return (words, rows) if words else (rows,)


def halves(ids: Iterable[UUID]) -> tuple[Words, Words]:
    """Ids as two arrays of 64 bits."""
    numbers = [identity.int for identity in ids]
    mask = int(_HALF)
    high = np.array([number >> 64 for number in numbers], dtype=np.uint64)
    return high, np.array([number & mask for number in numbers], dtype=np.uint64)


def whole(high: int, low: int) -> UUID:
    """The id of two halves."""
    return UUID(int=(high << 64) | low)


def seals(columns: Mapping[str, Column]) -> Words:
    """The checksum of rows: every bit of every column but the seal itself; never 0."""
    total = np.zeros(columns["id_low"].shape, dtype=np.uint64)
    for name in sorted(columns):
        if name != "seal":
            for word in np.atleast_2d(columns[name].astype(np.uint64)):
                total = (total ^ word) * _ODD
                total ^= total >> np.uint64(29)
    return total | np.uint64(1)


class Generation:
    """The files of one size of the table. What it hands out are plain arrays over the maps, read-only unless writing."""

    def __init__(self, path: Path, schema: Schema, mode: Mode) -> None:
        self.path = path
        try:
            self.columns = {
                name: _mapped(path / f"{name}.npy", kind, mode) for name, kind in schema.all_columns.items()
            }
            self._counts = _mapped(path / "counts.npy", "<i8", mode)
            slots = _mapped(path / "index.npy", "<u4", mode)
        except (OSError, ValueError, EOFError) as error:
            raise ArraysAreBroken(f"{path}: {error}") from error
        fits = all(column.shape == schema.shape(name, self.capacity) for name, column in self.columns.items())
        if not fits or slots.size != slots_for(self.capacity) or not 0 <= self.used <= self.capacity:
            raise ArraysAreBroken(f"{path}: its columns are not of one length")
        self.index = RowIndex(slots, self.columns["id_high"], self.columns["id_low"])

    @classmethod
    def create(cls, path: Path, schema: Schema, capacity: int) -> Self:
        path.mkdir(parents=True)
        for name, kind in schema.all_columns.items():
            np.save(path / f"{name}.npy", np.zeros(schema.shape(name, capacity), dtype=kind))
        np.save(path / "counts.npy", np.zeros(1, dtype="<i8"))
        np.save(path / "index.npy", np.zeros(slots_for(capacity), dtype="<u4"))
        return cls(path, schema, "r+")

    @property
    def capacity(self) -> int:
        return self.columns["flags"].size

    @property
    def used(self) -> int:
        """Rows that were ever given out; those behind are blank."""
        return int(self._counts[_USED])

    @used.setter
    def used(self, rows: int) -> None:
        self._counts[_USED] = rows

    def find(self, ids: Iterable[UUID]) -> Rows:
        """The row of each id, -1 where there is none."""
        return self.index.find(*halves(ids))

    def sealed(self, rows: Rows) -> tuple[Rows, dict[str, Column]]:
        """Of these rows those that are whole, with a copy of their columns, taken before their seals are looked at."""
        copied = {name: column[..., rows] for name, column in self.columns.items()}
        is_whole = (copied["seal"] == seals(copied)) & (copied["flags"] & LIVE != 0)
        return rows[is_whole], {name: column[..., is_whole] for name, column in copied.items()}

    def check(self) -> None:
        """Looks at every row. Raises ArraysAreBroken when a seal does not fit or an id does not lead to its row."""
        seen = {name: column[..., : self.used] for name, column in self.columns.items()}
        rows = np.flatnonzero(seen["flags"] & LIVE)
        whole_rows, copied = self.sealed(rows)
        if whole_rows.size != rows.size:
            raise ArraysAreBroken(f"{rows.size - whole_rows.size} rows are not as they were written")
        if np.any(self.index.find(copied["id_high"], copied["id_low"]) != rows):
            raise ArraysAreBroken("ids do not lead to their rows")


class Folder:
    """Where a table lives: the pointer to what serves, and the lock."""

    def __init__(self, root: Path, schema: Schema) -> None:
        self.root, self.schema = root, schema
        self.pointer = root / "current.json"
        self.lock = root / "write.lock"

    def read(self) -> tuple[Path, Vocabulary]:
        """The generation that serves, and its vocabulary. Raises ArraysAreUnusable."""
        try:
            said = json.loads(self.pointer.read_bytes())
            form = said["format"], said["kind"], said["columns"], said["vocabulary"]["words"]
            generation = self.root / "generations" / Path(said["generation"]).name
            vocabulary = Vocabulary(**said["vocabulary"])
        except FileNotFoundError as error:
            raise ArraysAreMissing(f"no arrays in {self.root}") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArraysAreBroken(f"{self.pointer}: {error}") from error
        if form != (FORMAT, self.schema.kind, dict(self.schema.columns), dict(self.schema.words)):
            raise ArraysAreFromAnotherFormat(f"{self.root} holds format {form[0]} of {form[1]}")
        return generation, vocabulary

    def fresh(self, capacity: int) -> Generation:
        """An empty generation beside the one that serves."""
        name = f"{time.time_ns():x}-{secrets.token_hex(4)}"
        return Generation.create(self.root / "generations" / name, self.schema, max(capacity, SMALLEST))

    def point_to(self, generation: Path, vocabulary: Vocabulary) -> None:
        """Lets a generation serve, in one step that readers either see or do not see; the others go."""
        said = {
            "format": FORMAT,
            "kind": self.schema.kind,
            "columns": dict(self.schema.columns),
            "generation": generation.name,
            "vocabulary": vocabulary.as_plain(),
        }
        draft = self.pointer.with_suffix(".new")
        with draft.open("wb") as file:
            file.write(json.dumps(said).encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.pointer)
        for other in (self.root / "generations").glob("*"):
            if other != generation:
                # Who still reads it keeps its open files.
                shutil.rmtree(other, ignore_errors=True)

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever the pointer does."""
        try:
            status = self.pointer.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino


def _mapped(path: Path, kind: str, mode: Mode) -> Column:
    mapped = np.load(path, mmap_mode=mode, allow_pickle=False)
    if mapped.dtype != np.dtype(kind):
        raise ValueError(f"{path.name} holds something else")
    return np.asarray(mapped)
