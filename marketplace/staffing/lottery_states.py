"""What the timestamps of a lottery mean: one pure function."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class LotteryState(StrEnum):
    """Where a lottery stands. Its words are keyed ``state.lottery.<value>``."""

    OPEN = "open"
    CLOSED = "closed"
    DRAWN = "drawn"
    CALLED_OFF = "called_off"


class LotteryFacts(Protocol):
    """What of a lottery decides its state, beside when it was drawn."""

    @property
    def closes_at(self) -> datetime: ...
    @property
    def called_off_at(self) -> datetime | None: ...


def lottery_state(lottery: LotteryFacts, drawn_at: datetime | None, now: datetime) -> LotteryState:
    """The lottery's state at ``now``; closed is the moment between the end of entries and the draw."""
    if lottery.called_off_at is not None:
        return LotteryState.CALLED_OFF
    if drawn_at is not None:
        return LotteryState.DRAWN
    return LotteryState.OPEN if now < lottery.closes_at else LotteryState.CLOSED
