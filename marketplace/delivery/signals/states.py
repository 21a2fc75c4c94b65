"""Where a whistle and a wish stand: pure functions of their moments."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class WhistleState(StrEnum):
    """A whistle's way; answered ones are still watched. Words are keyed ``state.whistle.<value>``."""

    OPEN = "open"
    ANSWERED = "answered"
    OVER = "over"


class WishState(StrEnum):
    """A wish's way. Words are keyed ``state.wish.<value>``."""

    OPEN = "open"
    TAKEN_UP = "taken_up"
    WITHDRAWN = "withdrawn"


class WhistleFacts(Protocol):
    """What of a whistle decides its state."""

    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...


class WishFacts(Protocol):
    """What of a wish decides its state."""

    @property
    def taken_up_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


def whistle_state(whistle: WhistleFacts) -> WhistleState:
    """Once the numbers are well again it is over, answered or not."""
    if whistle.closed_at is not None:
        return WhistleState.OVER
    return WhistleState.OPEN if whistle.answered_at is None else WhistleState.ANSWERED


def wish_state(wish: WishFacts) -> WishState:
    """A wish that was taken up cannot be withdrawn any more."""
    if wish.taken_up_at is not None:
        return WishState.TAKEN_UP
    return WishState.OPEN if wish.withdrawn_at is None else WishState.WITHDRAWN
