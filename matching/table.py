"""A memory-mapped table that one process writes and many read: rows by id, put, removed, and rebuilt beside what serves."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeVar
from uuid import UUID

import numpy as np

from matching.columns import (
    LIVE,
    SMALLEST,
    ArraysAreBroken,
    ArraysAreBusy,
    Column,
    Folder,
    Generation,
    Schema,
    halves,
    seals,
)
from matching.file_lock import FileLock
from matching.vocabulary import Vocabulary

Thing = TypeVar("Thing")
Row = Mapping[str, int | Sequence[int]]
Encoder = Callable[[Thing, Vocabulary], Row]

PATIENCE: Final = 5.0
"""Seconds to wait for the right to write."""


class Snapshot(NamedTuple):
    """What serves at one moment: the columns, and what their bits mean."""

    generation: Generation
    vocabulary: Vocabulary


class Reader:
    """A view of the table that serves. Every thread may read from one."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._stamp = folder.stamp()
        self._snapshot = self._opened()

    def snapshot(self) -> Snapshot:
        """What serves now; opened anew when the writer has moved on. Raises ArraysAreUnusable."""
        stamp = self._folder.stamp()
        if stamp != self._stamp:
            self._snapshot = self._opened()
            self._stamp = stamp
        return self._snapshot

    def __len__(self) -> int:
        generation = self.snapshot().generation
        return int(np.count_nonzero(generation.columns["flags"][: generation.used] & LIVE))

    def __contains__(self, identity: UUID) -> bool:
        generation = self.snapshot().generation
        rows = generation.find([identity])
        return bool(rows[0] >= 0 and generation.columns["flags"][rows[0]] & LIVE)

    def check(self) -> None:
        """Looks at every row: after the machine fell, and every night. Raises ArraysAreUnusable."""
        self.snapshot().generation.check()

    def _opened(self) -> Snapshot:
        while True:
            stamp = self._folder.stamp()
            path, vocabulary = self._folder.read()
            try:
                return Snapshot(Generation(path, self._folder.schema, "r"), vocabulary)
            except ArraysAreBroken:
                # A writer may have moved on between the pointer and the files.
                if stamp == self._folder.stamp():
                    raise


class Writer(Generic[Thing]):
    """Writes rows; readers see them as soon as a call returns. Made by `Table.writing` and `Table.rebuilding`.

    `serve` lets a generation serve, with a vocabulary that may have grown.
    """

    def __init__(
        self,
        folder: Folder,
        encode: Encoder[Thing],
        snapshot: Snapshot,
        serve: Callable[[Path, Vocabulary], None],
    ) -> None:
        self._folder, self._encode, self._serve = folder, encode, serve
        self._generation, self.vocabulary = snapshot
        self._said = self.vocabulary.size

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(self._generation, self.vocabulary)

    def upsert(self, things: Iterable[tuple[UUID, Thing]]) -> None:
        """Writes rows of things, new or changed. Raises VocabularyIsFull, then nothing was written."""
        newest = dict(things)
        rows = [self._encode(thing, self.vocabulary) for thing in newest.values()]
        high, low = halves(newest)
        columns = {
            name: np.array([row[name] for row in rows], dtype=kind).T
            for name, kind in self._folder.schema.columns.items()
        }
        self.upsert_columns({**columns, "id_high": high, "id_low": low})

    def upsert_columns(self, columns: Mapping[str, Column]) -> None:
        """The same for rows that are encoded already, all columns but the seal; no id twice."""
        if not columns["id_low"].size:
            return
        if self.vocabulary.size != self._said:
            # Before the rows: whoever meets a new bit can know what it means.
            self._serve(self._generation.path, self.vocabulary)
            self._said = self.vocabulary.size
        rows = self._generation.index.find(columns["id_high"], columns["id_low"])
        if self._generation.used + np.count_nonzero(rows < 0) > self._generation.capacity:
            self._grow(rows.size)
            # Whoever was there already has moved.
            rows = self._generation.index.find(columns["id_high"], columns["id_low"])
        is_new, used = rows < 0, self._generation.used
        rows[is_new] = np.arange(used, used + np.count_nonzero(is_new))
        self._write(rows, is_new, columns)

    def remove(self, ids: Iterable[UUID]) -> None:
        """Blanks the rows of these ids; unknown ones are nothing to do."""
        generation = self._generation
        rows = generation.find(ids)
        rows = rows[rows >= 0]
        generation.columns["flags"][rows] = 0
        generation.index.forget(generation.columns["id_high"][rows], generation.columns["id_low"][rows])
        for column in generation.columns.values():
            column[..., rows] = 0

    def _grow(self, wanted: int) -> None:
        """Moves what is live and whole to a generation with room. Rows are never given to another id in place."""
        old = self._generation
        _, kept = old.sealed(np.flatnonzero(old.columns["flags"][: old.used] & LIVE))
        self._generation = self._folder.fresh(2 * (kept["id_low"].size + wanted))
        fresh = np.arange(kept["id_low"].size)
        self._write(fresh, np.ones(fresh.size, dtype=bool), kept)
        self._serve(self._generation.path, self.vocabulary)

    def _write(self, rows: Column, is_new: Column, columns: Mapping[str, Column]) -> None:
        """In this order a process that dies at any step leaves nobody half there.

        The row goes dark, gets its id, can be found, is filled, and is lit again as the last act.
        """
        generation = self._generation
        target = generation.columns
        target["flags"][rows] = 0
        target["id_high"][rows], target["id_low"][rows] = columns["id_high"], columns["id_low"]
        if rows.size:
            generation.used = max(generation.used, int(rows.max()) + 1)
        generation.index.add(columns["id_high"][is_new], columns["id_low"][is_new], rows[is_new])
        for name in self._folder.schema.columns:
            if name != "flags":
                target[name][..., rows] = columns[name]
        lit = {name: column for name, column in columns.items() if name != "seal"}
        target["seal"][rows] = seals(lit)
        target["flags"][rows] = columns["flags"]


class Table(Generic[Thing]):
    """One kind of thing in one folder."""

    def __init__(self, root: Path, schema: Schema, encode: Encoder[Thing]) -> None:
        self._folder = Folder(root, schema)
        self._encode = encode
        self._reader: Reader | None = None

    @property
    def root(self) -> Path:
        return self._folder.root

    def reading(self) -> Reader:
        """What serves, mapped read-only. Raises ArraysAreUnusable."""
        if self._reader is None:
            self._reader = Reader(self._folder)
        return self._reader

    @contextmanager
    def writing(self, patience: float = PATIENCE) -> Iterator[Writer[Thing]]:
        """The only right to write, in every thread and process. Raises ArraysAreBusy, ArraysAreUnusable."""
        with self._locked(patience):
            path, vocabulary = self._folder.read()
            snapshot = Snapshot(Generation(path, self._folder.schema, "r+"), vocabulary)
            yield Writer(self._folder, self._encode, snapshot, self._folder.point_to)

    @contextmanager
    def rebuilding(self, rows: int = SMALLEST, patience: float = PATIENCE) -> Iterator[Writer[Thing]]:
        """An empty table to fill, with room for so many rows at first, that takes over when the block ends well.

        What is there, whatever its state, serves until then. Raises ArraysAreBusy.
        """
        with self._locked(patience):
            fresh = Snapshot(self._folder.fresh(rows), Vocabulary(self._folder.schema.words))
            writer = Writer(self._folder, self._encode, fresh, _keep_waiting)
            yield writer
            self._folder.point_to(writer.snapshot.generation.path, writer.vocabulary)

    @contextmanager
    def _locked(self, patience: float) -> Iterator[None]:
        self._folder.root.mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(self._folder.lock, patience)
        except TimeoutError as error:
            raise ArraysAreBusy(str(error)) from error
        try:
            yield
        finally:
            lock.release()


def _keep_waiting(_: Path, __: Vocabulary) -> None:
    """A rebuild serves nothing before its end."""
