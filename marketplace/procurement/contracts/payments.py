"""Payments as they are recorded: for an accepted milestone, never more than is open; a wrong one is reversed, never changed."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.local_forms import money
from marketplace.outbox.publish import publish
from marketplace.procurement.contracts.drafts import PaymentDraft, ReversalDraft
from marketplace.procurement.contracts.errors import (
    ContractIsNotSigned,
    KeyWasUsedForAnother,
    MilestoneIsNotAccepted,
    PaymentIsEmpty,
    PaymentIsInTheFuture,
    PaymentIsReversedAlready,
    PaymentIsTooMuch,
)
from marketplace.procurement.contracts.events import PaymentRecorded
from marketplace.procurement.contracts.holding import Held, held, held_by_milestone
from marketplace.procurement.contracts.models import Contract, Milestone, MilestoneReport, Payment


async def pay(session: Session, viewer: Viewer, milestone_id: UUID, draft: PaymentDraft) -> UUID:
    """Record a payment; answers its id, for a repeated key the first one.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, KeyWasUsedForAnother, ContractIsNotSigned,
    MilestoneIsNotAccepted, PaymentIsEmpty, PaymentIsInTheFuture, PaymentIsTooMuch.
    """
    it, milestone = await held_by_milestone(session, viewer, milestone_id)
    officer = it.officer(viewer)
    before = await _of_key(session, officer, draft.idempotency_key)
    if before is not None:
        if before.milestone_id != milestone_id or before.reverses_id is not None:
            raise KeyWasUsedForAnother()
        return before.id
    _must_be_possible(session, it, draft)
    if not await is_accepted(session, milestone_id):
        raise MilestoneIsNotAccepted()
    if not await _move(session, milestone, draft.amount_fen):
        raise PaymentIsTooMuch(left=money(milestone.value_fen - milestone.paid_fen))
    row = Payment(
        id=new_id(),
        contract_id=it.contract.id,
        milestone_id=milestone_id,
        amount_fen=draft.amount_fen,
        currency=it.contract.currency,
        paid_on=draft.paid_on,
        reference=draft.reference,
        idempotency_key=draft.idempotency_key,
        recorded_at=session.now(),
        recorded_by=officer,
    )
    await _keep(session, it, row, officer, number=milestone.number)
    return row.id


async def reverse(session: Session, viewer: Viewer, payment_id: UUID, draft: ReversalDraft) -> UUID:
    """Take a payment off the record by a second entry with the reason; answers that entry's id, for a repeated key the first one.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, KeyWasUsedForAnother, PaymentIsReversedAlready.
    """
    wrong = await session.get(Payment, payment_id)
    if wrong is None:
        raise NotFound()
    it = await held(session, viewer, wrong.contract_id)
    officer = it.officer(viewer)
    before = await _of_key(session, officer, draft.idempotency_key)
    if before is not None:
        if before.reverses_id != payment_id:
            raise KeyWasUsedForAnother()
        return before.id
    row = Payment(
        id=new_id(),
        contract_id=wrong.contract_id,
        milestone_id=wrong.milestone_id,
        amount_fen=-wrong.amount_fen,
        currency=wrong.currency,
        paid_on=local_day(session.now()),
        reference=wrong.reference,
        reverses_id=payment_id,
        reason=draft.reason,
        idempotency_key=draft.idempotency_key,
        recorded_at=session.now(),
        recorded_by=officer,
    )
    milestone = await session.get_one(Milestone, wrong.milestone_id)
    if wrong.reverses_id is not None or not await insert_once(session, row):
        raise PaymentIsReversedAlready()
    await _move(session, milestone, row.amount_fen)
    await _keep(session, it, row, officer, number=milestone.number, reverses_id=payment_id)
    return row.id


async def is_accepted(session: Session, milestone_id: UUID) -> bool:
    """Whether the milestone's delivery was accepted."""
    found = select(MilestoneReport.id).where(
        MilestoneReport.milestone_id == milestone_id, MilestoneReport.is_accepted.is_(True)
    )
    return await session.scalar(found.limit(1)) is not None


def _must_be_possible(session: Session, it: Held, draft: PaymentDraft) -> None:
    """Raises ContractIsNotSigned, PaymentIsEmpty, PaymentIsInTheFuture."""
    if it.contract.signed_at is None:
        raise ContractIsNotSigned()
    if draft.amount_fen == 0:
        raise PaymentIsEmpty()
    first: date = local_day(it.contract.signed_at)
    if not first <= draft.paid_on <= local_day(session.now()):
        raise PaymentIsInTheFuture()


async def _move(session: Session, milestone: Milestone, fen: int) -> bool:
    """Whether the money fits between nothing and the milestone's value. The sum of milestones is the contract's value with its
    supplements, so the contract cannot be overpaid either; its own CHECK stands behind."""
    moved = await session.execute(
        update(Milestone)
        .where(
            Milestone.id == milestone.id,
            (Milestone.paid_fen + fen).between(0, Milestone.value_fen),
        )
        .values(paid_fen=Milestone.paid_fen + fen)
        .returning(Milestone.id)
    )
    if moved.scalar_one_or_none() is None:
        return False
    await session.execute(
        update(Contract).where(Contract.id == milestone.contract_id).values(paid_fen=Contract.paid_fen + fen)
    )
    return True


async def _keep(session: Session, it: Held, row: Payment, officer: UUID, **facts: object) -> None:
    if row not in session:
        session.add(row)
    await session.flush()
    action = "payment.recorded" if row.reverses_id is None else "payment.reversed"
    await it.note(session, officer, action, payment_id=row.id, amount_fen=row.amount_fen, **facts)
    await publish(session, PaymentRecorded(it.tender.id, it.contract.id, row.id))


async def _of_key(session: Session, officer: UUID, key: str) -> Payment | None:
    found: Payment | None = await session.scalar(
        select(Payment).where(Payment.recorded_by == officer, Payment.idempotency_key == key)
    )
    return found
