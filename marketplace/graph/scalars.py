"""Scalars of our own: moments that always carry their zone, days, and minutes."""

from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

from marketplace.kernel.clock import local

Minutes = NewType("Minutes", int)
"""A span of volunteering time. Hours are never rounded in storage, so they travel as whole minutes."""

# Every zone's wall clock must be able to show the moment, and no plan reaches further.
_YEARS = range(1900, 2200)


def _moment(given: object) -> datetime:
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in _YEARS:
        raise StrawberryInputCoercionError(
            "A DateTime is written as 2026-11-22T09:00:00+08:00, with its offset."
        )
    return moment.astimezone(UTC)


def _day(given: object) -> date:
    try:
        day = date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise StrawberryInputCoercionError("A Date is written as 2026-11-22.")
    return day


def _minutes(given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or abs(given) >= 2**31:
        raise StrawberryInputCoercionError("Minutes are a whole number.")
    return given


SCALARS: dict[Any, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment with its offset (RFC 3339). Answers are given in Shanghai's time, `2026-11-22T09:00:00+08:00`.",
        serialize=lambda moment: local(moment).isoformat(),
        parse_value=_moment,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day in Shanghai, `2026-11-22`.",
        serialize=date.isoformat,
        parse_value=_day,
    ),
    Minutes: strawberry.scalar(
        name="Minutes", description="A whole number of minutes.", serialize=int, parse_value=_minutes
    ),
}
