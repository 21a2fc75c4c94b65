"""The engines that keep the contract of the port: where each keeps an index, so that other processes can open it too."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import pytest

from matching.embedded import EmbeddedIndex
from matching.index import SearchIndex
from matching.meilisearch import MeilisearchIndex
from matching.meilisearch_server import Address, Server
from tests.matching.builders import CHANGNING
from tests.matching.meilisearch_double import MASTER_KEY, serving


class Place(Protocol):
    """Where one index is. It can be sent to another process."""

    def open(self) -> SearchIndex: ...


@dataclass(frozen=True)
class InFolder:
    """An embedded index."""

    folder: Path

    def open(self) -> SearchIndex:
        return EmbeddedIndex(self.folder, CHANGNING)


@dataclass(frozen=True)
class OnServer:
    """An index on a Meilisearch server."""

    url: str
    key: str
    name: str

    def open(self) -> SearchIndex:
        return MeilisearchIndex(
            Server(Address(self.url, self.key, self.key), budget=10), self.name, CHANGNING
        )


def embedded(folders: Path) -> Callable[[], Place]:
    return lambda: InFolder(folders / uuid4().hex)


def meilisearch(folders: Path) -> Callable[[], Place]:
    """The server at MEILI_URL, with MEILI_MASTER_KEY where it wants one."""
    url, key = os.environ.get("MEILI_URL", ""), os.environ.get("MEILI_MASTER_KEY", "")
    if not _answers(url):
        pytest.skip("no Meilisearch answers at MEILI_URL: its side of the contract was not tested")
    return lambda: OnServer(url, key, f"test-{uuid4().hex}")


_STAND_INS = ExitStack()


def meilisearch_double(folders: Path) -> Callable[[], Place]:
    """A stand-in on loopback that keeps to what the server documents; see its module."""
    return lambda: OnServer(_double(), MASTER_KEY, f"test-{uuid4().hex}")


@cache
def _double() -> str:
    """The address of the stand-in, which lives as long as this process."""
    url, _ = _STAND_INS.enter_context(serving())
    return url


def _answers(url: str) -> bool:
    if not url:
        return False
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=3) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False


ENGINES = {"embedded": embedded, "meilisearch": meilisearch, "meilisearch-double": meilisearch_double}
