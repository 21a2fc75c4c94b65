"""What people hand in about service lists; read by ``kernel.input.read`` whichever way it came."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

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
from marketplace.kernel.money import Amount

OptionalShortText = Annotated[ShortText | None, BlankIsNone]
Whole = Annotated[int, FullWidthFolded, Field(ge=1, le=10**9)]
SaidText = Annotated[str, StringConstraints(min_length=1, max_length=2000), Printable]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]


class Renewal(StrEnum):
    """Whether the purchase may be renewed without a new tender. Words are keyed ``renewal.<value>``."""

    NONE = "none"
    ONCE = "once"
    YEARLY = "yearly"


class ListDraft(Draft):
    """A list of a buyer, and the years it reaches over."""

    buyer_id: UUID
    title: Line
    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on <= self.starts_on:
            raise ValueError("ends_before_start")
        return self


class EditionDraft(Draft):
    """The next edition of a list, and why there is one."""

    reason: ShortText


class ItemDraft(Draft):
    """One line of a list: which service for whom, at what cost, when, and how good it must be."""

    title: Line
    description: Text
    category_code: Code
    audience_code: Annotated[Code | None, BlankIsNone] = None
    area_code: Annotated[Code, Field(max_length=12)]
    people_served: Annotated[
        Annotated[int, FullWidthFolded, Field(ge=1, le=25_000_000)] | None, BlankIsNone
    ] = None
    budget_fen: Amount
    quantity: Whole
    unit: Annotated[Line, Field(max_length=40)]
    planned_tender_on: Day
    starts_on: Day
    ends_on: Day
    renewal: Renewal = Renewal.NONE
    standards: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("ends_before_start")
        if self.starts_on < self.planned_tender_on:
            raise ValueError("starts_before_tender")
        return self


class ConsultationDraft(Draft):
    """The last day on which the public may comment."""

    ends_on: Day


class FinaliseDraft(Draft):
    """What the buyer answers to the public: which comments were taken up, and why others were not."""

    answer: Text


class WithdrawDraft(Draft):
    """Why an edition will not come into force."""

    reason: ShortText


class CommentDraft(Draft):
    """What somebody says about an edition, or about one item of it; for themselves or for their organisation."""

    idempotency_key: Code
    text: SaidText
    item_id: Annotated[UUID | None, BlankIsNone] = None
    organisation_id: Annotated[UUID | None, BlankIsNone] = None


class AnswerDraft(Draft):
    """The buyer's answer to one comment."""

    answer: SaidText


class HideDraft(Draft):
    """Why a comment is taken out of sight."""

    reason: ShortText
