"""What people hand in about awards, objections, complaints, suspensions and corrections."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from marketplace.kernel.input import BlankIsNone, Code, Draft, ShortText, Text


class About(StrEnum):
    """What an objection is about; each has its own day from which the time to object counts."""

    FILE = "file"
    PROCESS = "process"
    RESULT = "result"


class Remedy(StrEnum):
    """What an upheld complaint does: nothing more, end the award, oblige the buyer to mend the file, or end the process."""

    NONE = "none"
    AWARD_ENDED = "award_ended"
    CORRECT_FILE = "correct_file"
    RETENDER = "retender"


class ObjectionDraft(Draft):
    """An objection: what is wrong, and what the supplier wants."""

    organisation_id: UUID
    about: About
    lot_id: Annotated[UUID | None, BlankIsNone] = None
    text: Text
    wish: Text
    idempotency_key: Code


class ComplaintDraft(Draft):
    """A complaint about the answer to an objection, or about its absence."""

    text: Text
    wish: Text
    idempotency_key: Code


class AnswerDraft(Draft):
    """The buyer's answer to an objection; it becomes public."""

    answer: Text
    is_upheld: bool = False


class DecisionDraft(Draft):
    """The supervisor's decision about a complaint; it becomes public."""

    answer: Text
    is_upheld: bool = False
    remedy: Remedy = Remedy.NONE

    @model_validator(mode="after")
    def _remedies_what_was_wrong(self) -> "DecisionDraft":
        if self.remedy is not Remedy.NONE and not self.is_upheld:
            raise ValueError("remedy_without_wrong")
        return self


class SuspensionDraft(Draft):
    """Why the process rests, and for how many days."""

    reason: ShortText
    days: Annotated[int, Field(ge=1, le=365)]


Url = Annotated[str, StringConstraints(pattern=r"^https?://\S{1,290}$")]


class AwardDraft(Draft):
    """Who is awarded a lot: one supplier, several in a framework; why, for everybody to read."""

    bid_lot_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=50)]
    reason: Text


class NoticeDraft(Draft):
    """Where the official medium has the notice; without it the tender file's own address stands."""

    official_notice_url: Annotated[Url | None, BlankIsNone] = None


class ReasonDraft(Draft):
    """Why an award ends or a lot has no result; public."""

    reason: ShortText


class CorrectionDraft(Draft):
    """What was wrong with an award, and who should have it instead; nobody, if none is named."""

    reason: Text
    successor_id: Annotated[UUID | None, BlankIsNone] = None


class CorrectionDecisionDraft(Draft):
    """The second person's decision."""

    is_approved: bool = False
    reason: ShortText
