"""Notices about contracts: to sign, signed, delivered, paid, changed, over; and milestones that come soon or are late, once each."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, or_, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Role
from marketplace.kernel.clock import last_day, local_day
from marketplace.kernel.local_forms import money
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.procurement.contracts.events import (
    ChangeProposed,
    ChangeRefused,
    ContractAccepted,
    ContractChanged,
    ContractDrafted,
    ContractSigned,
    ContractTerminated,
    MilestoneDecided,
    MilestoneReported,
    PaymentRecorded,
)
from marketplace.procurement.contracts.models import (
    Contract,
    ContractChange,
    Milestone,
    MilestoneReport,
    Payment,
)
from marketplace.procurement.models import Buyer

SOON: Final = timedelta(days=7)
_SLEPT: Final = timedelta(days=30)
"""A worker that slept longer than this lets the lateness be: the desks show it."""


async def drafted(session: Session, event: ContractDrafted) -> None:
    """The supplier's managers hear that there is a contract to sign, from when and until when."""
    contract = await session.get_one(Contract, event.contract_id)
    facts: Mapping[str, Fact] = {
        "from_at": contract.sign_from,
        "due_at": last_day(contract.sign_due_at),
    }
    await _tell_supplier(session, contract, Kind.CONTRACT_TO_SIGN, str(contract.id), facts)


async def signed(session: Session, event: ContractSigned) -> None:
    """Both sides hear that it is signed; the buyer publishes it in time."""
    contract = await session.get_one(Contract, event.contract_id)
    facts: dict[str, Fact] = {}
    if contract.publish_due_at is not None:
        facts["due_at"] = last_day(contract.publish_due_at)
    await _tell_both(session, contract, Kind.CONTRACT_SIGNED, str(contract.id), facts)


async def reported(session: Session, event: MilestoneReported) -> None:
    """The buyer's officers hear that a delivery waits for them."""
    contract, milestone = await _milestone(session, event.contract_id, event.milestone_id)
    report = await _newest_report(session, milestone.id)
    about = f"{milestone.id}:{report.number}"
    facts: Mapping[str, Fact] = {"milestone": milestone.title}
    await _tell_officers(session, contract, Kind.MILESTONE_REPORTED, about, facts)


async def decided(session: Session, event: MilestoneDecided) -> None:
    """The supplier's managers hear that it was accepted, or sent back and why."""
    contract, milestone = await _milestone(session, event.contract_id, event.milestone_id)
    report = await _newest_report(session, milestone.id)
    if report.decided_at is None:
        return  # reported anew since, which comes after what this event tells
    about = f"{milestone.id}:{report.number}"
    facts: dict[str, Fact] = {"milestone": milestone.title}
    if report.is_accepted:
        await _tell_supplier(session, contract, Kind.MILESTONE_ACCEPTED, about, facts)
    else:
        facts["reason"] = report.decision_reason or ""
        await _tell_supplier(session, contract, Kind.MILESTONE_SENT_BACK, about, facts)


async def paid(session: Session, event: PaymentRecorded) -> None:
    """The supplier's managers hear of a payment, or that one was taken off the record."""
    contract = await session.get_one(Contract, event.contract_id)
    row = await session.get_one(Payment, event.payment_id)
    facts: dict[str, Fact] = {"amount": money(abs(row.amount_fen), row.currency), "day": row.paid_on}
    kind = Kind.PAYMENT_RECORDED if row.reverses_id is None else Kind.PAYMENT_REVERSED
    if row.reason:
        facts["reason"] = row.reason
    await _tell_supplier(session, contract, kind, str(row.id), facts)


async def proposed(session: Session, event: ChangeProposed) -> None:
    """The other officers hear that a change waits for one of them."""
    contract = await session.get_one(Contract, event.contract_id)
    change = await session.get_one(ContractChange, event.change_id)
    people = set(await _officers(session, contract)) - {change.proposed_by}
    news = News(
        Kind.CHANGE_PROPOSED,
        f"{Kind.CHANGE_PROPOSED}:{change.id}",
        {"contract": contract.title, "change": change.title},
        links.contract_change(change.id),
    )
    await tell(session, people, news)


async def changed(session: Session, event: ContractChanged) -> None:
    """Both sides hear that the newest change is in force."""
    contract = await session.get_one(Contract, event.contract_id)
    change = await _newest_change(session, contract.id)
    facts: Mapping[str, Fact] = {"change": change.title}
    await _tell_both(session, contract, Kind.CHANGE_APPROVED, str(change.id), facts)


async def refused(session: Session, event: ChangeRefused) -> None:
    """Whoever proposed hears that it was refused, and why."""
    contract = await session.get_one(Contract, event.contract_id)
    change = await session.get_one(ContractChange, event.change_id)
    facts: dict[str, Fact] = {"contract": contract.title, "change": change.title}
    facts["reason"] = change.decision_reason or ""
    told_for = f"{Kind.CHANGE_REFUSED}:{change.id}"
    news = News(Kind.CHANGE_REFUSED, told_for, facts, links.contract_desk(contract.id))
    await tell(session, [change.proposed_by], news)


async def accepted(session: Session, event: ContractAccepted) -> None:
    """Both sides hear of the final acceptance."""
    contract = await session.get_one(Contract, event.contract_id)
    await _tell_both(session, contract, Kind.CONTRACT_ACCEPTED, str(contract.id), {})


async def terminated(session: Session, event: ContractTerminated) -> None:
    """Both sides hear of the early end, and why."""
    contract = await session.get_one(Contract, event.contract_id)
    facts: Mapping[str, Fact] = {"reason": contract.termination_reason or ""}
    await _tell_both(session, contract, Kind.CONTRACT_TERMINATED, str(contract.id), facts)


async def remind(session: Session) -> None:
    """Repeated task: tell the supplier of a milestone that comes within a week, and both sides of one that is late; once each."""
    today = local_day(session.now())
    settled = exists().where(
        MilestoneReport.milestone_id == Milestone.id,
        or_(MilestoneReport.is_accepted.is_(True), MilestoneReport.decided_at.is_(None)),
    )
    rows = await session.execute(
        select(Contract, Milestone)
        .join(Milestone, Milestone.contract_id == Contract.id)
        .where(
            Contract.signed_at.is_not(None),
            Contract.accepted_at.is_(None),
            Contract.terminated_at.is_(None),
            Milestone.due_on.between(today - _SLEPT, today + SOON),
            ~settled,
        )
        .order_by(Milestone.due_on, Milestone.id)
    )
    for contract, milestone in rows.all():
        facts: Mapping[str, Fact] = {"milestone": milestone.title, "day": milestone.due_on}
        about = f"{milestone.id}:{milestone.due_on.isoformat()}"
        if milestone.due_on >= today:
            await _tell_supplier(session, contract, Kind.MILESTONE_SOON, about, facts)
        else:
            await _tell_both(session, contract, Kind.MILESTONE_LATE, about, facts)


async def _tell_both(
    session: Session, contract: Contract, kind: Kind, about: str, facts: Mapping[str, Fact]
) -> None:
    await _tell_supplier(session, contract, kind, about, facts)
    await _tell_officers(session, contract, kind, about, facts)


async def _tell_supplier(
    session: Session, contract: Contract, kind: Kind, about: str, facts: Mapping[str, Fact]
) -> None:
    people = await audience.managers(session, contract.organisation_id)
    await _tell(session, people, contract, kind, about, facts, links.contract_of_supplier(contract.id))


async def _tell_officers(
    session: Session, contract: Contract, kind: Kind, about: str, facts: Mapping[str, Fact]
) -> None:
    people = await _officers(session, contract)
    await _tell(session, people, contract, kind, about, facts, links.contract_desk(contract.id))


async def _tell(
    session: Session,
    people: Iterable[UUID],
    contract: Contract,
    kind: Kind,
    about: str,
    facts: Mapping[str, Fact],
    link: str,
) -> None:
    await tell(session, people, News(kind, f"{kind}:{about}", {"contract": contract.title, **facts}, link))


async def _officers(session: Session, contract: Contract) -> Iterable[UUID]:
    buyer = await session.get_one(Buyer, contract.buyer_id)
    return await audience.nearest(session, buyer.area_code, Role.PROCUREMENT_OFFICER)


async def _milestone(session: Session, contract_id: UUID, milestone_id: UUID) -> tuple[Contract, Milestone]:
    contract = await session.get_one(Contract, contract_id)
    return contract, await session.get_one(Milestone, milestone_id)


async def _newest_report(session: Session, milestone_id: UUID) -> MilestoneReport:
    found = (
        select(MilestoneReport)
        .where(MilestoneReport.milestone_id == milestone_id)
        .order_by(MilestoneReport.number.desc())
        .limit(1)
    )
    return (await session.scalars(found)).one()


async def _newest_change(session: Session, contract_id: UUID) -> ContractChange:
    found = (
        select(ContractChange)
        .where(ContractChange.contract_id == contract_id, ContractChange.is_approved.is_(True))
        .order_by(ContractChange.number.desc())
        .limit(1)
    )
    return (await session.scalars(found)).one()
