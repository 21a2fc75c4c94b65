"""Repeating times: the part of RFC 5545 rules that suits volunteering, over the wall clock of Shanghai. Pure.

dateutil does the counting. It searches until the year 9999 for a rule that never matches, so only rules are let through that
match soon: daily (every n days), weekly by weekday, monthly by day or by the nth weekday.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from dateutil import rrule

from marketplace.kernel.clock import SHANGHAI, local
from marketplace.kernel.errors import InputIsInvalid
from marketplace.volunteering.errors import SeriesHasNoSlots, SeriesHasTooManySlots, SeriesReachesTooFar

MOST_SLOTS = 200
FURTHEST = timedelta(days=366)
OPEN_ENDED_AHEAD = timedelta(days=90)

_FREQUENCIES: Mapping[str, Any] = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY}
_MOST_INTERVAL = {"DAILY": 60, "WEEKLY": 26, "MONTHLY": 12}
_ALLOWED = {
    "DAILY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"},
    "WEEKLY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"},
    "MONTHLY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYSETPOS"},
}
_WEEKDAYS = {name: getattr(rrule, name) for name in ("MO", "TU", "WE", "TH", "FR", "SA", "SU")}
_NTH_WEEKDAY = re.compile(r"^([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)$")
_UNTIL = re.compile(r"^(\d{8})(?:T(\d{6})(Z?))?$")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A checked rule. ``until`` is the last local moment that counts; open-ended when neither it nor ``count`` is given."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_open_ended(self) -> bool:
        return self.count is None and self.until is None


def parse(text: str) -> Recurrence:
    """The rule that ``text`` spells, such as FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10. Raises InputIsInvalid on ``rule``."""
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise InputIsInvalid.of("rule", "rule_frequency", given=frequency)
    for name in parts:
        if name not in _ALLOWED[frequency]:
            raise InputIsInvalid.of("rule", "rule_part_not_taken", part=name, frequency=frequency)
    if "COUNT" in parts and "UNTIL" in parts:
        raise InputIsInvalid.of("rule", "rule_count_or_until")
    if "BYSETPOS" in parts and not re.fullmatch(r"[A-Z,]+", parts.get("BYDAY", "")):
        raise InputIsInvalid.of("rule", "rule_part_wrong", part="BYSETPOS")
    if "BYDAY" in parts and "BYMONTHDAY" in parts:
        raise InputIsInvalid.of("rule", "rule_part_not_taken", part="BYMONTHDAY", frequency="BYDAY")
    options = {
        option: read(name, parts[name], frequency)
        for name, (option, read) in _OPTIONS.items()
        if name in parts
    }
    return Recurrence(
        frequency=frequency,
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), _MOST_INTERVAL[frequency]),
        count=_number("COUNT", parts["COUNT"], 10_000) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        options=options,
    )


def slots(recurrence: Recurrence, first: datetime, now: datetime) -> list[datetime]:
    """The start of every coming slot, in UTC; a COUNT is counted from ``first``. Open-ended rules are followed for a while.

    Raises SeriesHasNoSlots, SeriesHasTooManySlots, SeriesReachesTooFar.
    """
    limit = _wall(now + FURTHEST)
    if _wall(first) > limit or (recurrence.until is not None and recurrence.until > limit):
        raise SeriesReachesTooFar(days=FURTHEST.days)
    until = recurrence.until or limit
    if recurrence.is_open_ended:
        until = min(limit, _wall(max(first, now) + OPEN_ENDED_AHEAD))
    found = _follow(recurrence, _wall(first), until)
    if recurrence.count is not None and len(found) < recurrence.count:
        raise SeriesReachesTooFar(days=FURTHEST.days)
    coming = [slot for slot in found if slot > _wall(now)]
    if not coming:
        raise SeriesHasNoSlots()
    if len(coming) > MOST_SLOTS:
        raise SeriesHasTooManySlots(most=MOST_SLOTS)
    return [slot.replace(tzinfo=SHANGHAI).astimezone(UTC) for slot in coming]


def _wall(moment: datetime) -> datetime:
    """The moment as a wall clock in Shanghai shows it."""
    return local(moment).replace(tzinfo=None)


def _follow(recurrence: Recurrence, start: datetime, until: datetime) -> list[datetime]:
    rule = rrule.rrule(
        _FREQUENCIES[recurrence.frequency],
        dtstart=start,
        interval=recurrence.interval,
        until=until,
        **recurrence.options,
    )
    return list(islice(rule, recurrence.count))


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.upper().strip().removeprefix("RRULE:").rstrip(";").split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name in parts:
            raise InputIsInvalid.of("rule", "rule_unreadable", part=part[:40])
        parts[name] = value
    return parts


def _number(name: str, text: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        raise InputIsInvalid.of("rule", "rule_number_wrong", part=name, most=most)
    return int(text)


def _until(text: str) -> datetime:
    match = _UNTIL.match(text)
    try:
        if match is None:
            raise ValueError
        day = date.fromisoformat(match[1])
        if not match[2]:
            return datetime.combine(day, time.max)
        moment = datetime.combine(day, time.fromisoformat(match[2]))
        return local(moment.replace(tzinfo=UTC)).replace(tzinfo=None) if match[3] else moment
    except (ValueError, OverflowError):
        raise InputIsInvalid.of("rule", "rule_until_wrong", given=text[:40]) from None


def _weekdays(name: str, text: str, frequency: str) -> list[Any]:
    found = []
    for part in text.split(","):
        match = _NTH_WEEKDAY.match(part)
        if match is None or (match[1] and frequency != "MONTHLY"):
            raise InputIsInvalid.of("rule", "rule_part_wrong", part=name)
        weekday = _WEEKDAYS[match[2]]
        found.append(weekday(int(match[1])) if match[1] else weekday)
    return found


def _numbers_up_to(most: int) -> Callable[[str, str, str], list[int]]:
    def read(name: str, text: str, _frequency: str) -> list[int]:
        if not re.fullmatch(r"[+-]?\d{1,2}(,[+-]?\d{1,2})*", text):
            raise InputIsInvalid.of("rule", "rule_part_wrong", part=name)
        numbers = [int(part) for part in text.split(",")]
        if len(numbers) > 31 or any(not 1 <= abs(number) <= most for number in numbers):
            raise InputIsInvalid.of("rule", "rule_part_wrong", part=name)
        return numbers

    return read


def _week_start(name: str, text: str, _frequency: str) -> Any:
    if text not in _WEEKDAYS:
        raise InputIsInvalid.of("rule", "rule_part_wrong", part=name)
    return _WEEKDAYS[text]


_OPTIONS: Mapping[str, tuple[str, Callable[[str, str, str], Any]]] = {
    "BYDAY": ("byweekday", _weekdays),
    "BYMONTHDAY": ("bymonthday", _numbers_up_to(31)),
    "BYSETPOS": ("bysetpos", _numbers_up_to(5)),
    "WKST": ("wkst", _week_start),
}
