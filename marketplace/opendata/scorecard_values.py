"""Values of a scorecards dump as a verifier reads them: strict, with the file and the line where something cannot be read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from marketplace.opendata import scorecard_files as files
from marketplace.opendata.scorecard_files import Source

_NUMBER = re.compile(r"-?[0-9]{1,30}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST = 80
"""What of a value that is wrong is told: it may be anything."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not come out: in which file, of whom or in which line, what was published and what comes out.

    Words are keyed ``scorecards.difference.<code>``.
    """

    code: str
    file: str
    about: str = ""
    name: str = ""
    told: str = ""
    found: str = ""


class Unreadable(Exception):
    """A table cannot be read on from here."""

    def __init__(self, file: str, line: int, name: str = "") -> None:
        super().__init__(file, line, name)
        self.difference = Difference("unreadable", file, str(line), name)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    file: str
    line: int
    values: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.values[name]

    def number(self, name: str) -> int:
        """A whole number; a correction of hours may be below nought. Raises Unreadable."""
        if not _NUMBER.fullmatch(self.values[name]):
            raise Unreadable(self.file, self.line, name)
        return int(self.values[name])

    def is_yes(self, name: str) -> bool:
        """1 or 0. Raises Unreadable."""
        if self.values[name] not in {"0", "1"}:
            raise Unreadable(self.file, self.line, name)
        return self.values[name] == "1"

    def day(self, name: str) -> date:
        """Raises Unreadable."""
        try:
            if _DAY.fullmatch(self.values[name]):
                return date.fromisoformat(self.values[name])
        except ValueError:
            pass
        raise Unreadable(self.file, self.line, name)

    @property
    def cell(self) -> tuple[str, str]:
        """Provider and service type."""
        return self.values["provider_id"], self.values["service_type"]

    def differs(self, name: str, found: str = "") -> Difference:
        """What this line says by itself cannot be."""
        return Difference("row", self.file, str(self.line), name, self.values.get(name, "")[:_LONGEST], found)

    def compared(self, about: str, found: Mapping[str, object]) -> Iterator[Difference]:
        """What was published against what comes out, name by name; nothing is published as an empty cell."""
        for name, value in found.items():
            comes_out = "" if value is None else str(int(value) if isinstance(value, bool) else value)
            if self.values[name] != comes_out:
                yield Difference("value", self.file, about, name, self.values[name][:_LONGEST], comes_out)


def read(source: Source, name: str) -> Iterator[Row]:
    """The lines of a table. Raises Unreadable."""
    line = 1
    try:
        for line, values in files.rows(source, name):
            yield Row(name, line, values)
    except (ValueError, OSError, EOFError) as error:
        raise Unreadable(name, line + 1) from error
