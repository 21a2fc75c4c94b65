"""All that is public about one process, read from its rows at the moment of a release.

What is not public yet is not read at all: bids, bidders and their number before the opening, awards before their notice, contracts
before their publication. So nothing that comes later in this room can let it slip.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from marketplace.catalogue.models import Tag
from marketplace.db.base import Base
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.kernel.ids import parse_id
from marketplace.opendata.models import OcdsRecord
from marketplace.organisations.models import Organisation
from marketplace.procurement.awards.models import Award, Suspension
from marketplace.procurement.bids.models import Bid, BidLot, Opening
from marketplace.procurement.contracts.models import (
    Contract,
    ContractChange,
    Milestone,
    MilestoneReport,
    Payment,
)
from marketplace.procurement.evaluation.models import EvaluationReport
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.models import Asker, Lot, Question, Tender, TenderVersion

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A published contract with what was decided, delivered and paid since."""

    contract: Contract
    changes: Sequence[ContractChange]
    milestones: Sequence[Milestone]
    reports: Mapping[UUID, Sequence[MilestoneReport]]
    payments: Sequence[Payment]

    @property
    def is_under_way(self) -> bool:
        """Whether anything was delivered or paid."""
        return bool(self.payments) or any(self.reports.values())


@dataclass(frozen=True, slots=True)
class BidFacts:
    """The bids after the opening."""

    opening: Opening | None = None
    bids: Sequence[Bid] = ()
    offers: Mapping[UUID, Sequence[BidLot]] = field(default_factory=dict)

    @property
    def bidders(self) -> set[UUID]:
        """Everybody who bid, the members of consortia included."""
        return {one for bid in self.bids for one in suppliers_of(bid)}


@dataclass(frozen=True, slots=True)
class TenderFacts:
    """A published tender and what followed. ``versions`` rise; ``file`` is the one in force."""

    tender: Tender
    buyer: Buyer
    versions: Sequence[TenderVersion]
    files: Sequence[TenderFile]
    lots: Sequence[Lot]
    category: Tag | None
    questions: Sequence[tuple[Question, int]]
    suspensions: Sequence[Suspension]
    bids: BidFacts
    awards: Sequence[Award]
    reports: Sequence[EvaluationReport]
    contracts: Sequence[ContractFacts]
    organisations: Mapping[UUID, Organisation]
    ocids: Mapping[UUID, str]

    @property
    def file(self) -> TenderFile:
        return self.files[-1]

    def bid_of(self, bid_lot_id: UUID) -> Bid | None:
        """The bid that an offer belongs to."""
        for bid in self.bids.bids:
            if any(offer.id == bid_lot_id for offer in self.bids.offers.get(bid.id, ())):
                return bid
        return None


def suppliers_of(bid: Bid) -> list[UUID]:
    """Who stands behind a bid, the leader first. Nobody where it could not be opened."""
    members = [parsed for one in bid.members if (parsed := parse_id(one))]
    return [bid.organisation_id, *members] if bid.organisation_id else []


async def of_tender(session: Session, tender_id: UUID) -> TenderFacts | None:
    """What is public about a tender; None before it is published."""
    row = (
        await session.execute(
            select(Tender, Buyer, Tag)
            .join(Buyer, Buyer.id == Tender.buyer_id)
            .outerjoin(Tag, Tag.code == Tender.category_code)
            .where(Tender.id == tender_id, Tender.published_at.is_not(None))
        )
    ).one_or_none()
    if row is None:
        return None
    tender, buyer, category = row
    versions = await _all(session, TenderVersion, TenderVersion.tender_id == tender_id, TenderVersion.number)
    bids = await _bids(session, tender)
    awards = await _all(
        session, Award, (Award.tender_id == tender_id) & Award.published_at.is_not(None), Award.published_at
    )
    contracts = await contracts_where(
        session, Contract.tender_id == tender_id, Contract.call_off_id.is_(None)
    )
    awarded_lots = {award.lot_id for award in awards}
    known = bids.bidders | {one.organisation_id for one in awards}
    known |= {one.contract.organisation_id for one in contracts}
    return TenderFacts(
        tender=tender,
        buyer=buyer,
        versions=versions,
        files=[read_file(version.content) for version in versions],
        lots=await _all(session, Lot, Lot.tender_id == tender_id, Lot.number),
        category=category,
        questions=await _questions(session, tender_id),
        suspensions=await _all(
            session, Suspension, Suspension.tender_id == tender_id, Suspension.suspended_at
        ),
        bids=bids,
        awards=awards,
        reports=await _all(
            session, EvaluationReport, EvaluationReport.lot_id.in_(awarded_lots), EvaluationReport.finished_at
        ),
        contracts=contracts,
        organisations=await organisations(session, known),
        ocids=await ocids(session, [tender.list_item_id, tender.replaces_tender_id]),
    )


async def organisations(session: Session, ids: Collection[UUID]) -> dict[UUID, Organisation]:
    """The organisations with these ids."""
    found = await _all(session, Organisation, Organisation.id.in_(ids), Organisation.id) if ids else []
    return {row.id: row for row in found}


async def ocids(session: Session, ids: Collection[UUID | None]) -> dict[UUID, str]:
    """The ocids of those processes that were published."""
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return {}
    found = await session.execute(
        select(OcdsRecord.process_id, OcdsRecord.ocid).where(
            OcdsRecord.process_id.in_(wanted), OcdsRecord.releases > 0
        )
    )
    return {row.process_id: row.ocid for row in found}


async def contracts_where(session: Session, *conditions: ColumnElement[bool]) -> list[ContractFacts]:
    """The published contracts that meet the conditions, each with its later life."""
    found = await _all(
        session, Contract, and_(Contract.published_at.is_not(None), *conditions), Contract.published_at
    )
    if not found:
        return []
    ids = [one.id for one in found]
    changes = await _all(
        session,
        ContractChange,
        ContractChange.contract_id.in_(ids) & ContractChange.is_approved.is_(True),
        ContractChange.decided_at,
    )
    milestones = await _all(session, Milestone, Milestone.contract_id.in_(ids), Milestone.number)
    reports = await _all(
        session,
        MilestoneReport,
        MilestoneReport.milestone_id.in_([one.id for one in milestones])
        & MilestoneReport.decided_at.is_not(None),
        MilestoneReport.number,
    )
    payments = await _all(session, Payment, Payment.contract_id.in_(ids), Payment.recorded_at)
    by_milestone = grouped((one.milestone_id, one) for one in reports)
    return [
        ContractFacts(
            contract=one,
            changes=[change for change in changes if change.contract_id == one.id],
            milestones=[milestone for milestone in milestones if milestone.contract_id == one.id],
            reports={
                milestone.id: by_milestone.get(milestone.id, [])
                for milestone in milestones
                if milestone.contract_id == one.id
            },
            payments=[payment for payment in payments if payment.contract_id == one.id],
        )
        for one in found
    ]


async def _bids(session: Session, tender: Tender) -> BidFacts:
    """Nothing before the opening: neither who, nor how many, nor for how much."""
    if tender.opened_at is None:
        return BidFacts()
    bids = await _all(session, Bid, Bid.tender_id == tender.id, Bid.submitted_at)
    offers = await _all(session, BidLot, BidLot.bid_id.in_([bid.id for bid in bids]), BidLot.lot_id)
    opening = await session.get(Opening, tender.id)
    return BidFacts(opening, bids, grouped((one.bid_id, one) for one in offers))


async def _questions(session: Session, tender_id: UUID) -> list[tuple[Question, int]]:
    """The answered questions, each with its asker's number in this tender."""
    found = await session.execute(
        select(Question, Asker.number)
        .join(
            Asker,
            (Asker.tender_id == Question.tender_id) & (Asker.organisation_id == Question.organisation_id),
        )
        .where(Question.tender_id == tender_id, Question.answered_at.is_not(None))
        .order_by(Question.number)
    )
    return [(question, number) for question, number in found]


async def _all(session: Session, table: type[Row], condition: ColumnElement[bool], order: Any) -> list[Row]:
    """Rows of one table, the first by ``order``; by id where that says nothing."""
    key = table.__mapper__.primary_key[0]
    return list(await session.scalars(select(table).where(condition).order_by(order, key)))
