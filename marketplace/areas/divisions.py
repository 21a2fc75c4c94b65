"""An official list of divisions as a file: read whole, checked line by line, refused with the line that is wrong."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from marketplace.areas.codes import Level, ancestors_of, level_of
from marketplace.areas.errors import (
    DivisionCodeIsWrong,
    DivisionColumnsAreWrong,
    DivisionIsRepeated,
    DivisionIsWrong,
    DivisionLevelIsWrong,
    DivisionNameIsWrong,
    DivisionParentIsWrong,
    DivisionsAreEmpty,
    DivisionsAreUnreadable,
)

COLUMNS = ("code", "name", "level", "parent")
# The official lists call them committees; the house calls the place by what lives there.
_LEVELS = {"committee": Level.COMMUNITY} | {level.value: level for level in Level}
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Division:
    """One line of an official list."""

    code: str
    name: str
    level: Level
    parent: str | None


def shipped() -> list[Division]:
    """Shanghai as the National Bureau of Statistics lists it in its edition 2023."""
    return read((files("marketplace.areas") / "data" / "shanghai_divisions.csv").read_bytes())


def read(content: bytes) -> list[Division]:
    """The divisions in ``content``, parents before children. Raises DivisionsAreUnreadable, DivisionsAreEmpty, DivisionIsWrong."""
    table = csv.DictReader(io.StringIO(_decoded(content)), strict=True)
    try:
        if tuple(table.fieldnames or ()) != COLUMNS:
            raise DivisionsAreUnreadable()
        divisions = list(_checked(table))
    except csv.Error:
        raise DivisionsAreUnreadable() from None
    if not divisions:
        raise DivisionsAreEmpty()
    _check_parents(divisions)
    return sorted(divisions, key=lambda division: (len(ancestors_of(division.code)), division.code))


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DivisionsAreUnreadable()


def _checked(table: "csv.DictReader[str]") -> Iterator[Division]:
    seen: set[str] = set()
    for row in table:
        line = table.line_num
        values = [row.get(column) for column in COLUMNS]
        if None in row or any(value is None for value in values):
            raise DivisionColumnsAreWrong(line=line, area="")
        code, name, level, parent = (str(value).strip() for value in values)
        fault = _fault(code, name, level, parent, seen)
        if fault is not None:
            raise fault(line=line, area=code[:20])
        seen.add(code)
        yield Division(code, name, _LEVELS[level], parent or None)


def _fault(code: str, name: str, level: str, parent: str, seen: set[str]) -> type[DivisionIsWrong] | None:
    if len(code) != 12 or not (code.isascii() and code.isdigit()) or code.startswith("0"):
        return DivisionCodeIsWrong
    if code in seen:
        return DivisionIsRepeated
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        return DivisionNameIsWrong
    if _LEVELS.get(level) != level_of(code):
        return DivisionLevelIsWrong
    above = ancestors_of(code)[:-1]
    return None if parent == (above[-1] if above else "") else DivisionParentIsWrong


def _check_parents(divisions: Sequence[Division]) -> None:
    codes = {division.code for division in divisions}
    for line, division in enumerate(divisions, start=2):
        if division.parent is not None and division.parent not in codes:
            raise DivisionParentIsWrong(line=line, area=division.code)


def shipped_points() -> dict[str, tuple[float, float]]:
    """(longitude, latitude) of the municipality and its districts, in degrees."""
    text = (files("marketplace.areas") / "data" / "shanghai_district_centroids.csv").read_text("utf-8")
    points = {
        row["code"]: (float(row["lng"]), float(row["lat"])) for row in csv.DictReader(io.StringIO(text))
    }
    return points | {"310000000000": (121.4737, 31.2304)}
