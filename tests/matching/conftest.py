"""Fixtures: an empty index of every engine, and an embedded one for what only a folder can show."""

from collections.abc import Callable
from pathlib import Path

import pytest

from matching.embedded import EmbeddedIndex
from matching.index import SearchIndex
from tests.matching.builders import CHANGNING, rebuilt
from tests.matching.engines import ENGINES, Place


@pytest.fixture(scope="session", params=ENGINES)
def new_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Place]:
    """Makes places for indexes, of one engine after the other: what is tested with it is promised by the port."""
    make: Callable[[], Place] = ENGINES[request.param](tmp_path_factory)
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
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def embedded(folder: Path) -> EmbeddedIndex:
    return rebuilt(EmbeddedIndex(folder, CHANGNING), ())
