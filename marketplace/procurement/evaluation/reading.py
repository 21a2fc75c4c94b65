"""What members, officers and bidders see of an evaluation: each their own part, and nobody a score before the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileStore
from marketplace.procurement import accesses, policy, working_days
from marketplace.procurement.accesses import BidsAreSealed
from marketplace.procurement.bids.models import Bid, BidDocument, BidLot
from marketplace.procurement.evaluation.case import Case, Offered, load
from marketplace.procurement.evaluation.declarations import declared_seat_of, seat_of
from marketplace.procurement.evaluation.finishing import report_due
from marketplace.procurement.evaluation.low_prices import may_be_decided
from marketplace.procurement.evaluation.models import EvaluationReport, PanelMember, PriceQuery, PriceVote
from marketplace.procurement.evaluation.panels import seats_for
from marketplace.procurement.evaluation.report import Report, read_report
from marketplace.procurement.models import Buyer
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Lot, Tender


@dataclass(frozen=True, slots=True)
class MyPanel:
    """A panel on which the viewer sits or sat."""

    tender: Tender
    buyer: str
    member: PanelMember


@dataclass(frozen=True, slots=True)
class MemberDesk:
    """What a member works with: the seat, the bidders to declare against, and from then on lots and bids."""

    case: Case
    member: PanelMember
    papers: Mapping[UUID, Sequence[BidDocument]]
    now: datetime

    @property
    def bidders(self) -> list[tuple[UUID, str]]:
        """Every bidder and partner, by name."""
        return sorted(self.case.names.items(), key=lambda pair: (pair[1], pair[0]))

    @property
    def open_queries(self) -> list[tuple[Offered, PriceQuery, PriceVote | None]]:
        """Low prices, with the viewer's own vote."""
        found = []
        for one in self.case.offered:
            query = self.case.queries.get(one.id)
            if query is not None:
                mine = [
                    vote for vote in self.case.votes.get(query.id, ()) if vote.member_id == self.member.id
                ]
                found.append((one, query, mine[0] if mine else None))
        return found

    def may_vote(self, query: PriceQuery) -> bool:
        return query.decided_at is None and may_be_decided(query, self.now)


@dataclass(frozen=True, slots=True)
class BidRow:
    """A bid as a member reads it."""

    bid: Bid
    name: str | None
    offers: Sequence[tuple[Lot, BidLot]]
    papers: Sequence[BidDocument]


@dataclass(frozen=True, slots=True)
class EvaluationDesk:
    """What the buyer's officer works with. It holds who has handed in, and no score."""

    case: Case
    people: Mapping[UUID, str]
    size: int
    least_experts: int
    report_due_at: datetime | None
    reports: Sequence[Report]
    now: datetime


@dataclass(frozen=True, slots=True)
class PriceQueryRow:
    """A question about a low price as its bidder sees it."""

    query: PriceQuery
    tender: Tender
    lot: Lot
    offer: BidLot
    may_answer: bool


async def my_panels(session: Session, viewer: Viewer) -> list[MyPanel]:
    """The panels of the viewer, the newest first; at most a hundred. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    rows = await session.execute(
        select(Tender, Buyer.name, PanelMember)
        .join(PanelMember, PanelMember.tender_id == Tender.id)
        .join(Buyer, Buyer.id == Tender.buyer_id)
        .where(PanelMember.person_id == person_id, PanelMember.replaced_for.is_distinct_from("ended"))
        .order_by(PanelMember.joined_at.desc(), PanelMember.id.desc())
        .limit(100)
    )
    return [MyPanel(tender, buyer, member) for tender, buyer, member in rows]


async def member_desk(session: Session, viewer: Viewer, tender_id: UUID) -> MemberDesk:
    """The desk of a member. Who sits on a panel is secret: nobody else finds it. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    case = await _opened(session, tender_id)
    member = seat_of(case, person_id)
    papers: dict[UUID, list[BidDocument]] = {}
    if member.declared_at is not None:
        for paper in await session.scalars(
            select(BidDocument)
            .where(BidDocument.bid_id.in_([one.bid.id for one in case.bids()]))
            .order_by(BidDocument.id)
        ):
            papers.setdefault(paper.bid_id, []).append(paper)
    return MemberDesk(case, member, papers, session.now())


async def bid(session: Session, viewer: Viewer, tender_id: UUID, bid_id: UUID) -> BidRow:
    """A bid for a member who declared, in a unit of work that notes it. Raises SignInNeeded, NotFound, DeclarationIsMissing."""
    person_id = viewer.signed_in()
    case = await _opened(session, tender_id)
    declared_seat_of(case, person_id)
    offers = [one for one in case.offered if one.bid.id == bid_id]
    if not offers:
        raise NotFound()
    accesses.seen(session, viewer, tender_id, "bid", bid_id)
    papers = await session.scalars(
        select(BidDocument).where(BidDocument.bid_id == bid_id).order_by(BidDocument.id)
    )
    lots = {lot.id: lot for lot in case.lots}
    return BidRow(
        bid=offers[0].bid,
        name=offers[0].name,
        offers=sorted(
            ((lots[one.offer.lot_id], one.offer) for one in offers), key=lambda pair: pair[0].number
        ),
        papers=papers.all(),
    )


async def paper(
    session: Session, viewer: Viewer, paper_id: UUID, files: FileStore
) -> tuple[BidDocument, bytes]:
    """A paper of a bid for a member who declared, in a unit of work that notes it. Raises SignInNeeded, NotFound, DeclarationIsMissing."""
    person_id = viewer.signed_in()
    row = await session.get(BidDocument, paper_id)
    found = None if row is None else await session.get(Bid, row.bid_id)
    if row is None or found is None:
        raise NotFound()
    declared_seat_of(await _opened(session, found.tender_id), person_id)
    accesses.seen(session, viewer, found.tender_id, "bid_document", paper_id)
    return row, await files.get(row.file_key)


async def desk(session: Session, viewer: Viewer, tender_id: UUID) -> EvaluationDesk:
    """The officer's desk; supervisors look at it too. Raises SignInNeeded, NotFound, and BidsAreSealed before the opening."""
    viewer.signed_in()
    tender = await session.get(Tender, tender_id)
    if (
        tender is None
        or tender.published_at is None
        or not (policy.may_buy(viewer, tender.area_code) or policy.may_supervise(viewer, tender.area_code))
    ):
        raise NotFound()
    if tender.opened_at is None:
        raise BidsAreSealed(tender_id, "evaluation", article=(await rule(session, "secrecy")).article)
    case = await load(session, tender)
    size, least_experts = seats_for(case)
    return EvaluationDesk(
        case=case,
        people=await names_of(session, case.members),
        size=size,
        least_experts=least_experts,
        report_due_at=report_due(case, await working_days.calendar(session)),
        reports=await reports(session, tender_id),
        now=session.now(),
    )


async def reports(session: Session, tender_id: UUID) -> list[Report]:
    """The reports of a tender by lot; who may read them is asked by the caller."""
    rows = await session.scalars(
        select(EvaluationReport.report)
        .join(Lot, Lot.id == EvaluationReport.lot_id)
        .where(EvaluationReport.tender_id == tender_id)
        .order_by(Lot.number)
    )
    return [read_report(row) for row in rows]


async def panel_names(session: Session, tender_id: UUID) -> list[tuple[int, str, str]]:
    """Seat, kind and name of who made the report: public with the result, which the caller asks about."""
    rows = await session.execute(
        select(PanelMember.seat, PanelMember.kind, Person.name)
        .join(Person, Person.id == PanelMember.person_id)
        .where(PanelMember.tender_id == tender_id, PanelMember.replaced_at.is_(None))
        .order_by(PanelMember.seat)
    )
    return [(row.seat, row.kind, row.name) for row in rows]


async def price_query(session: Session, viewer: Viewer, query_id: UUID) -> PriceQueryRow:
    """A question about a price, for the managers of its bidder. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = (
        await session.execute(
            select(PriceQuery, Tender, Lot, BidLot, Bid.organisation_id)
            .join(BidLot, BidLot.id == PriceQuery.bid_lot_id)
            .join(Bid, Bid.id == BidLot.bid_id)
            .join(Lot, Lot.id == BidLot.lot_id)
            .join(Tender, Tender.id == Lot.tender_id)
            .where(PriceQuery.id == query_id)
        )
    ).first()
    if found is None or not policy.may_supply(viewer, found.organisation_id):
        raise NotFound()
    query, tender, lot, offer, _ = found
    may_answer = query.answered_at is None and query.decided_at is None and session.now() < query.due_at
    return PriceQueryRow(query, tender, lot, offer, may_answer)


async def names_of(session: Session, members: Sequence[PanelMember]) -> dict[UUID, str]:
    """The names of members by person id, for those who may know who sits."""
    rows = await session.execute(
        select(Person.id, Person.name).where(Person.id.in_([one.person_id for one in members]))
    )
    return {row.id: row.name for row in rows}


async def _opened(session: Session, tender_id: UUID) -> Case:
    """The case of a tender whose bids are open; before that nobody sits on a panel. Raises NotFound."""
    tender = await session.get(Tender, tender_id)
    if tender is None or tender.published_at is None or tender.opened_at is None:
        raise NotFound()
    return await load(session, tender)
