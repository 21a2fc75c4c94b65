"""What volunteering tells the rest of the house. Consumers re-read the rows; events carry ids and what cannot be read later."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class NeedRaised(Event):
    """A resident, worker or organisation wrote a need; not public yet."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID


@dataclass(frozen=True, slots=True)
class NeedPublished(Event):
    stream: ClassVar[str] = "need_id"
    need_id: UUID


@dataclass(frozen=True, slots=True)
class NeedDeclined(Event):
    stream: ClassVar[str] = "need_id"
    need_id: UUID


@dataclass(frozen=True, slots=True)
class NeedChanged(Event):
    """Something that readers see is different: words, place, tags, or the places left in a shift."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID


@dataclass(frozen=True, slots=True)
class NeedClosed(Event):
    stream: ClassVar[str] = "need_id"
    need_id: UUID


@dataclass(frozen=True, slots=True)
class NeedSuspended(Event):
    """Its organisation was suspended: the need takes nobody meanwhile, planned shifts stay as they are."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID


@dataclass(frozen=True, slots=True)
class NeedResumed(Event):
    """The suspension of its organisation ended; the need goes on as it was."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID
    resumed_at: datetime


@dataclass(frozen=True, slots=True)
class NeedCancelled(Event):
    """The whole need is off; each of its coming shifts also says ShiftCancelled."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID


@dataclass(frozen=True, slots=True)
class NeedTermsChanged(Event):
    """What people agreed to is different: ``changed`` names columns of the need, or ``qualifications``. Its place is ShiftMoved's."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID
    changed: tuple[str, ...]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ShiftNoted(Event):
    """The organiser wrote another note to a shift: what to bring, where to meet."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID
    shift_id: UUID
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class ShiftMoved(Event):
    """A shift with people in it, or in its lottery, has another time (or place); they are told once, with what it was before."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID
    shift_id: UUID
    was_starts_at: datetime
    was_ends_at: datetime
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class ShiftCancelled(Event):
    """``sign_up_ids`` are the open sign-ups that ended with it."""

    stream: ClassVar[str] = "need_id"
    need_id: UUID
    shift_id: UUID
    sign_up_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class SignUpApplied(Event):
    """Somebody asks for a place where the organiser approves."""

    stream: ClassVar[str] = "sign_up_id"
    sign_up_id: UUID


@dataclass(frozen=True, slots=True)
class SignUpConfirmed(Event):
    stream: ClassVar[str] = "sign_up_id"
    sign_up_id: UUID


@dataclass(frozen=True, slots=True)
class SignUpWaiting(Event):
    stream: ClassVar[str] = "sign_up_id"
    sign_up_id: UUID


@dataclass(frozen=True, slots=True)
class PlaceOffered(Event):
    """The next person of the waiting list has a place held until the offer expires."""

    stream: ClassVar[str] = "sign_up_id"
    sign_up_id: UUID


@dataclass(frozen=True, slots=True)
class OfferLapsed(Event):
    stream: ClassVar[str] = "sign_up_id"
    sign_up_id: UUID


@dataclass(frozen=True, slots=True)
class SignUpLapsed(Event):
    """The shift began while somebody still waited, or had applied, for a place."""

    stream: ClassVar[str] = "sign_up_id"
    sign_up_id: UUID


@dataclass(frozen=True, slots=True)
class SignUpDeclined(Event):
    stream: ClassVar[str] = "sign_up_id"
    sign_up_id: UUID


@dataclass(frozen=True, slots=True)
class SignUpWithdrawn(Event):
    stream: ClassVar[str] = "sign_up_id"
    sign_up_id: UUID


@dataclass(frozen=True, slots=True)
class NeedsImported(Event):
    """A batch of needs (and perhaps their organisations) came in from a list; one event for the batch keeps big lists quick."""

    stream: ClassVar[str] = "batch_id"
    batch_id: UUID
    need_ids: tuple[UUID, ...]
