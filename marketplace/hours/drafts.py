"""What people hand in about hours: a code at the door, a reason, a decision in minutes."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from marketplace.hours.states import MINUTES_A_DAY
from marketplace.kernel.input import BlankIsNone, Code, Draft, FullWidthFolded, Printable, ShortText


def _without_gaps(text: str) -> str:
    return "".join(text.split())


GivenCode = Annotated[
    str,
    FullWidthFolded,
    StringConstraints(min_length=1, max_length=200),
    Printable,
    AfterValidator(_without_gaps),
]
Key = Annotated[Code | None, BlankIsNone]
Minutes = Annotated[int, Field(ge=0, le=MINUTES_A_DAY)]
SomeMinutes = Annotated[int, Field(ge=1, le=MINUTES_A_DAY)]


class CodeDraft(Draft):
    """A code as it was scanned or typed. Six digits name no shift, so whoever types them says which one they stand at."""

    code: GivenCode
    shift_id: Annotated[UUID | None, BlankIsNone] = None
    latitude: Annotated[float | None, BlankIsNone, Field(ge=-90, le=90)] = None
    longitude: Annotated[float | None, BlankIsNone, Field(ge=-180, le=180)] = None
    idempotency_key: Key = None

    @model_validator(mode="after")
    def _place_is_a_point(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("place_is_half")
        return self


class ByHandDraft(Draft):
    """An organiser's word that somebody came or left."""

    sign_up_id: UUID
    reason: ShortText


class AskDraft(Draft):
    """Somebody was there but nobody checked them in: please look at it."""

    sign_up_id: UUID


class DecisionDraft(Draft):
    """An organiser's decision of a review."""

    review_id: UUID
    minutes: Minutes
    reason: ShortText


class EntryDraft(Draft):
    """Hours without evidence. ``served_on`` may be left out where a shift is named: the shift knows its day."""

    person_id: UUID
    need_id: UUID
    shift_id: Annotated[UUID | None, BlankIsNone] = None
    minutes: SomeMinutes
    served_on: Annotated[date | None, BlankIsNone] = None
    reason: ShortText
    idempotency_key: Key = None

    @model_validator(mode="after")
    def _day_is_known(self) -> Self:
        if self.shift_id is None and self.served_on is None:
            raise ValueError("day_or_shift_needed")
        return self


class CorrectionDraft(Draft):
    """What an entry should have been; 0 takes it back altogether."""

    entry_id: UUID
    minutes: Minutes
    reason: ShortText
    idempotency_key: Key = None


class RefusalDraft(Draft):
    """Why a request is not approved."""

    request_id: UUID
    reason: ShortText
