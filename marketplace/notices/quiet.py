"""Quiet hours: a stretch of the day in Shanghai in which nothing leaves the house for somebody. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.kernel.clock import day_starts, local, local_day


@dataclass(frozen=True, slots=True)
class Quiet:
    """Minutes from local midnight; from 1320 to 420 is from 22:00 over midnight until 07:00. The end itself is loud."""

    from_minute: int
    to_minute: int

    def covers(self, moment: datetime) -> bool:
        """Whether ``moment`` lies in it."""
        minute = local(moment).hour * 60 + local(moment).minute
        if self.from_minute <= self.to_minute:
            return self.from_minute <= minute < self.to_minute
        return minute >= self.from_minute or minute < self.to_minute


def first_loud(moment: datetime, quiet: Quiet | None) -> datetime:
    """``moment``, or the end of the quiet hours that it lies in."""
    if quiet is None or not quiet.covers(moment):
        return moment
    ends = day_starts(local_day(moment)) + timedelta(minutes=quiet.to_minute)
    return (
        ends
        if ends > moment
        else day_starts(local_day(moment) + timedelta(days=1)) + timedelta(minutes=quiet.to_minute)
    )
