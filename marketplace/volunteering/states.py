"""What the timestamps of needs and shifts mean: pure functions of facts and the present moment, and an open need as SQL."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import ColumnElement, and_

from marketplace.volunteering.models import Need


class NeedState(StrEnum):
    """Where a need stands. Its words are keyed ``state.need.<value>``."""

    RAISED = "raised"
    OPEN = "open"
    DECLINED = "declined"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class ShiftState(StrEnum):
    """Where a shift stands. Its words are keyed ``state.shift.<value>``."""

    COMING = "coming"
    UNDER_WAY = "under_way"
    ENDED = "ended"
    CANCELLED = "cancelled"


class NeedFacts(Protocol):
    """What of a need decides its state."""

    @property
    def published_at(self) -> datetime | None: ...
    @property
    def declined_at(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def suspended_at(self) -> datetime | None: ...
    @property
    def cancelled_at(self) -> datetime | None: ...


class ShiftFacts(Protocol):
    """What of a shift decides its state."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def cancelled_at(self) -> datetime | None: ...


def need_state(need: NeedFacts) -> NeedState:
    """The need's state; time alone changes nothing about it."""
    if need.cancelled_at is not None:
        return NeedState.CANCELLED
    if need.declined_at is not None:
        return NeedState.DECLINED
    if need.published_at is None:
        return NeedState.RAISED
    if need.closed_at is not None:
        return NeedState.CLOSED
    return NeedState.OPEN if need.suspended_at is None else NeedState.SUSPENDED


def is_open_need() -> ColumnElement[bool]:
    """SQL: the need takes people."""
    return and_(is_public_need(), Need.closed_at.is_(None), Need.suspended_at.is_(None))


def is_public_need() -> ColumnElement[bool]:
    """SQL: the need was published and is not over; it may be closed or suspended."""
    return and_(Need.published_at.is_not(None), Need.declined_at.is_(None), Need.cancelled_at.is_(None))


def shift_state(shift: ShiftFacts, now: datetime) -> ShiftState:
    """The shift's state at ``now``."""
    if shift.cancelled_at is not None:
        return ShiftState.CANCELLED
    if now < shift.starts_at:
        return ShiftState.COMING
    return ShiftState.UNDER_WAY if now < shift.ends_at else ShiftState.ENDED
