"""The mapping: a small TOML file that says which column means what. See docs/importing.md for one explained line by line."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from marketplace.kernel.input import Draft
from marketplace.volunteering.importing.errors import ImportFileIsMissing, MappingIsBroken

Column = Annotated[str, Field(min_length=1, max_length=200)]


class Category(Draft):
    """A column whose values are looked up in ``table``; what the table does not know becomes ``default``."""

    column: Column
    table: dict[str, str] = Field(default_factory=dict)
    default: str = "other"


class Owner(Draft):
    """The organisation behind a row: ``key`` tells organisations apart, ``name`` is what people read."""

    key: Column
    name: Column


class Place(Draft):
    """Columns that together say where; a column that holds a JSON or Python object gives its ``address_fields``.

    A row with none of them takes ``fallback``; without a fallback it is refused.
    """

    columns: list[Column]
    address_fields: tuple[str, ...] = ("address", "city", "state", "zip")
    fallback: str | None = None


class Point(Draft):
    """Columns of degrees, tried first, then an object column that has latitude and longitude in it."""

    latitude: Column | None = None
    longitude: Column | None = None
    object: Column | None = None


class Dates(Draft):
    """Date columns, the forms they are written in (strptime), and whole weeks to move them by (to try an old list today)."""

    starts: Column
    ends: Column
    forms: tuple[str, ...] = ("%Y-%m-%d",)
    move_weeks: int = Field(default=0, ge=-5200, le=5200)


class OneTime(Draft):
    """Which rows happen once: they get a shift on their first day, at these local times."""

    column: Column
    value: str
    begins: time
    ends: time


class ImportMapping(Draft):
    """What every row needs. ``list_name`` makes the keys of this list its own, so two lists never mix."""

    list_name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    key: Column
    title: Column
    description: Column
    area_code: Annotated[str, Field(pattern=r"^\d{12}$")]
    risks: Annotated[str, Field(min_length=1, max_length=4000)]
    category: Category
    organisation: Owner
    place: Place
    point: Point | None = None
    dates: Dates
    one_time: OneTime | None = None
    capacity: Column | None = None

    def columns(self) -> frozenset[str]:
        """Every column that must be in the heading."""
        named = {
            self.key,
            self.title,
            self.description,
            self.category.column,
            self.organisation.key,
            self.organisation.name,
        }
        named |= {*self.place.columns, self.dates.starts, self.dates.ends}
        if self.point:
            named |= {
                column for column in (self.point.latitude, self.point.longitude, self.point.object) if column
            }
        if self.one_time:
            named.add(self.one_time.column)
        if self.capacity:
            named.add(self.capacity)
        return frozenset(named)


def read_mapping(path: Path) -> ImportMapping:
    """The mapping in ``path``. Raises ImportFileIsMissing or MappingIsBroken with the place of the first fault."""
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError:
        raise ImportFileIsMissing(path=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingIsBroken(path=path.name, what=str(error)[:200]) from None
    try:
        return ImportMapping.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise MappingIsBroken(path=path.name, what=f"{where}: {fault['msg']}") from None
