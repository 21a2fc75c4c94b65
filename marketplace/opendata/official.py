"""The official JSON schemas of OCDS 1.1, read from a folder: a second judge beside our own model, where somebody has the files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from marketplace.kernel.errors import Unavailable

_VERSIONED: Final = (
    "https://standard.open-contracting.org/schema/1__1__5/versioned-release-validation-schema.json"
)
FILES: Final = {
    "release": "release-schema.json",
    "releases": "release-package-schema.json",
    "records": "record-package-schema.json",
}


class OfficialSchemaIsMissing(Unavailable):
    """The folder does not hold the three schema files."""


class OfficialSchema:
    """Judges releases and packages by the files in ``folder``, without a network. Raises OfficialSchemaIsMissing."""

    def __init__(self, folder: Path) -> None:
        try:
            self.files: dict[str, dict[str, Any]] = {
                kind: orjson.loads((folder / name).read_bytes()) for kind, name in FILES.items()
            }
        except (OSError, ValueError):
            raise OfficialSchemaIsMissing(folder=str(folder)) from None
        resources = [(str(file["id"]), DRAFT4.create_resource(file)) for file in self.files.values()]
        # The schema of versioned releases is a file of its own that few have; what it would judge, nobody judges here.
        resources.append((_VERSIONED, DRAFT4.create_resource({})))
        registry = Registry[Any]().with_resources(resources)
        self._judges = {kind: Draft4Validator(file, registry=registry) for kind, file in self.files.items()}

    def faults(self, kind: str, given: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Where ``given`` breaks the schema of that kind (``release``, ``releases``, ``records``), and how."""
        for error in self._judges[kind].iter_errors(given):
            yield tuple(error.absolute_path), error.message
