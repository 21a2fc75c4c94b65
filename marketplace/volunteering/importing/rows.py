"""From a record to a need, or to every reason why not. Pure: no database, no clock."""

import ast
import html
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from marketplace.kernel.clock import SHANGHAI
from marketplace.volunteering.importing.mapping import ImportMapping
from marketplace.volunteering.importing.reading import Record

_MOST_PLACES = 10_000
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ImportedNeed:
    """A row that made sense. ``shift`` is its local start and end when it happens once; ``ends_on`` is its last day."""

    line: int
    key: str
    title: str
    description: str
    category_code: str
    organisation_key: str
    organisation_name: str
    place: str
    point: tuple[float, float] | None
    starts_on: date
    ends_on: date
    shift: tuple[datetime, datetime] | None
    capacity: int


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that did not, with the code of every reason (catalogue: ``reject.<code>``)."""

    line: int
    reasons: tuple[str, ...]
    raw: list[str]


class _Refused(Exception):
    """Carries one reason code out of a cell's reader."""


def read_row(record: Record, mapping: ImportMapping) -> ImportedNeed | Reject:
    """The need that the record tells of, or the reasons why it cannot be one."""
    if record.fault:
        return Reject(record.line, (record.fault,), record.raw)
    reasons: list[str] = []

    def attempt(reader: Callable[[dict[str, str], ImportMapping], Value], otherwise: Value) -> Value:
        try:
            return reader(record.cells, mapping)
        except _Refused as refusal:
            reasons.append(str(refusal))
            return otherwise

    starts_on, ends_on = attempt(_dates, (date.min, date.min))
    need = ImportedNeed(
        line=record.line,
        key=attempt(_key, ""),
        title=attempt(_title, ""),
        description=attempt(_description, ""),
        category_code=_category(record.cells, mapping),
        organisation_key=attempt(_organisation_key, ""),
        organisation_name=attempt(_organisation_name, ""),
        place=attempt(_place, ""),
        point=attempt(_point, None),
        starts_on=starts_on,
        ends_on=ends_on,
        shift=_shift(record.cells, mapping, starts_on) if starts_on != date.min else None,
        capacity=attempt(_capacity, 1),
    )
    return Reject(record.line, tuple(dict.fromkeys(reasons)), record.raw) if reasons else need


def _clean(text: str) -> str:
    """What a person meant: entities decoded, control characters dropped, runs of blanks folded."""
    text = html.unescape(text)
    # Nearly every cell is printable, and then there is nothing to look for.
    if not text.isprintable():
        text = "".join(
            char if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else " " for char in text
        )
    return " ".join(text.split())


def _bounded(text: str, most: int, name: str) -> str:
    if not text:
        raise _Refused(f"{name}_missing")
    if len(text) > most:
        raise _Refused(f"{name}_too_long")
    return text


def _key(cells: dict[str, str], mapping: ImportMapping) -> str:
    return _bounded(_clean(cells[mapping.key]), 100, "key")


def _title(cells: dict[str, str], mapping: ImportMapping) -> str:
    return _bounded(_clean(cells[mapping.title]), 120, "title")


def _description(cells: dict[str, str], mapping: ImportMapping) -> str:
    return _bounded(_clean(cells[mapping.description]), 4000, "description")


def _organisation_key(cells: dict[str, str], mapping: ImportMapping) -> str:
    return _bounded(_clean(cells[mapping.organisation.key]), 100, "organisation")


def _organisation_name(cells: dict[str, str], mapping: ImportMapping) -> str:
    return _bounded(_clean(cells[mapping.organisation.name]), 120, "organisation")


def _category(cells: dict[str, str], mapping: ImportMapping) -> str:
    return mapping.category.table.get(_clean(cells[mapping.category.column]), mapping.category.default)


def _dates(cells: dict[str, str], mapping: ImportMapping) -> tuple[date, date]:
    move = timedelta(weeks=mapping.dates.move_weeks)
    forms = mapping.dates.forms
    starts, ends = (
        _date(_clean(cells[column]), forms) for column in (mapping.dates.starts, mapping.dates.ends)
    )
    if ends < starts:
        raise _Refused("dates_reversed")
    try:
        return starts + move, ends + move
    except OverflowError:
        raise _Refused("date_impossible") from None


@lru_cache(maxsize=4096)
def _date(text: str, forms: tuple[str, ...]) -> date:
    if not text:
        raise _Refused("date_missing")
    for form in forms:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    raise _Refused("date_impossible")


def _shift(cells: dict[str, str], mapping: ImportMapping, day: date) -> tuple[datetime, datetime] | None:
    once = mapping.one_time
    if once is None or _clean(cells[once.column]) != once.value:
        return None
    starts = datetime.combine(day, once.begins, SHANGHAI)
    ends = datetime.combine(day, once.ends, SHANGHAI)
    return starts, ends if ends > starts else ends + timedelta(days=1)


def _place(cells: dict[str, str], mapping: ImportMapping) -> str:
    parts: list[str] = []
    for column in mapping.place.columns:
        parts.extend(_address(cells[column], mapping.place.address_fields))
    text = ", ".join(dict.fromkeys(part for part in parts if part)) or mapping.place.fallback or ""
    return _bounded(text[:200].strip(), 200, "place")


def _address(cell: str, fields: tuple[str, ...]) -> list[str]:
    found = _object(cell)
    if found is None:
        return [_clean(cell)]
    inner = found.get("human_address", found)
    address = _object(inner) if isinstance(inner, str) else inner
    return [_clean(str(address.get(field, ""))) for field in fields] if isinstance(address, dict) else []


@lru_cache(maxsize=1024)
def _object(cell: str) -> dict[str, Any] | None:
    """The object that a cell spells, as JSON or as Python wrote it; None for plain text."""
    if not cell.lstrip().startswith("{") or len(cell) > 2000:
        return None
    try:
        found = ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _point(cells: dict[str, str], mapping: ImportMapping) -> tuple[float, float] | None:
    wanted = mapping.point
    if wanted is None:
        return None
    latitude = _clean(cells[wanted.latitude]) if wanted.latitude else ""
    longitude = _clean(cells[wanted.longitude]) if wanted.longitude else ""
    if not latitude and not longitude and wanted.object:
        found = _object(cells[wanted.object]) or {}
        latitude, longitude = str(found.get("latitude", "")), str(found.get("longitude", ""))
    if not latitude and not longitude:
        return None
    try:
        point = float(latitude), float(longitude)
    except ValueError:
        raise _Refused("point_impossible") from None
    if not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
        raise _Refused("point_impossible")
    return point


def _capacity(cells: dict[str, str], mapping: ImportMapping) -> int:
    if mapping.capacity is None:
        return 1
    text = unicodedata.normalize("NFKC", _clean(cells[mapping.capacity]))
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= _MOST_PLACES:
        raise _Refused("capacity_impossible")
    return int(text)
