"""What people hand in about deliveries; read by ``kernel.input.read`` whichever way it came."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from marketplace.delivery.properties.drafts import must_promise
from marketplace.identity.phones import Phone
from marketplace.kernel.input import (
    BlankIsNone,
    Code,
    Draft,
    FullWidthFolded,
    Line,
    Printable,
    ShortText,
    Text,
)

MOST_WEEKS = 52
"""A weekly plan is written for a year at most."""


def _of_our_time(moment: datetime) -> datetime:
    """Years at the ends of the calendar cannot be told in another zone, nor weeks be added to them."""
    if not 2000 <= moment.year <= 2199:
        raise ValueError("day_out_of_range")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Number = Annotated[int, FullWidthFolded, Field(ge=0, le=1_000_000)]
People = Annotated[int, FullWidthFolded, Field(ge=1, le=50_000)]
Minutes = Annotated[int, FullWidthFolded, Field(ge=0, le=100_000)]
Place = Annotated[str, Field(min_length=1, max_length=200), Printable]
Name = Annotated[str, Field(min_length=1, max_length=60), Printable]
FileName = Annotated[str, Field(min_length=1, max_length=160), Printable]
OfficialCode = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
OptionalId = Annotated[UUID | None, BlankIsNone]
OptionalShortText = Annotated[ShortText | None, BlankIsNone]


class Receiver(StrEnum):
    """To whom it is brought. Words are keyed ``delivery.receiver.<value>``."""

    PERSON = "person"
    HOUSEHOLD = "household"
    BUILDING = "building"
    GROUP = "group"


class CommitmentDirection(StrEnum):
    """Whether a number is the least or the most that was promised. Words are keyed ``delivery.direction.<value>``."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class EvidenceKind(StrEnum):
    """What shows that it happened. Words are keyed ``delivery.evidence.<value>``."""

    ARRIVED = "arrived"
    LEFT = "left"
    PHOTO = "photo"
    SIGNED_NOTE = "signed_note"
    REMARK = "remark"


class CommitmentDraft(Draft):
    """Something measurable that is promised."""

    text: Line
    unit: Annotated[str, Field(min_length=1, max_length=32), Printable]
    direction: CommitmentDirection = CommitmentDirection.AT_LEAST
    target: Annotated[Number, AfterValidator(must_promise)]


class RecipientDraft(Draft):
    """Somebody who receives the delivery, by phone; the name is what the provider calls them."""

    phone: Phone
    name: Annotated[Name | None, BlankIsNone] = None


class SeatsDraft(Draft):
    """So many of a group or a building whom nobody names."""

    seats: Annotated[int, FullWidthFolded, Field(ge=1, le=500)]


class PlanDraft(Draft):
    """A delivery under exactly one origin: a contract, a need or a property contract; ``weeks`` times, a week apart.

    Without ``area_code`` it is brought in the area of its origin. ``shift_id`` is a shift of the need that becomes this delivery.
    """

    contract_id: OptionalId = None
    milestone_id: OptionalId = None
    need_id: OptionalId = None
    shift_id: OptionalId = None
    property_contract_id: OptionalId = None
    area_code: Annotated[OfficialCode | None, BlankIsNone] = None
    title: Line
    promised: Text
    place: Place
    receiver: Receiver
    people: People = 1
    served_by: Line
    starts_at: Moment
    ends_at: Moment
    weeks: Annotated[int, FullWidthFolded, Field(ge=1, le=MOST_WEEKS)] = 1
    commitments: tuple[CommitmentDraft, ...] = Field(default=(), max_length=50)
    recipients: tuple[RecipientDraft, ...] = Field(default=(), max_length=500)
    seats: Annotated[int, FullWidthFolded, Field(ge=0, le=500)] = 0
    idempotency_key: Code

    @model_validator(mode="after")
    def _one_origin(self) -> "PlanDraft":
        origins = (self.contract_id, self.need_id, self.property_contract_id)
        if sum(one is not None for one in origins) != 1:
            raise ValueError("one_origin")
        return self


class MoveDraft(Draft):
    """Another time, and another place where one is named."""

    starts_at: Moment
    ends_at: Moment
    place: Annotated[Place | None, BlankIsNone] = None


class CancelDraft(Draft):
    """Why it does not take place."""

    reason: ShortText


class RecordDraft(Draft):
    """What came of it: minutes of all hands together, and what each commitment came to, by its number."""

    minutes: Minutes
    actuals: Mapping[int, Number] = Field(default_factory=dict, max_length=50)
    note: OptionalShortText = None


class EvidenceDraft(Draft):
    """A piece of evidence. Photos and signed notes come with a file, remarks with words."""

    kind: EvidenceKind
    text: OptionalShortText = None
    file_name: Annotated[FileName | None, BlankIsNone] = None


class DisputeDraft(Draft):
    """What was not as it is recorded."""

    text: ShortText


class DecisionDraft(Draft):
    """Accepted, or sent back with the reason."""

    is_accepted: bool
    reason: OptionalShortText = None


class AcceptanceOfManyDraft(Draft):
    """Deliveries that are accepted together."""

    delivery_ids: tuple[UUID, ...] = Field(min_length=1, max_length=50)
