"""A lot with all that deciding about it needs, under its tender's lock: the report, what stands, who was passed over, who is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import ORGANISATION_ROLES, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement.awards import holding
from marketplace.procurement.awards.errors import (
    LotIsSettled,
    OfficerBelongsToABidder,
    TenderIsNotEvaluated,
)
from marketplace.procurement.awards.models import Award
from marketplace.procurement.bids.models import Bid, BidLot
from marketplace.procurement.evaluation.models import EvaluationReport
from marketplace.procurement.evaluation.report import Place, Report, read_report
from marketplace.procurement.profiles import Procedure, Profile, profile, rule
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.models import Lot, Tender, TenderVersion
from marketplace.procurement.tenders.running import must_run

_PERCENT = 100


@dataclass(frozen=True, slots=True)
class HeldLot:
    """Pure from here on. ``awards`` are all of the lot, those that ended too, the oldest first."""

    tender: Tender
    lot: Lot
    report: Report
    file: TenderFile
    rules: Profile
    awards: Sequence[Award]

    @property
    def is_framework(self) -> bool:
        return self.tender.procedure == Procedure.FRAMEWORK

    @property
    def standing(self) -> tuple[Award, ...]:
        return tuple(one for one in self.awards if one.ended_at is None)

    @property
    def most(self) -> int:
        """How many suppliers the lot takes: one, or what the framework's file and the rule of elimination leave."""
        if not self.is_framework:
            return 1
        valid = len(self.report.ranking)
        percent: int = self.rules.figure("framework_terms", "out_percent")
        out = max(1, -(-valid * percent // _PERCENT))
        wanted = self.file.framework.most_suppliers if self.file.framework else 1
        return max(min(wanted, valid - out), 0)

    def candidates(self) -> tuple[Place, ...]:
        """Who may still be awarded the lot, in rank: neither holds an award nor lost one."""
        had = {str(one.bid_lot_id) for one in self.awards}
        return tuple(one for one in self.report.ranking if one.bid not in had)

    def place_of(self, bid_lot_id: UUID) -> Place | None:
        return next((one for one in self.report.ranking if one.bid == str(bid_lot_id)), None)

    def replaced(self) -> Award | None:
        """The newest ended award that nobody came after yet."""
        followed = {one.replaces_id for one in self.awards}
        ended = [one for one in self.awards if one.ended_at is not None and one.id not in followed]
        return max(ended, key=lambda one: (one.ended_at, one.id), default=None)

    def free_seat(self) -> int:
        taken = {one.seat for one in self.standing}
        return next(seat for seat in range(1, len(taken) + 2) if seat not in taken)


async def held_lot(session: Session, viewer: Viewer, lot_id: UUID) -> tuple[HeldLot, UUID]:
    """The lot for who buys and is tied to no bidder, with their id.

    Raises SignInNeeded, NotFound, NotPermitted, TenderIsOver, TenderIsSuspended, TenderIsNotEvaluated, LotIsSettled,
    OfficerBelongsToABidder.
    """
    viewer.signed_in()
    tender_id = await session.scalar(select(Lot.tender_id).where(Lot.id == lot_id))
    if tender_id is None:
        raise NotFound()
    tender, officer = await holding.held_by_officer(session, viewer, tender_id)
    must_run(tender)
    lot = await session.get_one(Lot, lot_id, populate_existing=True)
    if lot.removed_at is not None or lot.unsuccessful_at is not None:
        raise LotIsSettled()
    if tender.evaluated_at is None:
        raise TenderIsNotEvaluated()
    await must_be_untied(session, viewer, tender_id)
    return await load(session, tender, lot), officer


async def load(session: Session, tender: Tender, lot: Lot) -> HeldLot:
    """Raises TenderIsNotEvaluated."""
    row = await session.get(EvaluationReport, lot.id)
    if row is None:
        raise TenderIsNotEvaluated()
    version = select(TenderVersion.content).where(
        TenderVersion.tender_id == tender.id, TenderVersion.number == tender.version
    )
    awards = await session.scalars(
        select(Award)
        .where(Award.lot_id == lot.id)
        .order_by(Award.decided_at, Award.id)
        .execution_options(populate_existing=True)
    )
    return HeldLot(
        tender,
        lot,
        read_report(row.report),
        read_file((await session.scalars(version)).one()),
        await profile(session, Procedure(tender.procedure)),
        awards.all(),
    )


async def must_be_untied(session: Session, viewer: Viewer, tender_id: UUID) -> None:
    """Raises OfficerBelongsToABidder."""
    tied = viewer.organisations_of(*ORGANISATION_ROLES)
    if await holding.bid_among(session, tender_id, tied):
        raise OfficerBelongsToABidder(article=(await rule(session, "recusal")).article)


async def offer(session: Session, lot_id: UUID, bid_lot_id: UUID) -> tuple[BidLot, UUID]:
    """A bid's offer for the lot with the organisation that leads the bid. Raises NotFound."""
    found = (
        await session.execute(
            select(BidLot, Bid.organisation_id)
            .join(Bid, Bid.id == BidLot.bid_id)
            .where(BidLot.id == bid_lot_id, BidLot.lot_id == lot_id, Bid.organisation_id.is_not(None))
        )
    ).one_or_none()
    if found is None or found.organisation_id is None:
        raise NotFound()
    return found.BidLot, found.organisation_id
