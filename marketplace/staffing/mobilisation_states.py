"""Kinds and states of mobilisations and calls, from their facts."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class MobilisationKind(StrEnum):
    """Why people are called. A drill calls and counts answers, and nothing else ever comes of it."""

    EMERGENCY = "emergency"
    LARGE = "large"
    DRILL = "drill"


class StopCause(StrEnum):
    """Why no more waves go out."""

    FILLED = "filled"
    BEGUN = "begun"
    NOBODY_LEFT = "nobody_left"
    BY_HAND = "by_hand"


class CallState(StrEnum):
    """Where one call stands."""

    LIVE = "live"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    OVER = "over"


class CallFacts(Protocol):
    """What the state of a call is read from."""

    @property
    def expires_at(self) -> datetime: ...
    @property
    def accepted(self) -> bool | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


def call_state(call: CallFacts, now: datetime) -> CallState:
    """Answered, over when ended or when its time has passed, else live."""
    if call.accepted is not None:
        return CallState.ACCEPTED if call.accepted else CallState.DECLINED
    return CallState.OVER if call.ended_at is not None or call.expires_at <= now else CallState.LIVE
