"""Whether an opened bid counts, and which of its offers: pure. What is refused keeps its reason, for everybody to read."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from marketplace.kernel.money import yuan
from marketplace.procurement.bids.bid_file import BidFile, BidLot


class Refusal(StrEnum):
    """Why a bid, or its offer for a lot, does not count. Its words are keyed ``bid_refusal.<value>``."""

    LATE = "late"
    ALTERED = "altered"
    DOES_NOT_OPEN = "does_not_open"
    UNREADABLE = "unreadable"
    OTHER_TENDER = "other_tender"
    OTHER_BIDDER = "other_bidder"
    OTHER_VERSION = "other_version"
    NOT_CONFIRMED = "not_confirmed"
    NO_LOT = "no_lot"
    UNKNOWN_LOT = "unknown_lot"
    TOO_LARGE = "too_large"
    BIDDER_NOT_VERIFIED = "bidder_not_verified"
    PARTNER_DID_NOT_AGREE = "partner_did_not_agree"
    CONSORTIUM_NOT_TAKEN = "consortium_not_taken"
    IN_TWO_BIDS = "in_two_bids"
    OVER_CEILING = "over_ceiling"
    WRONG_CURRENCY = "wrong_currency"
    LOT_WAS_REMOVED = "lot_was_removed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A refusal with what fills its sentence."""

    refusal: Refusal
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LotTerms:
    """What the file in force asks of an offer for one lot."""

    number: int
    ceiling_fen: int
    currency: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What the tender asks of every bid."""

    tender_id: UUID
    ends_at: datetime
    hashes: Mapping[int, str]
    """The hash of every published version of the file, by its number."""
    binding_version: int
    """The newest version that voided bids; a bid last confirmed for an older one does not count."""
    lots: Mapping[UUID, LotTerms]
    takes_consortia: bool


@dataclass(frozen=True, slots=True)
class Handed:
    """What is known of a submission without opening it: which versions it was sealed and last confirmed for, and when."""

    sealed_for: int
    confirmed_for: int
    submitted_at: datetime


def refusal_of_bid(bid: BidFile, handed: Handed, terms: Terms, *, is_its_bidder: bool) -> Reason | None:
    """Why the whole bid does not count; None when it does. ``is_its_bidder``: the tag of the row is that of the bidder named inside."""
    if bid.tender != terms.tender_id:
        return Reason(Refusal.OTHER_TENDER)
    if not is_its_bidder:
        return Reason(Refusal.OTHER_BIDDER)
    if bid.tender_hash != terms.hashes.get(handed.sealed_for):
        return Reason(Refusal.OTHER_VERSION)
    if handed.submitted_at >= terms.ends_at:
        return Reason(Refusal.LATE)
    if handed.confirmed_for < terms.binding_version:
        return Reason(Refusal.NOT_CONFIRMED, {"version": terms.binding_version})
    if not bid.lots:
        return Reason(Refusal.NO_LOT)
    if any(offer.lot not in terms.lots for offer in bid.lots):
        return Reason(Refusal.UNKNOWN_LOT)
    if bid.partners and not terms.takes_consortia:
        return Reason(Refusal.CONSORTIUM_NOT_TAKEN)
    return None


def refusal_of_members(bid: BidFile, verified: Collection[UUID], agreed: Collection[UUID]) -> Reason | None:
    """Why its members keep a bid from counting; None when they do not."""
    if any(member not in verified for member in (bid.bidder, *bid.partners)):
        return Reason(Refusal.BIDDER_NOT_VERIFIED)
    if any(partner not in agreed for partner in bid.partners):
        return Reason(Refusal.PARTNER_DID_NOT_AGREE)
    return None


def in_two_bids(bids: Sequence[BidFile]) -> set[UUID]:
    """Those who have a part in more than one of the bids. Only bids whose members all agreed may be among them: else a rival would
    spoil a bid by naming its bidder as a partner."""
    parts = Counter(member for bid in bids for member in (bid.bidder, *bid.partners))
    return {member for member, count in parts.items() if count > 1}


def refusal_of_offer(offer: BidLot, terms: LotTerms) -> Reason | None:
    """Why the offer for one lot does not count; None when it does."""
    if terms.is_removed:
        return Reason(Refusal.LOT_WAS_REMOVED)
    if offer.currency != terms.currency:
        return Reason(Refusal.WRONG_CURRENCY, {"given": offer.currency, "wanted": terms.currency})
    if offer.price > terms.ceiling_fen:
        return Reason(Refusal.OVER_CEILING, {"price": yuan(offer.price), "ceiling": yuan(terms.ceiling_fen)})
    return None
