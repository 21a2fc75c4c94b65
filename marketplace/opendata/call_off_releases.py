"""Releases of what is called off a framework: a process of its own, related to the framework's."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.opendata import facts
from marketplace.opendata.award_part import contract_documents, contract_part
from marketplace.opendata.codelists import Method, ReleaseTag, TenderStatus
from marketplace.opendata.facts import ContractFacts
from marketplace.opendata.kinds import moment
from marketplace.opendata.parties import Parties
from marketplace.opendata.parts import RelatedProcess
from marketplace.opendata.publishing import Head, Process, Publisher, publish
from marketplace.opendata.release import Award, Release, Tender
from marketplace.opendata.tender_part import LANGUAGE, days, money, span
from marketplace.opendata.tender_releases import Choose, contract_tag
from marketplace.organisations.models import Organisation
from marketplace.procurement.contracts.models import CallOff, Contract
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.models import Lot

_METHODS: dict[str, tuple[Method, str]] = {
    "direct": ("direct", "直接选定"),
    "competition": ("selective", "二次竞价"),
    "rotation": ("limited", "顺序轮候"),
}


@dataclass(frozen=True, slots=True)
class CallOffFacts:
    """A call-off, whose framework it is of, and the contract that came of it."""

    call_off: CallOff
    buyer: Buyer
    framework_id: UUID
    contracts: list[ContractFacts]
    organisations: dict[UUID, Organisation]
    ocids: dict[UUID, str]


async def call_off_of(session: Session, contract_id: UUID) -> UUID | None:
    """The call-off that a contract came from, if it came from one."""
    found: UUID | None = await session.scalar(select(Contract.call_off_id).where(Contract.id == contract_id))
    return found


async def of_call_off(session: Session, publisher: Publisher, call_off_id: UUID) -> bool:
    """Tell that a call-off was opened, or how it ended."""
    found = await _facts(session, call_off_id)

    def tag(head: Head) -> ReleaseTag:
        if found.call_off.organisation_id is not None:
            return "award"
        return "tenderUpdate" if head.record else "tender"

    return await _publish(session, publisher, found, tag)


async def of_contract(
    session: Session, publisher: Publisher, call_off_id: UUID, contract_id: UUID, tag: ReleaseTag
) -> bool:
    """Tell of the contract of a call-off; nothing while it is not public."""
    found = await _facts(session, call_off_id)
    if not found.contracts:
        return False
    return await _publish(session, publisher, found, lambda head: contract_tag(head, contract_id, tag))


async def _facts(session: Session, call_off_id: UUID) -> CallOffFacts:
    call_off, buyer, framework_id = (
        await session.execute(
            select(CallOff, Buyer, Lot.tender_id)
            .join(Buyer, Buyer.id == CallOff.buyer_id)
            .join(Lot, Lot.id == CallOff.lot_id)
            .where(CallOff.id == call_off_id)
        )
    ).one()
    contracts = await facts.contracts_where(session, Contract.call_off_id == call_off_id)
    known = {one.contract.organisation_id for one in contracts}
    if call_off.organisation_id is not None:
        known.add(call_off.organisation_id)
    return CallOffFacts(
        call_off=call_off,
        buyer=buyer,
        framework_id=framework_id,
        contracts=contracts,
        organisations=await facts.organisations(session, known),
        ocids=await facts.ocids(session, [framework_id]),
    )


async def _publish(session: Session, publisher: Publisher, found: CallOffFacts, tag: Choose) -> bool:
    process = Process(found.call_off.id, publisher.ocid("calloff", found.call_off.id.hex, found.call_off.id))

    def make(head: Head) -> Release:
        chosen: list[ReleaseTag] = [tag(head)]
        if head.record is None and chosen != ["tender"]:
            chosen.insert(0, "tender")
        return _release(found, head, chosen, publisher)

    return await publish(session, process, make)


def _release(found: CallOffFacts, head: Head, tags: list[ReleaseTag], publisher: Publisher) -> Release:
    call_off, parties = found.call_off, Parties(found.organisations)
    buyer = parties.buyer(found.buyer, "buyer", "procuringEntity")
    awards = _awards(found, parties)
    contracts = [
        contract_part(one, found.buyer, str(call_off.id), parties, contract_documents(one, publisher))
        for one in found.contracts
    ]
    return Release(
        ocid=head.ocid,
        id=head.release_id(tags),
        date=head.date,
        tag=tags,
        initiation_type="tender",
        language=LANGUAGE,
        parties=parties.all(),
        buyer=buyer,
        tender=_tender(call_off, parties, found.buyer),
        awards=awards,
        contracts=contracts,
        related_processes=[
            RelatedProcess(
                id=str(process), relationship=["framework"], scheme="ocid", identifier=found.ocids[process]
            )
            for process in (found.framework_id,)
            if process in found.ocids
        ],
    )


def _tender(call_off: CallOff, parties: Parties, buyer: Buyer) -> Tender:
    method, name = _METHODS[call_off.way]
    return Tender(
        id=str(call_off.id),
        title=call_off.title,
        description=call_off.description,
        status=_status(call_off),
        procuring_entity=parties.buyer(buyer, "procuringEntity"),
        value=money(call_off.budget_fen, "CNY"),
        procurement_method=method,
        procurement_method_details=name,
        main_procurement_category="services",
        tender_period=span(call_off.opened_at, call_off.offers_end_at),
        contract_period=days(call_off.starts_on, call_off.ends_on),
    )


def _status(call_off: CallOff) -> TenderStatus:
    if call_off.organisation_id is not None:
        return "complete"
    return "unsuccessful" if call_off.ended_at is not None else "active"


def _awards(found: CallOffFacts, parties: Parties) -> list[Award]:
    call_off = found.call_off
    if call_off.organisation_id is None:
        return []
    contract = found.contracts[0].contract if found.contracts else None
    return [
        Award(
            id=str(call_off.id),
            title=call_off.title,
            description=call_off.basis,
            status="active",
            date=moment(call_off.ended_at) if call_off.ended_at else None,
            suppliers=[parties.organisation(call_off.organisation_id, "supplier")],
            value=money(contract.value_fen, contract.currency) if contract else None,
            contract_period=days(call_off.starts_on, call_off.ends_on),
        )
    ]
