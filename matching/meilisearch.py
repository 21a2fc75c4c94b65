"""The search engine of a whole city: a Meilisearch server behind the same port. Many processes may read and write.

The server takes any write, so the guard against older news is ours: what it holds is looked at before each write. Two processes that write the
same thing in the same instant could still let the older win; news of one thing come in order from the outbox, and the nightly comparison heals
the rest. Names of indexes carry the format: `wushe-1` serves, `wushe-1-next` is being filled, `wushe-1-changes` notes what changes meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from meilisearch.models.task import TaskInfo

from matching import meilisearch_queries as queries
from matching.batches import batches
from matching.index import (
    Condition,
    Document,
    EngineIsUnreachable,
    IndexIsBusy,
    IndexIsMissing,
    Query,
    Rebuild,
    Removal,
    Results,
    SearchUnavailable,
    Status,
)
from matching.meilisearch_answers import answer
from matching.meilisearch_documents import FORMAT, KEY, LIVE, RANK, SETTINGS, as_json, key_of
from matching.meilisearch_server import Server
from matching.text import Readings, asked_words, may_be_missing

_BATCH: Final = 1_000
_ABANDONED_AFTER: Final = timedelta(minutes=10)
"""A rebuild whose index has not grown for so long has died."""

Change = Document | Removal


class MeilisearchIndex:
    """A `SearchIndex` on a server, under names that begin with `name`. It comes into being by a rebuild."""

    def __init__(self, server: Server, name: str = "wushe", readings: Readings | None = None) -> None:
        self._server = server
        self._names = _Names(f"{name}-{FORMAT}", f"{name}-")
        self._readings = readings or Readings()

    def upsert(self, documents: Iterable[Document]) -> int:
        """Makes documents findable and returns how many were written; older versions never replace newer ones."""
        return sum(self._write(batch) for batch in batches(documents, _BATCH))

    def delete(self, removals: Iterable[Removal]) -> int:
        """Makes things unfindable and returns how many removals were newer than what the index knew."""
        return sum(self._write(batch) for batch in batches(removals, _BATCH))

    def search(self, query: Query) -> Results:
        """Answers a query."""
        words = asked_words(query.text, self._readings.segmenter)[: queries.MOST_WORDS]
        if query.text.strip() and not words:
            return Results((), 0, {label: {} for label in query.facets}, cut=query.is_cut)
        if not words:
            return self._united(query, [], queries.STRICT)
        results = self._united(query, queries.strict(words), queries.STRICT)
        for missing in may_be_missing(words):
            if results.total:
                break
            results = self._united(query, queries.tolerant(words, missing), queries.FORGIVING)
            results = replace(results, approximate=results.total > 0)
        return results

    def versions(self, ids: Iterable[str]) -> dict[str, int]:
        """The versions of those of these documents that can be found, for comparing with the database."""
        known = self._server.known(self._names.serving, [key_of(id_) for id_ in ids])
        return {facts["id"]: facts[RANK] // 2 for facts in known if facts[LIVE]}

    def begin_rebuild(self) -> "MeilisearchRebuild":
        """Starts a fresh index. Raises IndexIsBusy when a rebuild is under way."""
        return MeilisearchRebuild(self._server, self._names, self._readings)

    def status(self) -> Status:
        """How the index is. Never raises."""
        name = self._names.serving
        try:
            return Status(Condition.READY, self.search(Query(limit=0)).total, name)
        except IndexIsMissing as error:
            return Status(Condition.MISSING, detail=str(error))
        except EngineIsUnreachable as error:
            return Status(Condition.UNREACHABLE, detail=str(error))
        except SearchUnavailable as error:
            return Status(Condition.BROKEN, detail=str(error))

    def _united(self, query: Query, texts: Sequence[str], searched: Sequence[str]) -> Results:
        name = self._names.serving
        return answer(self._server, name, query, queries.params(query, texts, searched, name))

    def _write(self, changes: Sequence[Change]) -> int:
        documents = [as_json(change, self._readings) for change in changes]
        is_noted = self._server.is_there(self._names.changes)
        if is_noted:
            write_newer(self._server, self._names.changes, documents)
        try:
            return write_newer(self._server, self._names.serving, documents)
        except IndexIsMissing:
            if is_noted:
                return len(documents)
            raise


class MeilisearchRebuild(Rebuild):
    """A `Rebuild` on a server."""

    def __init__(self, server: Server, names: "_Names", readings: Readings) -> None:
        self._server = server
        self._names = names
        self._readings = readings
        self._tasks: list[TaskInfo] = []
        self._is_over = False
        self._take_the_place_of_the_dead()
        # Changes are noted from here on; whoever wrote before has written what the caller will read.
        server.create(names.next, SETTINGS)
        try:
            server.create(names.changes, SETTINGS)
        except SearchUnavailable:
            self.discard()
            raise

    def add(self, documents: Iterable[Document]) -> int:
        """Adds documents and returns how many; of two with one id the last is kept."""
        self._must_be_open()
        added = 0
        for batch in batches(documents, _BATCH):
            newest = {key_of(document.id): as_json(document, self._readings) for document in batch}
            self._tasks.append(self._server.add(self._names.next, list(newest.values())))
            added += len(batch)
        return added

    def publish(self) -> None:
        """Lets the fresh index take over, at once and for every process."""
        self._must_be_open()
        self._server.finish(self._tasks)
        self._catch_up(self._names.next)
        if not self._server.is_there(self._names.serving):
            self._server.create(self._names.serving, {})
        self._server.swap(self._names.serving, self._names.next)
        # What was noted between the catching up and the swap.
        self._catch_up(self._names.serving)
        self._is_over = True
        self._server.drop(uid for uid in self._server.names(self._names.family) if uid != self._names.serving)

    def discard(self) -> None:
        """Drops the fresh index; the old one stays."""
        if not self._is_over:
            self._is_over = True
            self._server.drop((self._names.next, self._names.changes))

    def _must_be_open(self) -> None:
        if self._is_over:
            raise ValueError("this rebuild is over")

    def _take_the_place_of_the_dead(self) -> None:
        changed_at = self._server.changed_at(self._names.next)
        if changed_at is None:
            return
        if datetime.now(UTC) - changed_at < _ABANDONED_AFTER:
            raise IndexIsBusy(f"{self._names.next} is being filled by somebody else")
        self._server.drop((self._names.next, self._names.changes))

    def _catch_up(self, uid: str) -> None:
        for documents in self._server.everything(self._names.changes):
            write_newer(self._server, uid, documents)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of the indexes; `family` is the beginning that all of them share, those of other formats too."""

    serving: str
    family: str

    @property
    def next(self) -> str:
        return f"{self.serving}-next"

    @property
    def changes(self) -> str:
        return f"{self.serving}-changes"


def write_newer(server: Server, uid: str, documents: Sequence[Mapping[str, Any]]) -> int:
    """Writes those that are not older than what the index knows; how many."""
    newest: dict[str, Mapping[str, Any]] = {}
    for document in documents:
        key = document[KEY]
        if key not in newest or document[RANK] >= newest[key][RANK]:
            newest[key] = document
    known = {facts[KEY]: facts[RANK] for facts in server.known(uid, list(newest))}
    fresh = [document for key, document in newest.items() if key not in known or document[RANK] >= known[key]]
    if fresh:
        server.finish([server.add(uid, fresh)])
    return len(fresh)
