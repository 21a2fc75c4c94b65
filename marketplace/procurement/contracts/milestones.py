"""Deliveries: the supplier reports a milestone, the buyer accepts it or sends it back. Every report stays."""

from uuid import UUID

from sqlalchemy import func, select, update

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement.contracts.drafts import ReportDecisionDraft, ReportDraft
from marketplace.procurement.contracts.errors import (
    MilestoneIsReportedAlready,
    NothingIsReported,
    ReasonIsMissing,
)
from marketplace.procurement.contracts.events import MilestoneDecided, MilestoneReported
from marketplace.procurement.contracts.holding import held_by_milestone
from marketplace.procurement.contracts.models import MilestoneReport


async def report(session: Session, viewer: Viewer, milestone_id: UUID, draft: ReportDraft) -> UUID:
    """The supplier says that a milestone is delivered; answers the contract's id.

    Raises SignInNeeded, NotFound, NotPermitted, ContractIsNotActive, MilestoneIsReportedAlready.
    """
    it, milestone = await held_by_milestone(session, viewer, milestone_id)
    manager = it.supplier(viewer)
    it.must_be_active()
    # A report that waits, or that was accepted, ends reporting; one that was sent back does not.
    if await session.scalar(
        select(MilestoneReport.id)
        .where(MilestoneReport.milestone_id == milestone_id, MilestoneReport.is_accepted.is_not(False))
        .limit(1)
    ):
        raise MilestoneIsReportedAlready()
    highest = select(func.max(MilestoneReport.number)).where(MilestoneReport.milestone_id == milestone_id)
    row = MilestoneReport(
        id=new_id(),
        milestone_id=milestone_id,
        number=(await session.scalar(highest) or 0) + 1,
        text=draft.text,
        reported_at=session.now(),
        reported_by=manager,
    )
    if not await insert_once(session, row):
        raise MilestoneIsReportedAlready()
    await it.note(session, manager, "milestone.reported", number=milestone.number, report=row.number)
    await publish(session, MilestoneReported(it.tender.id, it.contract.id, milestone_id))
    return it.contract.id


async def decide(session: Session, viewer: Viewer, milestone_id: UUID, draft: ReportDecisionDraft) -> UUID:
    """The buyer accepts the delivery or sends it back with the reason; answers the contract's id.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, ContractIsNotActive, ReasonIsMissing, NothingIsReported.
    """
    it, milestone = await held_by_milestone(session, viewer, milestone_id)
    officer = it.officer(viewer)
    it.must_be_active()
    if not draft.is_accepted and draft.reason is None:
        raise ReasonIsMissing()
    decided = await session.execute(
        update(MilestoneReport)
        .where(MilestoneReport.milestone_id == milestone_id, MilestoneReport.decided_at.is_(None))
        .values(
            is_accepted=draft.is_accepted,
            decision_reason=draft.reason,
            decided_at=session.now(),
            decided_by=officer,
        )
        .returning(MilestoneReport.number)
    )
    number = decided.scalar_one_or_none()
    if number is None:
        raise NothingIsReported()
    action = "milestone.accepted" if draft.is_accepted else "milestone.sent_back"
    await it.note(session, officer, action, number=milestone.number, report=number)
    await publish(session, MilestoneDecided(it.tender.id, it.contract.id, milestone_id))
    return it.contract.id
