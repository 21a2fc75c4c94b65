"""The bids of a release, after the opening: who, for how much, and once a lot is awarded which place each came to, or why it did not count."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.kernel.locale import ZH, word
from marketplace.opendata.codelists import BidStatus
from marketplace.opendata.facts import TenderFacts, suppliers_of
from marketplace.opendata.kinds import moment
from marketplace.opendata.parties import Parties
from marketplace.opendata.parts import Document, OrganizationReference
from marketplace.opendata.release import Bid, Bids, Statistic
from marketplace.opendata.tender_part import money, number_of_bids, sha256
from marketplace.procurement.bids.models import Bid as BidRow
from marketplace.procurement.bids.models import BidLot


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an offer."""

    status: BidStatus
    rank: int | None = None
    reason: str | None = None


def bids_part(facts: TenderFacts, parties: Parties) -> Bids | None:
    """The bids; None before the opening."""
    if facts.tender.opened_at is None:
        return None
    judged = dict(_evaluated(facts))
    return Bids(
        statistics=list(_statistics(facts)),
        details=[
            detail
            for bid in facts.bids.bids
            for detail in _details(bid, facts.bids.offers.get(bid.id, ()), judged, parties)
        ],
    )


def _details(
    bid: BidRow, offers: Sequence[BidLot], judged: dict[str, Judged], parties: Parties
) -> Iterator[Bid]:
    """One bid for each lot that is offered for; what could not be opened is told by itself, with the reason."""
    tenderers = [parties.organisation(one, "tenderer") for one in suppliers_of(bid)]
    if not offers:
        yield _bid(str(bid.id), bid, tenderers, None, _at_opening(bid, None))
    for offer in offers:
        known = judged.get(str(offer.id)) or _at_opening(bid, offer)
        yield _bid(str(offer.id), bid, tenderers, offer, known)


def _at_opening(bid: BidRow, offer: BidLot | None) -> Judged:
    refused, given = bid.refused_for, bid.refusal_facts
    if refused is None and offer is not None:
        refused, given = offer.refused_for, offer.refusal_facts
    if refused is None:
        return Judged("pending")
    return Judged("disqualified", reason=word(ZH, f"bid_refusal.{refused}", given or {}))


def _evaluated(facts: TenderFacts) -> Iterator[tuple[str, Judged]]:
    """Places and exclusions from the reports of the lots whose awards are public."""
    for report in facts.reports:
        for bid in report.report.get("bids", ()):
            if bid["excluded_for"] is not None:
                yield bid["id"], Judged("disqualified", reason=_excluded(bid))
        for place in report.report.get("ranking", ()):
            yield place["bid"], Judged("valid", rank=place["place"])


def _excluded(bid: dict[str, Any]) -> str:
    why = word(ZH, f"exclusion.{bid['excluded_for']}", bid.get("exclusion_facts") or {})
    unmet = [f"{one['text']}：{one['reason']}" for one in bid.get("findings", ()) if not one["is_met"]]
    return "\n".join([why, *unmet])


def _bid(
    key: str, bid: BidRow, tenderers: list[OrganizationReference], offer: BidLot | None, judged: Judged
) -> Bid:
    return Bid(
        id=key,
        submission_type="bid",
        date=moment(bid.submitted_at),
        status=judged.status,
        description=judged.reason,
        tenderers=tenderers,
        value=money(offer.price_fen, offer.currency) if offer else None,
        related_lots=[str(offer.lot_id)] if offer else None,
        has_rank=True if judged.rank is not None else None,
        rank=judged.rank,
        documents=[_sealed(bid)] if bid.content_hash else [],
    )


def _sealed(bid: BidRow) -> Document:
    """The bid itself is not published; its hash is, so that nobody can exchange it."""
    return Document(
        id=f"bid-{bid.id}",
        document_type="x_bidContentHash",
        title="投标文件内容摘要",
        content_hash=sha256(bid.content_hash or ""),
    )


def _statistics(facts: TenderFacts) -> Iterator[Statistic]:
    yield Statistic(id="bids", measure="bids", value=number_of_bids(facts) or 0)
    for lot in facts.lots:
        offers = [one for offers in facts.bids.offers.values() for one in offers if one.lot_id == lot.id]
        yield Statistic(id=f"bids-{lot.id}", measure="bids", value=len(offers), related_lot=str(lot.id))
