"""The week in half hours: when somebody can help, and when a shift is, as one bit mask a day."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from matching.features import Stretch

SLOT_MINUTES = 30
SLOTS_A_DAY = 48
DAYS = 7
SHANGHAI = ZoneInfo("Asia/Shanghai")

Week = tuple[int, ...]
"""Seven masks, Monday first; bit n of a day is its half hour n."""

_WHOLE_SLOT = (1 << SLOT_MINUTES) - 1


def week_of(stretches: Iterable[Stretch]) -> Week:
    """The half hours of the week that are covered by at least a half.

    Half hours, because shifts begin at half past as often as on the hour. A half is enough, so that 14:15 to 16:15
    is two hours of the week whichever way it is looked at.
    """
    minutes = [0] * DAYS
    for stretch in stretches:
        if stretch.from_minute < stretch.to_minute:
            minutes[stretch.weekday] |= (1 << stretch.to_minute) - (1 << stretch.from_minute)
    return tuple(_half_hours(day) for day in minutes)


@lru_cache(maxsize=1024)
def stated_week(stretches: tuple[Stretch, ...]) -> Week:
    """`week_of`, remembered: one person is compared with hundreds of shifts, and making the masks costs more than all the rest."""
    return week_of(stretches)


@lru_cache(maxsize=4096)
def week_of_shift(starts_at: datetime, ends_at: datetime) -> Week:
    """The half hours of the local week in which a shift is; at least one, and the whole week when it is longer than that."""
    starts, ends = (moment.astimezone(SHANGHAI).replace(tzinfo=None) for moment in (starts_at, ends_at))
    monday = datetime.combine(starts.date() - timedelta(days=starts.weekday()), datetime.min.time())
    half = SLOT_MINUTES / 2
    first = int(((starts - monday).total_seconds() / 60 + half) // SLOT_MINUTES)
    beyond = int(((ends - monday).total_seconds() / 60 + half) // SLOT_MINUTES)
    beyond = min(max(beyond, first + 1), first + DAYS * SLOTS_A_DAY)
    return _masks(slot % (DAYS * SLOTS_A_DAY) for slot in range(first, beyond))


def slots_in(week: Week) -> int:
    """How many half hours a week has."""
    return sum(day.bit_count() for day in week)


def both(one: Week, other: Week) -> Week:
    """The half hours that two weeks share."""
    return tuple(a & b for a, b in zip(one, other, strict=True))


def _half_hours(minutes: int) -> int:
    """The half hours of which these bits, one a minute of a day, cover at least a half."""
    first = ((minutes & -minutes).bit_length() - 1) // SLOT_MINUTES
    slots = range(max(first, 0), -(-minutes.bit_length() // SLOT_MINUTES))
    covered = ((slot, (minutes >> slot * SLOT_MINUTES & _WHOLE_SLOT).bit_count()) for slot in slots)
    return sum(1 << slot for slot, count in covered if 2 * count >= SLOT_MINUTES)


def _masks(slots: Iterable[int]) -> Week:
    days = [0] * DAYS
    for slot in slots:
        days[slot // SLOTS_A_DAY] |= 1 << (slot % SLOTS_A_DAY)
    return tuple(days)
