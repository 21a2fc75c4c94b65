"""Where the standard's own schema and examples are on this machine; what needs them is skipped by name where they are not."""

import os
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from marketplace.opendata.official import OfficialSchema

FOLDER = Path(os.environ.get("WUSHE_TEST_OCDS", Path(__file__).parents[3] / "shared" / "data" / "ocds"))
SCHEMA, EXAMPLES = FOLDER / "schema", FOLDER / "examples"
PACKAGES = (
    "sample-data_1.1_full_release-package.json",
    "sample-data_1.1_04-award_release-package.json",
    "sample-data_1.1_record-package.json",
)
FRAGMENTS = (
    "tender.json",
    "tender_update.json",
    "award.json",
    "contract.json",
    "open_multiple_first_stage.json",
    "open_multiple_award.json",
)
"""Examples of the documentation, which leave out what is not their point: the envelope and initiationType."""


def need_schema() -> OfficialSchema:
    """The official schema; the test that asks is skipped where the files are absent."""
    if not (SCHEMA / "release-schema.json").exists():
        pytest.skip("the official OCDS schema is not on this machine: set WUSHE_TEST_OCDS to its folder")
    return _schema()


@cache
def _schema() -> OfficialSchema:
    return OfficialSchema(SCHEMA)


def example(name: str) -> dict[str, Any]:
    """An official example; the test that asks is skipped where it is absent."""
    path = EXAMPLES / name
    if not path.exists():
        pytest.skip("the official OCDS examples are not on this machine: set WUSHE_TEST_OCDS to their folder")
    return dict(orjson.loads(path.read_bytes()))


def paths(given: Any, here: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of everything inside some JSON."""
    steps: Any = ()
    if isinstance(given, dict):
        steps = given.items()
    elif isinstance(given, list):
        steps = enumerate(given)
    for step, inside in steps:
        yield (*here, step)
        yield from paths(inside, (*here, step))


def changed(given: Any, path: tuple[str | int, ...], *value: Any) -> Any:
    """A copy with one place set to ``value``, or without that place when there is none."""
    copy = deepcopy(given)
    inside = copy
    for step in path[:-1]:
        inside = inside[step]
    if value:
        inside[path[-1]] = value[0]
    else:
        del inside[path[-1]]
    return copy
