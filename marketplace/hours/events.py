"""What hours tell the rest of the house."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class HoursRecorded(Event):
    """A ledger entry was added; ``entry_id`` may be a reversal."""

    stream: ClassVar[str] = "person_id"
    person_id: UUID
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class ReviewOpened(Event):
    """Somebody's presence waits for an organiser's decision."""

    stream: ClassVar[str] = "review_id"
    review_id: UUID


@dataclass(frozen=True, slots=True)
class HourEntryRequested(Event):
    """Hours by hand, or a correction, wait for approvers."""

    stream: ClassVar[str] = "request_id"
    request_id: UUID


@dataclass(frozen=True, slots=True)
class HourEntryRefused(Event):
    stream: ClassVar[str] = "request_id"
    request_id: UUID


@dataclass(frozen=True, slots=True)
class ReviewDeclined(Event):
    """A review was decided at no minutes; the person is told why. Counted minutes say HoursRecorded instead."""

    stream: ClassVar[str] = "review_id"
    review_id: UUID
