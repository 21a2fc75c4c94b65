"""The calendar of working days: weekends, public holidays and the weekend days worked to make up for them, as data."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import select

from marketplace.catalogue.rules import RuleInForce
from marketplace.db import audit
from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import day_starts, local_day
from marketplace.kernel.errors import InputIsInvalid, NotPermitted
from marketplace.procurement.drafts import DayDraft
from marketplace.procurement.models import CalendarDay

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. ``exceptions`` says so for the days that are not what their weekday says."""

    exceptions: Mapping[date, bool]

    def is_working(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < _SATURDAY)

    def later(self, day: date, days: int, day_type: str | None) -> date:
        """The day that is ``days`` after ``day``, which itself does not count (《民法典》 article 201).

        ``day_type`` is working or calendar. A count of calendar days that ends on a day off ends on the next working day (203).
        """
        if day_type == "working":
            for _ in range(days):
                day = self._next_working(day + _DAY)
            return day
        return self._next_working(day + days * _DAY)

    def count(self, first: date, last: date, day_type: str | None) -> int:
        """How many days of the type lie after ``first`` and up to ``last``; none when ``last`` is not later."""
        if day_type != "working":
            return max((last - first).days, 0)
        return sum(self.is_working(first + number * _DAY) for number in range(1, (last - first).days + 1))

    def due(self, moment: datetime, rule: RuleInForce, key: str) -> datetime:
        """The end, in UTC, of the last day on which something due ``rule.value[key]`` days after ``moment`` is in time."""
        return day_starts(self.later(local_day(moment), rule.value[key], rule.day_type) + _DAY)

    def _next_working(self, day: date) -> date:
        while not self.is_working(day):
            day += _DAY
        return day


async def calendar(session: Session) -> Calendar:
    """The calendar as it stands."""
    rows = await session.execute(select(CalendarDay.day, CalendarDay.is_working))
    return Calendar({row.day: row.is_working for row in rows})


def shipped() -> Calendar:
    """The calendar as it ships with the house, for where there is no database to ask."""
    return Calendar({row["day"]: row["is_working"] for row in _shipped_days()})


async def marked(session: Session, from_day: date) -> Sequence[CalendarDay]:
    """The days from ``from_day`` on that are not what their weekday says; public."""
    found = select(CalendarDay).where(CalendarDay.day >= from_day).order_by(CalendarDay.day)
    return (await session.scalars(found)).all()


def may_mark(viewer: Viewer) -> bool:
    """The calendar is the city's: its administrators and those who supervise buying anywhere in it."""
    return bool(viewer.areas_of(Role.ADMINISTRATOR, Role.PROCUREMENT_SUPERVISOR))


async def mark(session: Session, viewer: Viewer, draft: DayDraft) -> None:
    """Add a day, or correct it. Days that are over stay: periods were counted by them. Raises SignInNeeded, NotPermitted, InputIsInvalid."""
    by = viewer.signed_in()
    if not may_mark(viewer):
        raise NotPermitted()
    if draft.day < local_day(session.now()):
        raise InputIsInvalid.of("day", "day_is_over")
    values = {**draft.model_dump(), "changed_by": by}
    row = upsert(session, CalendarDay)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[CalendarDay.day],
            set_={name: row.excluded[name] for name in values if name != "day"},
        ),
        values,
    )
    audit.record(session, by, "calendar.day_marked", ("calendar_day", draft.day), is_working=draft.is_working)


async def load(session: Session) -> None:
    """Add every shipped day that the database does not have yet."""
    rows = [
        {
            "day": row["day"],
            "is_working": row["is_working"],
            "name_zh": row["zh"],
            "name_en": row["en"],
            "source": row["source"],
        }
        for row in _shipped_days()
    ]
    await session.execute(upsert(session, CalendarDay).on_conflict_do_nothing(), rows)


def _shipped_days() -> list[dict[str, Any]]:
    days: list[dict[str, Any]] = tomllib.loads(
        (files("marketplace.procurement") / "data" / "calendar.toml").read_text("utf-8")
    )["day"]
    return days
