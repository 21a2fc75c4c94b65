"""What people hand in about contracts and call-offs; read by ``kernel.input.read`` whichever way it came."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from marketplace.kernel.input import BlankIsNone, Code, Draft, FullWidthFolded, Line, ShortText, Text
from marketplace.kernel.money import Amount
from marketplace.procurement.tenders.file import CallOffWay

Points = Annotated[int, FullWidthFolded, Field(ge=0, le=100)]
OptionalReason = Annotated[ShortText | None, BlankIsNone]


class ReportDraft(Draft):
    """The supplier says what was delivered."""

    text: Text


class ReportDecisionDraft(Draft):
    """The buyer accepts a delivery, or sends it back and says why."""

    is_accepted: bool
    reason: OptionalReason = None


class PaymentDraft(Draft):
    """Money that was paid for a milestone; ``reference`` is the number of the transfer."""

    amount_fen: Amount
    paid_on: date
    reference: Annotated[Line, Field(max_length=80)]
    idempotency_key: Code


class ReversalDraft(Draft):
    """Why a payment was recorded wrongly."""

    reason: ShortText
    idempotency_key: Code


class ChangeDraft(Draft):
    """A change of the contract: other terms, another end, or a supplement with money."""

    title: Line
    what: Text
    reason: Text
    added_fen: Amount = 0
    ends_on: Annotated[date | None, BlankIsNone] = None


class TerminationDraft(Draft):
    """Why a contract should end early, and what becomes of what was begun."""

    what: Text
    reason: ShortText


class ChangeDecisionDraft(Draft):
    """A second officer's decision. Who refuses says why."""

    is_approved: bool
    reason: OptionalReason = None


class AcceptanceDraft(Draft):
    """What the buyer found at the final acceptance."""

    acceptance: Text


class OpinionDraft(Draft):
    """What somebody says who received the service."""

    received: bool = False
    is_satisfied: bool
    text: Annotated[Text, Field(max_length=1000)]


class CallOffDraft(Draft):
    """A service to be called off a framework. ``organisation_id`` and ``basis`` belong to direct choice, the last three to competitions.

    Of the weights, what price and users' ratings leave of 100 is quality.
    """

    way: CallOffWay
    title: Line
    description: Text
    budget_fen: Annotated[Amount, Field(gt=0)]
    starts_on: date
    ends_on: date
    idempotency_key: Code
    organisation_id: Annotated[UUID | None, BlankIsNone] = None
    basis: OptionalReason = None
    offers_end_at: Annotated[AwareDatetime | None, BlankIsNone] = None
    price_weight: Annotated[int, FullWidthFolded, Field(ge=1, le=100)] = 100
    rating_weight: Annotated[int, FullWidthFolded, Field(ge=0, le=30)] = 0


class OfferDraft(Draft):
    """An offer in a second competition."""

    price_fen: Amount
    text: Text


class CallOffDecisionDraft(Draft):
    """Who gets the service: nobody named means the first in rank. ``quality`` are points from 0 to 100 by offer."""

    organisation_id: Annotated[UUID | None, BlankIsNone] = None
    reason: OptionalReason = None
    quality: Mapping[UUID, Points] = Field(default_factory=dict, max_length=50)


class CallOffEndDraft(Draft):
    """Why a call-off goes to nobody."""

    reason: ShortText
