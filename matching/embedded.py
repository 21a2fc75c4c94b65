"""The search engine inside the process: Tantivy over a folder. Many processes may read it, one at a time writes."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import tantivy

from matching import tantivy_answers as answers
from matching import tantivy_queries as queries
from matching.batches import batches
from matching.generations import Change, Folder, FreshGeneration
from matching.index import (
    Condition,
    Document,
    IndexIsBroken,
    IndexIsBusy,
    IndexIsFromAnotherVersion,
    IndexIsMissing,
    Query,
    Rebuild,
    Removal,
    Results,
    SearchUnavailable,
    Status,
)
from matching.tantivy_answers import engine_errors
from matching.tantivy_documents import ID, change_terms, rank, schema, version_of
from matching.text import Readings, printable

_BATCH: Final = 2_000
"""Changes that are written in one commit."""
_WRITER_BYTES: Final = 15_000_000
"""The least memory that Tantivy accepts for a writer; enough for a batch."""
_REBUILD_BYTES: Final = 64_000_000
_ATTEMPTS: Final = 10


class EmbeddedIndex:
    """A `SearchIndex` in a folder. It comes into being by a rebuild.

    A write waits at most `patience` seconds for other writers, then raises IndexIsBusy. `readings` reads documents
    and questions.
    """

    def __init__(self, folder: Path, readings: Readings | None = None, patience: float = 10.0) -> None:
        self._folder = Folder(folder)
        self._readings = readings or Readings()
        self._patience = patience
        self._opening = threading.Lock()
        self._opened: _Opened | None = None

    def upsert(self, documents: Iterable[Document]) -> int:
        """Makes documents findable and returns how many were written; older versions never replace newer ones."""
        return sum(self._write(batch) for batch in batches(documents, _BATCH))

    def delete(self, removals: Iterable[Removal]) -> int:
        """Makes things unfindable and returns how many removals were newer than what the index knew."""
        return sum(self._write(batch) for batch in batches(removals, _BATCH))

    def search(self, query: Query) -> Results:
        """Answers a query."""
        searcher = self._searcher()
        with engine_errors():
            return answers.answer(searcher, query, self._readings.segmenter)

    def versions(self, ids: Iterable[str]) -> dict[str, int]:
        """The versions of those of these documents that can be found, for comparing with the database."""
        searcher = self._searcher()
        with engine_errors():
            ranks = [
                answers.ranks(searcher, batch, queries.filtered(None, ())) for batch in batches(ids, _BATCH)
            ]
        return {id_: version_of(rank) for known in ranks for id_, rank in known.items()}

    def begin_rebuild(self) -> "EmbeddedRebuild":
        """Starts a fresh index. Raises IndexIsBusy when a rebuild is under way."""
        return EmbeddedRebuild(self._folder, self._readings, self._patience)

    def status(self) -> Status:
        """How the index is. Never raises."""
        try:
            searcher = self._searcher()
            with engine_errors():
                documents = answers.count(searcher)
            return Status(Condition.READY, documents, self._folder.current().name)
        except IndexIsMissing as error:
            return Status(Condition.MISSING, detail=str(error))
        except IndexIsFromAnotherVersion as error:
            return Status(Condition.OUTDATED, detail=str(error))
        except SearchUnavailable as error:
            return Status(Condition.BROKEN, detail=str(error))

    def _write(self, changes: Sequence[Change]) -> int:
        with self._folder.writing(self._patience):
            rebuilding = self._folder.is_rebuilding()
            if rebuilding:
                self._folder.note(changes)
            try:
                generation = self._folder.current()
            except SearchUnavailable:
                if rebuilding:
                    return len(changes)
                raise
            return _apply(generation, changes, self._readings)

    def _searcher(self) -> tantivy.Searcher:
        """A view of the newest commit of the build that serves, whoever wrote it."""
        for _ in range(_ATTEMPTS):
            generation = self._folder.current()
            try:
                with self._opening:
                    return self._read(generation)
            except IndexIsBroken:
                # A rebuild may have swept the build away between our look at the pointer and the opening.
                if self._folder.current() == generation:
                    raise
        raise IndexIsBusy("the index is being replaced faster than it can be opened")

    def _read(self, generation: Path) -> tantivy.Searcher:
        # What fails on the way is not kept.
        opened, self._opened = self._opened, None
        if opened is None or opened.generation != generation:
            opened = _Opened(generation)
        # Tantivy takes a missing file for a field without positions and fails only when asked for a phrase. A build
        # loses its files after it lost the pointer, so what was read while it had the pointer is whole.
        if opened.refresh() and self._folder.current() != generation:
            raise IndexIsBroken("the build was swept away while it was read")
        self._opened = opened
        return opened.index.searcher()


class EmbeddedRebuild(Rebuild):
    """A `Rebuild` in the folder of an embedded index."""

    def __init__(self, folder: Folder, readings: Readings, patience: float) -> None:
        self._folder = folder
        self._readings = readings
        self._patience = patience
        self._writer: tantivy.IndexWriter | None = None
        self._fresh: FreshGeneration | None = folder.begin(patience)
        try:
            with engine_errors():
                self._writer = _create(self._fresh.path)
        except BaseException:
            self.discard()
            raise

    def add(self, documents: Iterable[Document]) -> int:
        """Adds documents and returns how many; of two with one id the last is kept."""
        if self._writer is None:
            raise ValueError("this rebuild is over")
        added = 0
        for document in documents:
            terms = change_terms(document, self._readings)
            with engine_errors():
                self._writer.delete_documents_by_term(ID, printable(document.id))
                self._writer.add_document(terms)
            added += 1
        return added

    def publish(self) -> None:
        """Lets the fresh index take over, at once and for every process."""
        if self._writer is None or self._fresh is None:
            raise ValueError("this rebuild is over")
        with engine_errors():
            self._writer.commit()
            self._writer.wait_merging_threads()
        self._writer = None
        with self._folder.writing(self._patience):
            for batch in batches(self._folder.noted(), _BATCH):
                _apply(self._fresh.path, batch, self._readings)
            self._fresh.take_over()
        self._fresh = None

    def discard(self) -> None:
        """Drops the fresh index; the old one stays."""
        if self._writer is not None:
            with suppress(SearchUnavailable), engine_errors():
                self._writer.wait_merging_threads()
            self._writer = None
        if self._fresh is not None:
            self._fresh.drop()
            self._fresh = None


class _Opened:
    """One build, open for reading."""

    def __init__(self, generation: Path) -> None:
        self.generation = generation
        self._meta = generation / "meta.json"
        self._commit: tuple[int, int] | None = None
        with engine_errors():
            self.index = tantivy.Index.open(str(generation))
            self.index.config_reader("manual")

    def refresh(self) -> bool:
        """Reads the newest commit; False when that was read before."""
        with engine_errors():
            # Looking at one file costs microseconds, and unlike a watching thread it is never late: after a write
            # returns, every search in every process sees it.
            facts = self._meta.stat()
            newest = facts.st_ino, facts.st_mtime_ns
            if newest == self._commit:
                return False
            self.index.reload()
            self._commit = newest
            return True


def _apply(generation: Path, changes: Sequence[Change], readings: Readings) -> int:
    """Writes those changes that are newer than what the build knows, in one commit; returns how many."""
    newest = _newest(changes)
    with engine_errors():
        # Opened anew for every write: a writer trusts the list of segments that it read when it was opened, and
        # another process may have written since.
        index = tantivy.Index.open(str(generation))
        known = answers.ranks(index.searcher(), list(newest), tantivy.Query.all_query())
        fresh = {
            id_: change for id_, change in newest.items() if id_ not in known or rank(change) >= known[id_]
        }
        if not fresh:
            return 0
        terms = {id_: change_terms(change, readings) for id_, change in fresh.items()}
        with _writer(index) as writer:
            for id_, document in terms.items():
                writer.delete_documents_by_term(ID, id_)
                writer.add_document(document)
    return len(fresh)


@contextmanager
def _writer(index: tantivy.Index) -> Iterator[tantivy.IndexWriter]:
    """Commits at the end, or writes nothing when something was raised."""
    writer = index.writer(_WRITER_BYTES, 1)
    try:
        yield writer
        writer.commit()
    finally:
        # Also after an error: the traceback keeps the writer alive, and the writer its lock.
        writer.wait_merging_threads()


def _newest(changes: Iterable[Change]) -> dict[str, Change]:
    """The last word on every id in a batch; of two with the same rank the later."""
    newest: dict[str, Change] = {}
    for change in changes:
        id_ = printable(change.id)
        if id_ not in newest or rank(change) >= rank(newest[id_]):
            newest[id_] = change
    return newest


def _create(generation: Path) -> tantivy.IndexWriter:
    return tantivy.Index(schema(), str(generation)).writer(_REBUILD_BYTES, 1)
