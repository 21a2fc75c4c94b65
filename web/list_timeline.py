"""The timeline of a service list as a drawing: for each item its planned tender and the time of the service, over the years."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from marketplace.procurement.lists.content import ItemContent

WIDTH = 640
_ROW = 66
_HEAD = 30


@dataclass(frozen=True, slots=True)
class Year:
    """Where a year begins."""

    label: str
    x: float


@dataclass(frozen=True, slots=True)
class Row:
    """One item: where its label and bar stand, and where on the way its tender is planned."""

    item: ItemContent
    top: int
    tender_x: float
    bar_x: float
    bar_width: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that the drawing needs. ``today_x`` is None when today lies outside."""

    height: int
    years: list[Year]
    rows: list[Row]
    today_x: float | None


def timeline(items: Iterable[ItemContent], starts_on: date, ends_on: date, today: date) -> Timeline | None:
    """The drawing from the first thing planned to the last; None without items."""
    told = sorted(items, key=lambda item: (item.planned_tender_on, item.number))
    if not told:
        return None
    first = min(starts_on, *(item.planned_tender_on for item in told))
    last = max(ends_on, *(item.values["ends_on"] for item in told))
    days = max((last - first).days, 1)

    def x(day: date) -> float:
        share: float = (day - first).days / days
        return round(8 + (WIDTH - 16) * share, 1)

    rows = [
        Row(
            item,
            _HEAD + _ROW * place,
            x(item.planned_tender_on),
            x(item.values["starts_on"]),
            max(round(x(item.values["ends_on"]) - x(item.values["starts_on"]), 1), 4.0),
        )
        for place, item in enumerate(told)
    ]
    step = max(1, -(-(last.year - first.year + 1) // 8))
    years = [
        Year(str(year), x(max(date(year, 1, 1), first))) for year in range(first.year, last.year + 1, step)
    ]
    return Timeline(_HEAD + _ROW * len(rows), years, rows, x(today) if first <= today <= last else None)
