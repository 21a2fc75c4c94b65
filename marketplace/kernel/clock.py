"""Time: stored in UTC, lived in Asia/Shanghai, read from a clock that is passed in."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the present moment as an aware datetime in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; for tests and for the seeded city."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self._at += by


def local(moment: datetime) -> datetime:
    """The same moment on a wall clock in Shanghai."""
    return moment.astimezone(SHANGHAI)


def local_day(moment: datetime) -> date:
    """The calendar day in Shanghai on which the moment falls."""
    return local(moment).date()


def local_year(moment: datetime) -> int:
    """The calendar year in Shanghai: 00:30 on 1 January belongs to the new year, whatever UTC says."""
    return local(moment).year


def day_starts(day: date) -> datetime:
    """Midnight in Shanghai at the start of ``day``, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def days_end(moment: datetime, days: int) -> datetime:
    """When the last of ``days`` whole days after the day of ``moment`` is over: its midnight in Shanghai, in UTC."""
    return day_starts(local_day(moment) + timedelta(days=days + 1))


def last_day(ends_at: datetime) -> date:
    """What ends at a midnight ends on the day before it."""
    return local_day(ends_at - timedelta(microseconds=1))
