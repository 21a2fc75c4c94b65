"""Final acceptance, which asks those who were served, and the end of a purchase when all its contracts are over."""

from uuid import UUID

from sqlalchemy import exists, func, or_, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.awards.models import Award
from marketplace.procurement.contracts import opinions
from marketplace.procurement.contracts.drafts import AcceptanceDraft
from marketplace.procurement.contracts.errors import (
    ChangeIsOpen,
    FrameworkIsRunning,
    MilestonesAreOpen,
    UsersAreNotHeard,
)
from marketplace.procurement.contracts.events import ContractAccepted
from marketplace.procurement.contracts.holding import Held, held
from marketplace.procurement.contracts.models import (
    CallOff,
    Contract,
    ContractChange,
    Milestone,
    MilestoneReport,
)
from marketplace.procurement.contracts.states import ContractState
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Tender


async def accept(session: Session, viewer: Viewer, contract_id: UUID, draft: AcceptanceDraft) -> None:
    """The service is finally accepted; a second click changes nothing. Payments may still follow.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, ContractIsNotActive, ChangeIsOpen, MilestonesAreOpen,
    UsersAreNotHeard, FrameworkIsRunning.
    """
    it = await held(session, viewer, contract_id)
    officer = it.officer(viewer)
    if it.state is ContractState.ACCEPTED:
        return
    it.must_be_active()
    if await session.scalar(
        select(ContractChange.id).where(
            ContractChange.contract_id == contract_id, ContractChange.decided_at.is_(None)
        )
    ):
        raise ChangeIsOpen()
    heard = await (_must_have_run(session, it) if it.contract.is_framework else _must_be_done(session, it))
    it.contract.accepted_at, it.contract.accepted_by = session.now(), officer
    it.contract.acceptance = draft.acceptance
    await it.note(session, officer, "contract.accepted", opinions=heard)
    await publish(session, ContractAccepted(it.tender.id, contract_id))
    await complete_if_over(session, it.tender, officer)


async def complete_if_over(session: Session, tender: Tender, by: UUID) -> None:
    """Note the end of the purchase once every award that stands has a contract and every contract is over. The caller holds the tender."""
    await session.flush()
    standing = exists().where(Award.id == Contract.award_id, Award.ended_at.is_(None))
    under_way = select(Contract.id).where(
        Contract.tender_id == tender.id,
        Contract.accepted_at.is_(None),
        Contract.terminated_at.is_(None),
        or_(Contract.signed_at.is_not(None), Contract.award_id.is_(None), standing),
    )
    awaited = select(Award.id).where(
        Award.tender_id == tender.id,
        Award.ended_at.is_(None),
        ~exists().where(Contract.award_id == Award.id),
    )
    called = select(CallOff.id).where(
        CallOff.lot_id.in_(select(Contract.lot_id).where(Contract.tender_id == tender.id)),
        CallOff.ended_at.is_(None),
    )
    for left in (under_way, awaited, called):
        if await session.scalar(left.limit(1)) is not None:
            return
    if tender.completed_at is None:
        tender.completed_at = session.now()
        await records.append(session, tender.id, "tender.completed", by)


async def _must_be_done(session: Session, it: Held) -> int:
    """How many users were heard. Raises MilestonesAreOpen, UsersAreNotHeard."""
    accepted = exists().where(
        MilestoneReport.milestone_id == Milestone.id, MilestoneReport.is_accepted.is_(True)
    )
    left = await session.scalar(
        select(func.count()).where(Milestone.contract_id == it.contract.id, ~accepted)
    )
    if left:
        raise MilestonesAreOpen(open=left)
    known = await rule(session, "users_opinions")
    heard = await opinions.heard(session, it.contract.id)
    if heard < known.value["least_people"]:
        raise UsersAreNotHeard(least_people=known.value["least_people"], article=known.article)
    return heard


async def _must_have_run(session: Session, it: Held) -> int:
    """A framework has no users of its own; each order asked its own. Raises FrameworkIsRunning."""
    open_order = select(Contract.id).where(
        Contract.lot_id == it.contract.lot_id,
        Contract.organisation_id == it.contract.organisation_id,
        Contract.call_off_id.is_not(None),
        Contract.accepted_at.is_(None),
        Contract.terminated_at.is_(None),
    )
    if local_day(session.now()) <= it.contract.ends_on or await session.scalar(open_order.limit(1)):
        raise FrameworkIsRunning()
    return 0
