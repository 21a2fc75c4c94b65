"""All bids of a tender out of their envelopes: read in the strongroom, judged, written as rows, and told in the public record."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from marketplace.db.session import Session
from marketplace.kernel.files import FileIsGone, FileStore
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.organisations.models import Organisation
from marketplace.procurement.bids import envelope, judging
from marketplace.procurement.bids.bid_file import BidFile
from marketplace.procurement.bids.judging import Handed, LotTerms, Reason, Refusal, Terms
from marketplace.procurement.bids.models import Bid, BidDocument, BidLot, BidSubmission, ConsortiumConsent
from marketplace.procurement.bids.opening_room import OpenRoom
from marketplace.procurement.bids.submissions import Act
from marketplace.procurement.bids.tags import bidder_tag
from marketplace.procurement.bids.tender_files import binding_version, hashes, in_force
from marketplace.procurement.tenders.models import Lot, Tender

RECORD_FORMAT = "wushe-opening/1"

_MOST_AT_ONCE = 32
_MOST_BYTES_AT_ONCE = 16 * 1024 * 1024
"""How much is in memory at once, unless one bid alone is larger."""


@dataclass(slots=True)
class OpenedBid:
    """One envelope after the opening. ``bid`` is None when nothing could be read, ``leads`` False when it names another bidder."""

    submission: BidSubmission
    handed: Handed
    bid: BidFile | None
    reason: Reason | None
    leads: bool = False
    offers: dict[UUID, Reason | None] = field(default_factory=dict)
    papers: list[str] = field(default_factory=list)
    content_hash: str | None = None

    @property
    def organisation_id(self) -> UUID | None:
        return self.bid.bidder if self.bid is not None and self.leads else None


class Unsealing:
    """The opening of one tender's bids, with what it needs."""

    def __init__(
        self, session: Session, tender: Tender, vault: Vault, files: FileStore, room: OpenRoom
    ) -> None:
        self._session, self._tender, self._vault = session, tender, vault
        self._files, self._room = files, room
        self.terms: Terms
        self.names: dict[UUID, str] = {}
        self.withdrawn = 0

    async def all(self) -> list[OpenedBid]:
        """Every bid that was not withdrawn, opened and judged, in the order in which they came in."""
        self.terms = await self._terms()
        handed = await self._handed_in()
        await self._room.ready()
        bids = await self._opened_all(handed)
        await self._judge_members(bids)
        for one in bids:
            if one.bid is not None and one.reason is None:
                one.offers = {
                    offer.lot: judging.refusal_of_offer(offer, self.terms.lots[offer.lot])
                    for offer in one.bid.lots
                }
        return bids

    async def _terms(self) -> Terms:
        tender_id = self._tender.id
        lots = await self._session.scalars(select(Lot).where(Lot.tender_id == tender_id))
        assert self._tender.submissions_end_at is not None
        return Terms(
            tender_id=tender_id,
            ends_at=self._tender.submissions_end_at,
            hashes=await hashes(self._session, tender_id),
            binding_version=await binding_version(self._session, tender_id),
            lots={
                lot.id: LotTerms(lot.number, lot.ceiling_fen, lot.currency, lot.removed_at is not None)
                for lot in lots
            },
            takes_consortia=(await in_force(self._session, tender_id)).file.allows_consortia,
        )

    async def _handed_in(self) -> list[tuple[BidSubmission, BidSubmission]]:
        """For each bidder what they did last, and what they sealed last; those who withdrew are only counted."""
        rows = await self._session.scalars(
            select(BidSubmission)
            .where(BidSubmission.tender_id == self._tender.id)
            .order_by(BidSubmission.bidder_tag, BidSubmission.number)
        )
        last: dict[bytes, BidSubmission] = {}
        sealed: dict[bytes, BidSubmission] = {}
        for row in rows:
            last[row.bidder_tag] = row
            if row.kind in (Act.SUBMIT, Act.REPLACE):
                sealed[row.bidder_tag] = row
        standing = {tag: row for tag, row in last.items() if row.kind != Act.WITHDRAW}
        self.withdrawn = len(last) - len(standing)
        in_order = sorted(standing, key=lambda tag: (sealed[tag].submitted_at, sealed[tag].id))
        return [(standing[tag], sealed[tag]) for tag in in_order]

    async def _opened_all(self, handed: Sequence[tuple[BidSubmission, BidSubmission]]) -> list[OpenedBid]:
        bids: list[OpenedBid] = []
        for some in _batches(handed):
            contents = await asyncio.gather(*(self._fetched(sealed) for _, sealed in some))
            known = [content for content in contents if content is not None]
            plains = iter(await self._room.unseal_all(known))
            papers: dict[str, bytes] = {}
            for (newest, sealed), content in zip(some, contents, strict=True):
                bids.append(
                    self._read(newest, sealed, content, None if content is None else next(plains), papers)
                )
            await asyncio.gather(*(self._files.put(paper) for paper in papers.values()))
        return bids

    async def _fetched(self, sealed: BidSubmission) -> bytes | None:
        """The sealed bytes, if they are those that the receipt names."""
        try:
            content = await self._files.get(sealed.sealed_key or "")
        except FileIsGone:
            return None
        return content if hashlib.sha256(content).hexdigest() == sealed.sealed_key else None

    def _read(
        self,
        newest: BidSubmission,
        sealed: BidSubmission,
        content: bytes | None,
        plain: bytes | None,
        papers: dict[str, bytes],
    ) -> OpenedBid:
        """One bid, judged by itself; its papers are laid to the others that are to be kept."""
        handed = Handed(sealed.tender_version, newest.tender_version, sealed.submitted_at)
        if content is None:
            return OpenedBid(sealed, handed, None, Reason(Refusal.ALTERED))
        if plain is None:
            return OpenedBid(sealed, handed, None, Reason(Refusal.DOES_NOT_OPEN))
        if len(plain) > envelope.MOST_BYTES:
            return OpenedBid(sealed, handed, None, Reason(Refusal.TOO_LARGE))
        try:
            bid, own = envelope.unpack(plain)
        except envelope.UnreadableBid:
            return OpenedBid(sealed, handed, None, Reason(Refusal.UNREADABLE))
        leads = bidder_tag(self._vault, self._tender.id, bid.bidder) == sealed.bidder_tag
        reason = judging.refusal_of_bid(bid, handed, self.terms, is_its_bidder=leads)
        one = OpenedBid(sealed, handed, bid, reason, leads)
        one.content_hash = hashlib.sha256(envelope.document_in(plain)).hexdigest()
        if leads:
            # The file store names content by its SHA-256, and unpacking compared it.
            one.papers = [line.sha256 for line in bid.documents]
            papers |= dict(zip(one.papers, own, strict=True))
        return one

    async def _judge_members(self, bids: Sequence[OpenedBid]) -> None:
        read = [(one, one.bid) for one in bids if one.bid is not None]
        standing = [(one, bid) for one, bid in read if one.reason is None]
        named = {bid.bidder for one, bid in read if one.leads} | {
            partner for _, bid in standing for partner in bid.partners
        }
        verified, agreed = await self._verified(named), await self._agreed()
        for one, bid in standing:
            lead = one.submission.bidder_tag
            partners = {
                partner
                for partner in bid.partners
                if (lead, bidder_tag(self._vault, self._tender.id, partner)) in agreed
            }
            one.reason = judging.refusal_of_members(bid, verified, partners)
        standing = [(one, bid) for one, bid in standing if one.reason is None]
        twice = judging.in_two_bids([bid for _, bid in standing])
        for one, bid in standing:
            if not twice.isdisjoint((bid.bidder, *bid.partners)):
                one.reason = Reason(Refusal.IN_TWO_BIDS)

    async def _verified(self, ids: set[UUID]) -> set[UUID]:
        rows = await self._session.execute(
            select(
                Organisation.id, Organisation.name, Organisation.verified_at, Organisation.suspended_at
            ).where(Organisation.id.in_(ids))
        )
        verified = set()
        for organisation_id, name, verified_at, suspended_at in rows:
            self.names[organisation_id] = name
            if verified_at is not None and suspended_at is None:
                verified.add(organisation_id)
        return verified

    async def _agreed(self) -> set[tuple[bytes, bytes]]:
        rows = await self._session.execute(
            select(ConsortiumConsent.lead_tag, ConsortiumConsent.partner_tag).where(
                ConsortiumConsent.tender_id == self._tender.id
            )
        )
        return {(lead, partner) for lead, partner in rows}

    async def write(self, bids: Sequence[OpenedBid]) -> None:
        """The rows of the opened bids, in three statements."""
        rows: dict[Any, list[dict[str, Any]]] = {Bid: [], BidLot: [], BidDocument: []}
        for one in bids:
            bid_id = new_id()
            rows[Bid].append(self._bid_row(bid_id, one))
            rows[BidLot] += _lot_rows(bid_id, one)
            rows[BidDocument] += _document_rows(bid_id, one)
        for table, values in rows.items():
            if values:
                await self._session.execute(insert(table), values)

    def _bid_row(self, bid_id: UUID, one: OpenedBid) -> dict[str, Any]:
        known = one.bid is not None and one.leads and one.bid.bidder in self.names
        return {
            "id": bid_id,
            "tender_id": self._tender.id,
            "submission_id": one.submission.id,
            "organisation_id": one.organisation_id if known else None,
            "members": [str(partner) for partner in one.bid.partners] if one.bid is not None else [],
            "submitted_at": one.submission.submitted_at,
            "content": None if one.bid is None else one.bid.model_dump(mode="json"),
            "content_hash": one.content_hash,
            "refused_for": None if one.reason is None else one.reason.refusal.value,
            "refusal_facts": None if one.reason is None else dict(one.reason.facts),
        }


def _batches(
    handed: Sequence[tuple[BidSubmission, BidSubmission]],
) -> Iterator[list[tuple[BidSubmission, BidSubmission]]]:
    some: list[tuple[BidSubmission, BidSubmission]] = []
    size = 0
    for newest, sealed in handed:
        length = sealed.sealed_size or 0
        if some and (len(some) == _MOST_AT_ONCE or size + length > _MOST_BYTES_AT_ONCE):
            yield some
            some, size = [], 0
        some.append((newest, sealed))
        size += length
    if some:
        yield some


def _lot_rows(bid_id: UUID, one: OpenedBid) -> list[dict[str, Any]]:
    if one.bid is None:
        return []
    return [
        {
            "id": new_id(),
            "bid_id": bid_id,
            "lot_id": offer.lot,
            "price_fen": offer.price,
            "currency": offer.currency,
            "answers": offer.answers,
            "refused_for": None if reason is None else reason.refusal.value,
            "refusal_facts": None if reason is None else dict(reason.facts),
        }
        for offer in one.bid.lots
        if offer.lot in one.offers
        for reason in [one.offers[offer.lot]]
    ]


def _document_rows(bid_id: UUID, one: OpenedBid) -> list[dict[str, Any]]:
    if one.bid is None:
        return []
    return [
        {
            "id": new_id(),
            "bid_id": bid_id,
            "title": paper.name[:120],
            "file_name": paper.name,
            "content_type": paper.media_type,
            "size": paper.size,
            "file_key": key,
        }
        for paper, key in zip(one.bid.documents, one.papers, strict=False)
    ]


def record(
    tender: Tender, opened_at: datetime, bids: Sequence[OpenedBid], unsealing: Unsealing
) -> dict[str, Any]:
    """What everybody may read of the opening, as plain values: names, prices, hashes, and what was refused for which reason."""
    terms = unsealing.terms
    valid = Counter(lot for one in bids for lot, reason in one.offers.items() if reason is None)
    return {
        "format": RECORD_FORMAT,
        "tender": str(tender.id),
        "reference": tender.reference,
        "submissions_ended_at": terms.ends_at.isoformat(),
        "opened_at": opened_at.isoformat(),
        "file_hashes": {str(number): known for number, known in sorted(terms.hashes.items())},
        "withdrawn": unsealing.withdrawn,
        "bids": [_told(number, one, unsealing) for number, one in enumerate(bids, start=1)],
        "lots": [
            {"lot": str(lot_id), "number": lot.number, "bids_that_count": valid[lot_id]}
            for lot_id, lot in sorted(terms.lots.items(), key=lambda item: item[1].number)
            if not lot.is_removed
        ],
    }


def _told(number: int, one: OpenedBid, unsealing: Unsealing) -> dict[str, Any]:
    lead = one.organisation_id
    partners = one.bid.partners if one.bid is not None and lead is not None else ()
    return {
        "number": number,
        "sealed_sha256": one.submission.sealed_key,
        "submitted_at": one.submission.submitted_at.isoformat(),
        "content_sha256": one.content_hash,
        "bidder": None if lead is None else str(lead),
        "name": None if lead is None else unsealing.names.get(lead),
        "partners": [{"id": str(one), "name": unsealing.names.get(one)} for one in partners],
        "refused_for": None if one.reason is None else one.reason.refusal.value,
        "facts": {} if one.reason is None else dict(one.reason.facts),
        "lots": [
            {
                "lot": str(offer.lot),
                "number": unsealing.terms.lots[offer.lot].number,
                "price_fen": offer.price,
                "currency": offer.currency,
                "refused_for": None if reason is None else reason.refusal.value,
                "facts": {} if reason is None else dict(reason.facts),
            }
            for offer in (one.bid.lots if one.bid is not None else ())
            if offer.lot in one.offers
            for reason in [one.offers[offer.lot]]
        ],
    }
