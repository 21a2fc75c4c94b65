"""What happens to tickets, ratings and their periods."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class TicketsIssued(Event):
    """Those who received a delivery may rate it; who has an account is told."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class TicketIsWaiting(Event):
    """A ticket is still unused when its one reminder is due."""

    stream: ClassVar[str] = "ticket_id"
    ticket_id: UUID


@dataclass(frozen=True, slots=True)
class RatingGiven(Event):
    """Somebody rated. Nothing of it shows until the period closes."""

    stream: ClassVar[str] = "rating_id"
    rating_id: UUID


@dataclass(frozen=True, slots=True)
class PeriodClosed(Event):
    """The ratings of a period were examined, and appear together."""

    stream: ClassVar[str] = "period_id"
    period_id: UUID


@dataclass(frozen=True, slots=True)
class HoldDecided(Event):
    """An auditor let a held rating count, or keeps it out."""

    stream: ClassVar[str] = "rating_id"
    rating_id: UUID


@dataclass(frozen=True, slots=True)
class RatingAnswered(Event):
    """The provider replied, or updated its reply."""

    stream: ClassVar[str] = "rating_id"
    rating_id: UUID
    reply_id: UUID


@dataclass(frozen=True, slots=True)
class WordsHidden(Event):
    """A moderator hid words, photos or a reply; whose they are is told, with the reason."""

    stream: ClassVar[str] = "rating_id"
    rating_id: UUID
    hiding_id: UUID


@dataclass(frozen=True, slots=True)
class HidingAppealed(Event):
    """Whose words were hidden asks that another moderator looks."""

    stream: ClassVar[str] = "rating_id"
    rating_id: UUID
    hiding_id: UUID


@dataclass(frozen=True, slots=True)
class AppealDecided(Event):
    """Another moderator restored what was hidden, or left it so."""

    stream: ClassVar[str] = "rating_id"
    rating_id: UUID
    hiding_id: UUID
