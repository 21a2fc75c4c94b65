"""A tender's evaluation as it stands, read in a fixed number of statements: who bids, what was found, who sits, what is in.

Scores are not part of it: they are read by ``sheets`` for their member, and by ``finishing`` for the report.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.kernel.errors import NotFound
from marketplace.organisations.models import Organisation
from marketplace.procurement.bids.models import Bid, BidLot
from marketplace.procurement.evaluation.errors import BidsAreNotOpen, EvaluationIsOver
from marketplace.procurement.evaluation.models import (
    EligibilityClosing,
    EligibilityFinding,
    Panel,
    PanelMember,
    PriceQuery,
    PriceVote,
    ScoreSheet,
)
from marketplace.procurement.profiles import Procedure, Profile, profile
from marketplace.procurement.tenders.file import Criterion, CriterionKind, TenderFile, read_file
from marketplace.procurement.tenders.models import Lot, Tender, TenderVersion
from marketplace.procurement.tenders.running import must_run

REFUSED: Final = "refused_at_opening"
NOT_ELIGIBLE: Final = "not_eligible"
LOW_PRICE: Final = "low_price"
"""Why an offer does not count in the evaluation. Words are keyed ``exclusion.<value>``."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A bid's offer for one lot."""

    bid: Bid
    offer: BidLot
    name: str | None

    @property
    def id(self) -> UUID:
        return self.offer.id


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an offer does not count: the code, and what fills its sentence."""

    code: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """Everything but the scores. Pure from here on."""

    tender: Tender
    version: TenderVersion
    file: TenderFile
    rules: Profile
    lots: Sequence[Lot]
    offered: Sequence[Offered]
    names: Mapping[UUID, str]
    findings: Mapping[tuple[UUID, str], EligibilityFinding]
    closing: EligibilityClosing | None
    panel: Panel | None
    members: Sequence[PanelMember]
    queries: Mapping[UUID, PriceQuery]
    votes: dict[UUID, list[PriceVote]]
    sheets: Sequence[ScoreSheet]

    @property
    def quality(self) -> tuple[Criterion, ...]:
        """What members score."""
        return tuple(one for one in self.file.criteria if one.kind is CriterionKind.QUALITY)

    @property
    def seats(self) -> tuple[PanelMember, ...]:
        """Who sits on the panel, by seat; replaced members do not."""
        return tuple(one for one in self.members if one.replaced_at is None)

    @property
    def vacant(self) -> tuple[int, ...]:
        """Seats that nobody holds."""
        taken = {one.seat for one in self.seats}
        return tuple(
            seat for seat in range(1, (self.panel.size if self.panel else 0) + 1) if seat not in taken
        )

    @property
    def bidders(self) -> frozenset[UUID]:
        """Every organisation that bids, partners of consortia among them, also those whose bids were refused."""
        return frozenset(self.names)

    @property
    def least_bidders(self) -> int:
        return int(self.rules.figure("least_bidders", "bidders"))

    def live_lots(self) -> tuple[Lot, ...]:
        """Lots that are still to be evaluated."""
        return tuple(lot for lot in self.lots if lot.removed_at is None and lot.unsuccessful_at is None)

    def of_lot(self, lot_id: UUID) -> tuple[Offered, ...]:
        return tuple(one for one in self.offered if one.offer.lot_id == lot_id)

    def bids(self) -> tuple[Offered, ...]:
        """One offer of each bid that the opening let through: what conditions are held against."""
        first: dict[UUID, Offered] = {}
        for one in self.offered:
            if one.bid.refused_for is None and one.offer.refused_for is None:
                first.setdefault(one.bid.id, one)
        return tuple(first.values())

    def unchecked(self) -> tuple[tuple[UUID, str], ...]:
        """Bids and conditions that were not held against each other yet."""
        return tuple(
            (one.bid.id, condition.key)
            for one in self.bids()
            for condition in self.file.conditions
            if (one.bid.id, condition.key) not in self.findings
        )

    def failed_conditions(self, bid_id: UUID) -> tuple[str, ...]:
        return tuple(
            condition.key
            for condition in self.file.conditions
            if (found := self.findings.get((bid_id, condition.key))) is not None and not found.is_met
        )

    def exclusion(self, one: Offered) -> Exclusion | None:
        """Why the offer does not count, as far as it was found."""
        reason = one.bid.refused_for or one.offer.refused_for
        if reason is not None:
            facts = (one.bid.refusal_facts if one.bid.refused_for else one.offer.refusal_facts) or {}
            return Exclusion(REFUSED, {"reason": reason, **facts})
        failed = self.failed_conditions(one.bid.id)
        if failed:
            return Exclusion(NOT_ELIGIBLE, {"conditions": list(failed)})
        query = self.queries.get(one.id)
        if query is not None and query.is_accepted is False:
            return Exclusion(LOW_PRICE, {})
        return None

    def valid(self, lot_id: UUID) -> tuple[Offered, ...]:
        """The offers for the lot that count."""
        return tuple(one for one in self.of_lot(lot_id) if self.exclusion(one) is None)

    def eligible(self, lot_id: UUID) -> tuple[Offered, ...]:
        """The offers that members score: those that were let through the check, whatever becomes of a low price."""
        return tuple(
            one
            for one in self.of_lot(lot_id)
            if (found := self.exclusion(one)) is None or found.code == LOW_PRICE
        )

    def looks_low(self, one: Offered) -> bool:
        """Whether a valid price lies below the rule's share of the mean of the lot's other valid prices."""
        others = [
            other.offer.price_fen for other in self.eligible(one.offer.lot_id) if other.offer.id != one.id
        ]
        if not others:
            return False
        percent = self.rules.figure("low_price", "of_average_percent")
        return bool(one.offer.price_fen * 100 < percent * Fraction(sum(others), len(others)))

    def low_prices(self) -> tuple[Offered, ...]:
        """Offers in live lots whose prices look too low."""
        return tuple(one for lot in self.live_lots() for one in self.eligible(lot.id) if self.looks_low(one))

    def sheet(self, lot_id: UUID, member_id: UUID) -> ScoreSheet | None:
        return next((one for one in self.sheets if one.lot_id == lot_id and one.member_id == member_id), None)

    def missing_sheets(self) -> tuple[tuple[UUID, UUID], ...]:
        """Lots and members whose sheet is not in."""
        return tuple(
            (lot.id, member.id)
            for lot in self.live_lots()
            for member in self.seats
            if (sheet := self.sheet(lot.id, member.id)) is None or sheet.submitted_at is None
        )

    def majority(self, query_id: UUID) -> bool | None:
        """What more than half of all seats think of a low price; None as long as they have not said."""
        seated = {one.id for one in self.seats}
        said = [vote.is_accepted for vote in self.votes.get(query_id, ()) if vote.member_id in seated]
        enough = (self.panel.size if self.panel else 0) // 2 + 1
        for answer in (True, False):
            if said.count(answer) >= enough:
                return answer
        return None


async def held(session: Session, tender_id: UUID) -> Tender:
    """The tender, locked until the end of the transaction, while its bids are being evaluated.

    Raises NotFound, TenderIsOver, TenderIsSuspended, BidsAreNotOpen, EvaluationIsOver.
    """
    tender = await session.get(Tender, tender_id, with_for_update=True, populate_existing=True)
    if tender is None or tender.published_at is None:
        raise NotFound()
    must_run(tender)
    if tender.opened_at is None:
        raise BidsAreNotOpen()
    if tender.evaluated_at is not None:
        raise EvaluationIsOver()
    return tender


async def load(session: Session, tender: Tender) -> Case:
    """The case of a published tender."""
    version = (
        await session.scalars(
            select(TenderVersion).where(
                TenderVersion.tender_id == tender.id, TenderVersion.number == tender.version
            )
        )
    ).one()
    lots = (await session.scalars(select(Lot).where(Lot.tender_id == tender.id).order_by(Lot.number))).all()
    bids = (await session.execute(_offers(tender.id))).all()
    names = await _names(session, [bid for bid, _ in bids])
    members = await session.scalars(
        select(PanelMember)
        .where(PanelMember.tender_id == tender.id)
        .order_by(PanelMember.seat, PanelMember.joined_at, PanelMember.id)
    )
    bid_ids = {bid.id for bid, _ in bids}
    queries = await _queries(session, [offer.id for _, offer in bids])
    sheets = await session.scalars(select(ScoreSheet).where(ScoreSheet.lot_id.in_([lot.id for lot in lots])))
    return Case(
        tender=tender,
        version=version,
        file=read_file(version.content),
        rules=await profile(session, Procedure(tender.procedure)),
        lots=lots,
        offered=[
            Offered(bid, offer, names.get(bid.organisation_id) if bid.organisation_id else None)
            for bid, offer in bids
        ],
        names=names,
        findings=await _findings(session, bid_ids),
        closing=await session.get(EligibilityClosing, tender.id),
        panel=await session.get(Panel, tender.id),
        members=members.all(),
        queries=queries,
        votes=await _votes(session, [one.id for one in queries.values()]),
        sheets=sheets.all(),
    )


async def load_held(session: Session, tender_id: UUID) -> Case:
    """The case under the tender's lock. Raises what ``held`` raises."""
    return await load(session, await held(session, tender_id))


def _offers(tender_id: UUID) -> Any:
    return (
        select(Bid, BidLot)
        .join(BidLot, BidLot.bid_id == Bid.id)
        .where(Bid.tender_id == tender_id)
        .order_by(Bid.submitted_at, Bid.id, BidLot.id)
    )


async def _names(session: Session, bids: Collection[Bid]) -> dict[UUID, str]:
    ids = {bid.organisation_id for bid in bids if bid.organisation_id} | {
        UUID(member) for bid in bids for member in bid.members
    }
    rows = await session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    return {row.id: row.name for row in rows}


async def _findings(
    session: Session, bid_ids: Collection[UUID]
) -> dict[tuple[UUID, str], EligibilityFinding]:
    """The newest finding of each bid and condition."""
    rows = await session.scalars(
        select(EligibilityFinding)
        .where(EligibilityFinding.bid_id.in_(bid_ids))
        .order_by(EligibilityFinding.number)
    )
    return {(row.bid_id, row.condition_key): row for row in rows}


async def _queries(session: Session, offer_ids: Collection[UUID]) -> dict[UUID, PriceQuery]:
    rows = await session.scalars(select(PriceQuery).where(PriceQuery.bid_lot_id.in_(offer_ids)))
    return {row.bid_lot_id: row for row in rows}


async def _votes(session: Session, query_ids: Collection[UUID]) -> dict[UUID, list[PriceVote]]:
    found: dict[UUID, list[PriceVote]] = {}
    for row in await session.scalars(
        select(PriceVote).where(PriceVote.query_id.in_(query_ids)).order_by(PriceVote.voted_at)
    ):
        found.setdefault(row.query_id, []).append(row)
    return found
