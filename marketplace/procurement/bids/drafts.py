"""What people hand in about sealed bids; read by ``kernel.input.read`` whichever way it came."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from marketplace.identity.phones import Phone
from marketplace.kernel.input import Code, Draft, FullWidthFolded
from marketplace.kernel.money import Amount
from marketplace.procurement.bids.bid_file import MOST_ANSWERS, MOST_LOTS, MOST_PARTNERS, Declared

TypedCode = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class OpenersDraft(Draft):
    """The people who will open the bids, by the phone numbers they sign in with, in the order of their parts."""

    phones: Annotated[tuple[Phone, ...], Field(max_length=20)]


class OpenerCodeDraft(Draft):
    """An opener's code as it was typed."""

    code: TypedCode


class OfferDraft(Draft):
    """One lot as the bidder fills it in: the price in yuan as people write it, and answers that differ from the bid's for all lots."""

    lot_id: UUID
    price: Amount | None = None
    answers: Annotated[dict[Code, Declared], Field(max_length=MOST_ANSWERS)] = Field(default_factory=dict)


class BidDraftInput(Draft):
    """A bid while it is being written. Whatever is missing is asked for when it is sealed."""

    organisation_id: UUID
    offers: Annotated[tuple[OfferDraft, ...], Field(max_length=MOST_LOTS)] = ()
    answers: Annotated[dict[Code, Declared], Field(max_length=MOST_ANSWERS)] = Field(default_factory=dict)
    conditions: Annotated[tuple[Code, ...], Field(max_length=MOST_ANSWERS)] = ()
    partners: Annotated[tuple[UUID, ...], Field(max_length=MOST_PARTNERS)] = ()


class ActDraft(Draft):
    """Submitting, replacing, confirming or withdrawing: who bids, which version they looked at, and a key against double clicks."""

    organisation_id: UUID
    version: Annotated[int, FullWidthFolded, Field(ge=1)]
    idempotency_key: Code


class ConsentDraft(Draft):
    """A partner agrees, or no longer agrees, to bid together under a lead."""

    organisation_id: UUID
    lead_id: UUID
