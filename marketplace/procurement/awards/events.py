"""What happens to awards and to objections against them."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class AwardPublished(Event):
    """The notice of an award is public; every bidder is told the own result."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    award_id: UUID


@dataclass(frozen=True, slots=True)
class AwardEnded(Event):
    """An award does not stand any more: corrected, declined or annulled."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    award_id: UUID


@dataclass(frozen=True, slots=True)
class CorrectionProposed(Event):
    """A correction of an award waits for its second person."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    correction_id: UUID


@dataclass(frozen=True, slots=True)
class ObjectionRaised(Event):
    """A supplier objects or complains; whoever must answer is told."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    objection_id: UUID


@dataclass(frozen=True, slots=True)
class ObjectionAnswered(Event):
    """The answer or decision is given."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    objection_id: UUID


@dataclass(frozen=True, slots=True)
class TenderSuspended(Event):
    """The process rests while a complaint is decided."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class SuspensionLifted(Event):
    """The process goes on."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
