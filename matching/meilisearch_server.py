"""One Meilisearch server: searches within a budget and behind a breaker, tasks waited for, every failure an error of the port."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import meilisearch
from meilisearch.errors import (
    MeilisearchApiError,
    MeilisearchCommunicationError,
    MeilisearchError,
    MeilisearchTimeoutError,
)
from meilisearch.models.task import TaskInfo

from matching.breaker import Breaker
from matching.index import EngineIsUnreachable, IndexIsBroken, IndexIsBusy, IndexIsMissing, SearchUnavailable
from matching.meilisearch_documents import KEY, RANK

BUDGET_SECONDS: Final = 0.5
"""How long a search may take before callers fall back to the database."""

_WRITE_SECONDS: Final = 30
_POLL_MILLISECONDS: Final = 20
_FETCHED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and the two keys it wants: one that may only search, one that may only write these indexes."""

    url: str
    search_key: str = field(default="", repr=False)
    write_key: str = field(default="", repr=False)


class Server:
    """A server's indexes by name. Every method may raise SearchUnavailable.

    A failed task raises nothing by itself: each is waited for, `patience` seconds at most, and its failure is an error.
    A search may take `budget` seconds.
    """

    def __init__(self, address: Address, patience: float = 60.0, budget: float = BUDGET_SECONDS) -> None:
        # A search is at most two requests; the client's type says whole seconds, what it passes on may be a fraction.
        seconds: Any = budget / 2
        self._reader = meilisearch.Client(address.url, address.search_key or None, timeout=seconds)
        self._writer = meilisearch.Client(address.url, address.write_key or None, timeout=_WRITE_SECONDS)
        self._patience = int(patience * 1000)
        self._breaker = Breaker()

    def search(self, queries: Sequence[Mapping[str, Any]], federation: dict[str, Any]) -> dict[str, Any]:
        """What any of these queries finds, as one answer."""
        with self._breaker.guarding((EngineIsUnreachable,)), server_errors():
            found: dict[str, Any] = self._reader.multi_search(queries, federation)
            return found

    def is_there(self, uid: str) -> bool:
        """Whether the server has this index."""
        return self.changed_at(uid) is not None

    def changed_at(self, uid: str) -> datetime | None:
        """When this index changed last; None when the server does not have it."""
        try:
            with server_errors():
                facts = self._writer.get_raw_index(uid)
        except IndexIsMissing:
            return None
        return datetime.fromisoformat(facts["updatedAt"]).astimezone(UTC)

    def names(self, beginning: str) -> list[str]:
        """The names of the indexes that begin like this."""
        with server_errors():
            indexes = self._writer.get_indexes({"limit": 1000})["results"]
        return [index.uid for index in indexes if index.uid.startswith(beginning)]

    def create(self, uid: str, settings: dict[str, Any]) -> None:
        """Makes an index with these settings. Raises IndexIsBusy when it is there already."""
        with server_errors():
            self.finish([self._writer.create_index(uid, {"primaryKey": KEY})])
            if settings:
                self.finish([self._writer.index(uid).update_settings(settings)])

    def add(self, uid: str, documents: Sequence[Mapping[str, Any]]) -> TaskInfo:
        """Hands documents over; they can be found once the task is finished."""
        with server_errors():
            return self._writer.index(uid).add_documents(documents, primary_key=KEY)

    def known(self, uid: str, keys: Sequence[str]) -> list[dict[str, Any]]:
        """Key, rank and standing of those of these documents that the index has."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(keys), _FETCHED_AT_ONCE):
            some = keys[start : start + _FETCHED_AT_ONCE]
            wanted = {"filter": f"{KEY} IN [{', '.join(some)}]", "limit": len(some)}
            found += self._fetch(uid, wanted | {"fields": [KEY, "id", RANK, "live"]})
        return found

    def everything(self, uid: str) -> Iterator[list[dict[str, Any]]]:
        """All documents of an index, in parts."""
        offset = 0
        while part := self._fetch(uid, {"offset": offset, "limit": _FETCHED_AT_ONCE}):
            yield part
            offset += len(part)

    def swap(self, one: str, other: str) -> None:
        """Gives two indexes each other's name, in one step."""
        with server_errors():
            self.finish([self._writer.swap_indexes([{"indexes": [one, other]}])])

    def drop(self, uids: Iterable[str]) -> None:
        """Removes those of these indexes that are there."""
        for uid in uids:
            if self.is_there(uid):
                with server_errors():
                    self.finish([self._writer.delete_index(uid)])

    def finish(self, tasks: Iterable[TaskInfo]) -> None:
        """Waits until these tasks have succeeded. Raises IndexIsBusy after too long, IndexIsBroken when one failed."""
        for task in tasks:
            try:
                with server_errors():
                    done = self._writer.wait_for_task(task.task_uid, self._patience, _POLL_MILLISECONDS)
            except EngineIsUnreachable as error:
                raise IndexIsBusy(f"task {task.task_uid} is not finished: {error}") from error
            if done.status != "succeeded":
                raise _failure(done.error or {})

    def _fetch(self, uid: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        with server_errors():
            found = self._writer.index(uid).get_documents(wanted).results
        return [dict(document) for document in found]


@contextmanager
def server_errors() -> Iterator[None]:
    """Turns what the client raises into the errors of the port."""
    try:
        yield
    except (MeilisearchCommunicationError, MeilisearchTimeoutError) as error:
        raise EngineIsUnreachable(str(error)) from error
    except MeilisearchApiError as error:
        if error.status_code >= 500 or error.status_code in (408, 429):
            raise EngineIsUnreachable(error.message) from error
        raise _failure({"code": error.code, "message": error.message}) from error
    except MeilisearchError as error:
        raise IndexIsBroken(error.message) from error
    except (KeyError, TypeError, ValueError) as error:
        # Something answers at that address, but not this server.
        raise IndexIsBroken(f"the answer cannot be read: {error}") from error


def _failure(error: Mapping[str, Any]) -> SearchUnavailable:
    message = f"{error.get('code')}: {error.get('message')}"
    match error.get("code"):
        case "index_not_found":
            return IndexIsMissing(message)
        case "index_already_exists":
            return IndexIsBusy(message)
        case _:
            return IndexIsBroken(message)
