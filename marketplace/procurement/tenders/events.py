"""What happens to a tender until its bids are in. Nothing here tells who bids, or how many."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class TenderPublished(Event):
    """The file is public and bids may come."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class TenderAmended(Event):
    """A newer version of the file is in force; it may have moved the deadline or voided bids."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class TenderCancelled(Event):
    """The buyer ended the process before it was awarded."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class TenderEndedUnsuccessful(Event):
    """The whole process ended without a result, or a lot of it did."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    """Somebody asked; the buyer is told, the public reads it with its answer."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    question_id: UUID


@dataclass(frozen=True, slots=True)
class QuestionAnswered(Event):
    """The answer is public."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    question_id: UUID
