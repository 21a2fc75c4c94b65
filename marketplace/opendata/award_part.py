"""Awards and contracts of a release, and how the contracts are carried out."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from marketplace.kernel.clock import day_starts
from marketplace.opendata.codelists import ContractStatus, MilestoneStatus
from marketplace.opendata.facts import ContractFacts, TenderFacts, suppliers_of
from marketplace.opendata.kinds import Part, moment, texts
from marketplace.opendata.parties import Parties
from marketplace.opendata.parts import Amendment, Document, Milestone, OrganizationReference
from marketplace.opendata.publishing import Publisher
from marketplace.opendata.release import Award, Contract, Implementation, Transaction
from marketplace.opendata.tender_part import LANGUAGE, days, items, money, official_notice, sha256
from marketplace.procurement.awards.models import Award as AwardRow
from marketplace.procurement.contracts.models import Contract as ContractRow
from marketplace.procurement.contracts.models import Milestone as MilestoneRow
from marketplace.procurement.contracts.models import MilestoneReport, Payment
from marketplace.procurement.models import Buyer
from marketplace.procurement.records import content_hash


def awards_part(facts: TenderFacts, parties: Parties, publisher: Publisher) -> list[Award]:
    """Every award whose notice is public, those that ended included."""
    return [_award(facts, row, parties, publisher) for row in facts.awards]


def _award(facts: TenderFacts, row: AwardRow, parties: Parties, publisher: Publisher) -> Award:
    bid = facts.bid_of(row.bid_lot_id)
    who = suppliers_of(bid) if bid else [row.organisation_id]
    lot = next(lot for lot in facts.lots if lot.id == row.lot_id)
    award = Award(
        id=str(row.id),
        title=lot.title,
        description=row.reason,
        status="cancelled" if row.ended_at else "active",
        date=moment(row.decided_at),
        value=money(row.price_fen, row.currency),
        suppliers=[parties.organisation(one, "supplier") for one in who],
        items=[item for item in items(facts) if item.related_lot == str(row.lot_id)],
        contract_period=days(lot.starts_on, lot.ends_on),
        related_lots=[str(row.lot_id)],
        related_bids=[str(row.bid_lot_id)],
    )
    notice = Document(
        id="notice",
        document_type="awardNotice",
        title="中标（成交）结果公告",
        url=publisher.page(f"/buying/tenders/{facts.tender.id}/results"),
        date_published=moment(row.published_at) if row.published_at else None,
        format="text/html",
        language=LANGUAGE,
        content_hash=hash_of(award),
    )
    return award.model_copy(
        update={"documents": [notice, *official_notice(facts.file), *_reports(facts, row.lot_id, publisher)]}
    )


def _reports(facts: TenderFacts, lot_id: UUID, publisher: Publisher) -> Iterator[Document]:
    for one in facts.reports:
        if one.lot_id == lot_id:
            yield Document(
                id="report",
                document_type="evaluationReports",
                title="评审报告",
                url=publisher.page(f"/buying/tenders/{facts.tender.id}/results"),
                date_published=moment(one.finished_at),
                content_hash=sha256(one.report_hash),
            )


def contract_part(
    facts: ContractFacts, buyer: Buyer, award_id: str, parties: Parties, documents: Sequence[Document]
) -> Contract:
    """A contract with its value and end after all changes, and with what was delivered and paid."""
    row = facts.contract
    payer, payee = parties.buyer(buyer, "buyer"), parties.organisation(row.organisation_id, "supplier")
    ends_on = next((change.ends_on for change in reversed(facts.changes) if change.ends_on), row.ends_on)
    value = row.value_fen + sum(change.added_fen for change in facts.changes)
    return Contract(
        id=str(row.id),
        award_id=award_id,
        title=row.title,
        description=texts(row.acceptance, row.termination_reason),
        status=_status(row),
        period=days(row.starts_on, ends_on),
        value=None if row.is_framework else money(value, row.currency),
        date_signed=moment(row.signed_at) if row.signed_at else None,
        milestones=[_milestone(one, facts.reports.get(one.id, ())) for one in facts.milestones],
        amendments=[
            Amendment(
                id=str(change.number),
                date=moment(change.decided_at) if change.decided_at else None,
                description=change.what,
                rationale=change.reason,
            )
            for change in facts.changes
        ],
        documents=list(documents),
        implementation=_implementation(facts, payer, payee) if facts.is_under_way else None,
    )


def contract_documents(facts: ContractFacts, publisher: Publisher) -> list[Document]:
    """The publication of the contract on our pages."""
    row = facts.contract
    return [
        Document(
            id="notice",
            document_type="contractNotice",
            title=f"合同公告 {row.reference}",
            url=publisher.page(f"/buying/contracts/{row.id}"),
            date_published=moment(row.published_at) if row.published_at else None,
            format="text/html",
            language=LANGUAGE,
            content_hash=sha256(row.content_hash) if row.content_hash else None,
        )
    ]


def hash_of(part: Part) -> str:
    """The hash of what is published of an award, its papers apart: SHA-256 over the canonical JSON (RFC 8785)."""
    return sha256(content_hash(part.pruned()))


def _status(row: ContractRow) -> ContractStatus:
    if row.accepted_at is not None or row.terminated_at is not None:
        return "terminated"
    return "active" if row.signed_at is not None else "pending"


def _implementation(
    facts: ContractFacts, payer: OrganizationReference, payee: OrganizationReference
) -> Implementation:
    return Implementation(
        transactions=[_transaction(one, payer, payee) for one in facts.payments],
        milestones=[_milestone(one, facts.reports.get(one.id, ())) for one in facts.milestones],
    )


def _transaction(row: Payment, payer: OrganizationReference, payee: OrganizationReference) -> Transaction:
    """A payment; the reversal of a wrong record is a payment of less than nothing, as it is in the books."""
    return Transaction(
        id=str(row.id),
        date=moment(day_starts(row.paid_on)),
        value=money(row.amount_fen, row.currency),
        payer=payer,
        payee=payee,
    )


def _milestone(row: MilestoneRow, reports: Sequence[MilestoneReport]) -> Milestone:
    last = reports[-1] if reports else None
    status: MilestoneStatus = "scheduled"
    if last is not None:
        status = "met" if last.is_accepted else "notMet"
    return Milestone(
        id=str(row.id),
        title=row.title,
        type="delivery",
        description=row.deliverable,
        due_date=_end_of(row.due_on),
        date_met=moment(last.decided_at) if last and last.is_accepted and last.decided_at else None,
        date_modified=moment(last.decided_at) if last and last.decided_at else None,
        status=status,
    )


def _end_of(day: date) -> str:
    return moment(day_starts(day + timedelta(days=1)) - timedelta(seconds=1))
