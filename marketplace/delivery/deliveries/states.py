"""Where a delivery stands: derived from what happened to it, and from the clock while nothing did. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class DeliveryState(StrEnum):
    """A delivery's way. Words are keyed ``state.delivery.<value>``."""

    PLANNED = "planned"
    OVERDUE = "overdue"
    DONE = "done"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    ACCEPTED = "accepted"
    SENT_BACK = "sent_back"
    CANCELLED = "cancelled"


class DeliveryFacts(Protocol):
    """What of a delivery decides its state."""

    @property
    def ends_at(self) -> datetime: ...
    @property
    def done_at(self) -> datetime | None: ...
    @property
    def cancelled_at(self) -> datetime | None: ...
    @property
    def confirmed_at(self) -> datetime | None: ...
    @property
    def disputed_at(self) -> datetime | None: ...
    @property
    def decided_at(self) -> datetime | None: ...
    @property
    def is_accepted(self) -> bool | None: ...


def delivery_state(delivery: DeliveryFacts, now: datetime, overdue_after: timedelta) -> DeliveryState:
    """The state at ``now``. A dispute that comes after the decision opens it again; a confirmation does not settle a dispute."""
    if delivery.cancelled_at is not None:
        return DeliveryState.CANCELLED
    if delivery.done_at is None:
        return DeliveryState.OVERDUE if now >= delivery.ends_at + overdue_after else DeliveryState.PLANNED
    if is_decided(delivery):
        return DeliveryState.ACCEPTED if delivery.is_accepted else DeliveryState.SENT_BACK
    if delivery.disputed_at is not None:
        return DeliveryState.DISPUTED
    return DeliveryState.DONE if delivery.confirmed_at is None else DeliveryState.CONFIRMED


def is_decided(delivery: DeliveryFacts) -> bool:
    """Whether a decision stands, which nobody disputed since."""
    return delivery.decided_at is not None and (
        delivery.disputed_at is None or delivery.disputed_at <= delivery.decided_at
    )


def is_kept(direction: str, target: int, actual: int | None) -> bool | None:
    """Whether a measurable commitment was kept; None while nobody told what it came to."""
    if actual is None:
        return None
    return actual >= target if direction == "at_least" else actual <= target
