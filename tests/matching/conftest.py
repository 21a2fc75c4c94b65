"""Fixtures: an empty index of every engine, and an embedded one for what only a folder can show."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import pytest

from matching.embedded import EmbeddedIndex
from matching.index import SearchIndex
from tests.matching.builders import CHANGNING, rebuilt
from tests.matching.engines import ENGINES, Place

_MEMORY: Final = "/dev/shm"


@pytest.fixture(scope="session")
def folders() -> Iterator[Path]:
    """Where folders are made: in memory where there is such a place, because an index waits for the disk at every write."""
    with TemporaryDirectory(dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None) as made:
        yield Path(made)


@pytest.fixture(scope="session", params=ENGINES)
def new_place(request: pytest.FixtureRequest, folders: Path) -> Callable[[], Place]:
    """Makes places for indexes, of one engine after the other: what is tested with it is promised by the port."""
    make: Callable[[], Place] = ENGINES[request.param](folders)
    return make


@pytest.fixture
def place(new_place: Callable[[], Place]) -> Place:
    """Where nothing was built yet."""
    return new_place()


@pytest.fixture
def index(place: Place) -> SearchIndex:
    return rebuilt(place.open(), ())


@pytest.fixture(scope="module")
def shared_index(new_place: Callable[[], Place]) -> SearchIndex:
    """One index for all tests of a module, which do not mind what is in it."""
    return rebuilt(new_place().open(), ())


@pytest.fixture
def folder(folders: Path) -> Path:
    return folders / uuid4().hex


@pytest.fixture
def embedded(folder: Path) -> EmbeddedIndex:
    return rebuilt(EmbeddedIndex(folder, CHANGNING), ())
