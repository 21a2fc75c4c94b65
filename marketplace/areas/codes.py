"""Official 12-digit area codes: two digits a province, four a district, three a subdistrict, three a community.

The code is the hierarchy: what lies under 310105000000 (Changning) is what begins with 310105.
"""

from enum import StrEnum

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

CITY = "310000000000"


class Level(StrEnum):
    """The four floors of the city."""

    MUNICIPALITY = "municipality"
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"


_PREFIX_LENGTH = {Level.MUNICIPALITY: 2, Level.DISTRICT: 6, Level.SUBDISTRICT: 9, Level.COMMUNITY: 12}


def level_of(code: str) -> Level:
    """The level that a well-formed code stands for."""
    for level in (Level.MUNICIPALITY, Level.DISTRICT, Level.SUBDISTRICT):
        if code[_PREFIX_LENGTH[level] :].strip("0") == "":
            return level
    return Level.COMMUNITY


def prefix_of(code: str) -> str:
    """The digits shared by the area and everything under it."""
    return code[: _PREFIX_LENGTH[level_of(code)]]


def contains(area: str, other: str) -> bool:
    """Whether ``other`` is ``area`` or lies under it."""
    return other.startswith(prefix_of(area))


def ancestors_of(code: str) -> list[str]:
    """The codes above and including ``code``, from the municipality down."""
    wanted = len(prefix_of(code))
    return [code[:length].ljust(12, "0") for length in _PREFIX_LENGTH.values() if length <= wanted]


def within(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None] | ColumnElement[str], area: str
) -> ColumnElement[bool]:
    """SQL: the column's area is ``area`` or under it. A range over digits, so any index and any collation serve it."""
    prefix = prefix_of(area)
    return column.between(prefix.ljust(12, "0"), prefix.ljust(12, "9"))
