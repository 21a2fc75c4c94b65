"""Opened bids as they are read: by the buyer, the supervisor and their own bidder; every look is noted. Before the opening: by nobody."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileStore
from marketplace.organisations.models import Organisation
from marketplace.procurement import accesses, policy
from marketplace.procurement.accesses import BidsAreSealed
from marketplace.procurement.bids.models import Bid, BidDocument, BidLot
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Lot, Tender


@dataclass(frozen=True, slots=True)
class OfferRow:
    """What a bid offers for one lot."""

    lot_id: UUID
    number: int
    title: str
    price_fen: int
    currency: str
    answers: dict[str, Any]
    refused_for: str | None
    refusal_facts: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class OpenedBidRow:
    """An opened bid with its offers and papers."""

    bid: Bid
    bidder: str | None
    offers: list[OfferRow]
    documents: list[BidDocument]


async def bids(session: Session, viewer: Viewer, tender_id: UUID) -> list[OpenedBidRow]:
    """The opened bids of a tender that the viewer may read, in a unit of work that notes it.

    Raises BidsAreSealed before the opening, for everybody; NotFound.
    """
    tender = await _opened(session, tender_id, "bids")
    rows = await session.scalars(
        select(Bid).where(Bid.tender_id == tender_id).order_by(Bid.submitted_at, Bid.id)
    )
    shown = [bid for bid in rows if _may_read(viewer, tender, bid)]
    if not shown and not _sees_all(viewer, tender):
        raise NotFound()
    accesses.seen(session, viewer, tender_id, "bids")
    return [await _row(session, bid) for bid in shown]


async def bid(session: Session, viewer: Viewer, bid_id: UUID) -> OpenedBidRow:
    """One opened bid, in a unit of work that notes it. Raises NotFound."""
    found = await session.get(Bid, bid_id)
    if found is None:
        raise NotFound()
    tender = await session.get_one(Tender, found.tender_id)
    if not _may_read(viewer, tender, found):
        raise NotFound()
    accesses.seen(session, viewer, tender.id, "bid", bid_id)
    return await _row(session, found)


async def document(
    session: Session, viewer: Viewer, document_id: UUID, files: FileStore
) -> tuple[BidDocument, bytes]:
    """A paper of an opened bid, in a unit of work that notes it. Raises NotFound."""
    paper = await session.get(BidDocument, document_id)
    found = None if paper is None else await session.get(Bid, paper.bid_id)
    if paper is None or found is None:
        raise NotFound()
    tender = await session.get_one(Tender, found.tender_id)
    if not _may_read(viewer, tender, found):
        raise NotFound()
    accesses.seen(session, viewer, tender.id, "bid_document", document_id)
    return paper, await files.get(paper.file_key)


async def _opened(session: Session, tender_id: UUID, what: str) -> Tender:
    tender = await session.get(Tender, tender_id)
    if tender is None or tender.published_at is None:
        raise NotFound()
    if tender.opened_at is None:
        raise BidsAreSealed(tender_id, what, article=(await rule(session, "secrecy")).article)
    return tender


def _sees_all(viewer: Viewer, tender: Tender) -> bool:
    return policy.may_buy(viewer, tender.area_code) or policy.may_supervise(viewer, tender.area_code)


def _may_read(viewer: Viewer, tender: Tender, bid: Bid) -> bool:
    if tender.opened_at is None:
        return False
    mine = {str(one) for one in policy.supplies_for(viewer)}
    own = str(bid.organisation_id) in mine or bool(mine & set(bid.members))
    return _sees_all(viewer, tender) or (bid.organisation_id is not None and own)


async def _row(session: Session, bid: Bid) -> OpenedBidRow:
    offers = await session.execute(
        select(BidLot, Lot)
        .join(Lot, Lot.id == BidLot.lot_id)
        .where(BidLot.bid_id == bid.id)
        .order_by(Lot.number)
    )
    papers = await session.scalars(
        select(BidDocument).where(BidDocument.bid_id == bid.id).order_by(BidDocument.id)
    )
    bidder = await session.scalar(select(Organisation.name).where(Organisation.id == bid.organisation_id))
    return OpenedBidRow(
        bid=bid,
        bidder=bidder,
        offers=[
            OfferRow(
                lot_id=lot.id,
                number=lot.number,
                title=lot.title,
                price_fen=offer.price_fen,
                currency=offer.currency,
                answers=offer.answers,
                refused_for=offer.refused_for,
                refusal_facts=offer.refusal_facts,
            )
            for offer, lot in offers
        ],
        documents=list(papers),
    )
