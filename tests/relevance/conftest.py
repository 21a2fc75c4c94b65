"""The demo's city, built and indexed once for all tests of this folder."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.relevance.city import Searched, searched_city


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    """What lives in the demo's city, and an index of it."""
    folder: Path = tmp_path_factory.mktemp("relevance")
    # In a thread of its own, because a test that asks for this may have a running loop.
    with ThreadPoolExecutor(1) as apart:
        yield apart.submit(lambda: asyncio.run(searched_city(folder))).result()
