"""Fixtures: an empty embedded index in a folder of its own."""

from pathlib import Path

import pytest

from matching.embedded import EmbeddedIndex
from tests.matching.builders import CHANGNING, rebuilt


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> EmbeddedIndex:
    return rebuilt(EmbeddedIndex(folder, CHANGNING), ())
