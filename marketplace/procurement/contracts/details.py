"""What belongs to a contract, as its readers see it: milestones with their reports, payments, changes, opinions, the way so far."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement.contracts import queries
from marketplace.procurement.contracts.models import (
    ContractChange,
    Milestone,
    MilestoneReport,
    Payment,
    UserOpinion,
)
from marketplace.procurement.contracts.opinions import MOST_SHOWN, people_heard
from marketplace.procurement.contracts.queries import ContractRow
from marketplace.procurement.contracts.states import (
    ContractState,
    MilestoneState,
    Progress,
    milestone_progress,
)

_OVER = (ContractState.ACCEPTED, ContractState.TERMINATED, ContractState.VOID)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What the supplier reported, and what the buyer said to it."""

    number: int
    text: str
    reported_at: datetime
    is_accepted: bool | None
    decision_reason: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """A milestone with where it stands; ``is_supplement`` says that a change added it."""

    id: UUID
    contract_id: UUID
    number: int
    title: str
    deliverable: str
    due_on: date
    value_fen: int
    paid_fen: int
    currency: str
    is_supplement: bool
    progress: Progress
    reports: Sequence[ReportRow]

    @property
    def state(self) -> MilestoneState:
        return self.progress.state

    @property
    def open_fen(self) -> int:
        """What may still be paid for it once it is accepted."""
        return self.value_fen - self.paid_fen


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment or the reversal of one."""

    id: UUID
    contract_id: UUID
    milestone: int
    amount_fen: int
    currency: str
    paid_on: date
    reference: str
    reverses_id: UUID | None
    reason: str | None
    recorded_at: datetime
    is_reversed: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as it was proposed and decided; ``is_mine`` says that the viewer proposed it."""

    id: UUID
    contract_id: UUID
    number: int
    kind: str
    title: str
    what: str
    reason: str
    added_fen: int
    ends_on: date | None
    proposed_at: datetime
    decided_at: datetime | None
    is_approved: bool | None
    decision_reason: str | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class OpinionRow:
    """What somebody said who was served, without saying who."""

    is_satisfied: bool
    text: str
    given_at: datetime


async def milestones_of(
    session: Session, viewer: Viewer, contract_ids: Collection[UUID]
) -> dict[UUID, list[MilestoneRow]]:
    """By contract, for who may see it."""
    known = await queries.contracts_by_ids(session, viewer, contract_ids)
    steps = await session.scalars(
        select(Milestone)
        .where(Milestone.contract_id.in_(known))
        .order_by(Milestone.contract_id, Milestone.number)
    )
    rows = steps.all()
    reports = await _reports(session, [one.id for one in rows])
    found: dict[UUID, list[MilestoneRow]] = {contract_id: [] for contract_id in known}
    for one in rows:
        told = reports.get(one.id, [])
        found[one.contract_id].append(_milestone(session, one, told, known[one.contract_id]))
    return found


async def milestone(session: Session, viewer: Viewer, milestone_id: UUID) -> tuple[ContractRow, MilestoneRow]:
    """One milestone with its contract. Raises NotFound."""
    contract_id = await session.scalar(select(Milestone.contract_id).where(Milestone.id == milestone_id))
    if contract_id is None:
        raise NotFound()
    row = await queries.contract(session, viewer, contract_id)
    steps = (await milestones_of(session, viewer, [contract_id]))[contract_id]
    return row, next(one for one in steps if one.id == milestone_id)


async def payments_of(
    session: Session, viewer: Viewer, contract_ids: Collection[UUID]
) -> dict[UUID, list[PaymentRow]]:
    """By contract, in the order of recording."""
    known = await queries.contracts_by_ids(session, viewer, contract_ids)
    rows = (
        await session.execute(
            select(Payment, Milestone.number)
            .join(Milestone, Milestone.id == Payment.milestone_id)
            .where(Payment.contract_id.in_(known))
            .order_by(Payment.recorded_at, Payment.id)
        )
    ).all()
    reversed_ids = {row[0].reverses_id for row in rows}
    found: dict[UUID, list[PaymentRow]] = {contract_id: [] for contract_id in known}
    for one, number in rows:
        found[one.contract_id].append(
            PaymentRow(
                id=one.id,
                contract_id=one.contract_id,
                milestone=number,
                amount_fen=one.amount_fen,
                currency=one.currency,
                paid_on=one.paid_on,
                reference=one.reference,
                reverses_id=one.reverses_id,
                reason=one.reason,
                recorded_at=one.recorded_at,
                is_reversed=one.id in reversed_ids,
            )
        )
    return found


async def payment(session: Session, viewer: Viewer, payment_id: UUID) -> tuple[ContractRow, PaymentRow]:
    """One payment with its contract. Raises NotFound."""
    contract_id = await session.scalar(select(Payment.contract_id).where(Payment.id == payment_id))
    if contract_id is None:
        raise NotFound()
    row = await queries.contract(session, viewer, contract_id)
    paid = (await payments_of(session, viewer, [contract_id]))[contract_id]
    return row, next(one for one in paid if one.id == payment_id)


async def changes_of(
    session: Session, viewer: Viewer, contract_ids: Collection[UUID]
) -> dict[UUID, list[ChangeRow]]:
    """By contract: decided ones for everybody, the open one for its two sides."""
    known = await queries.contracts_by_ids(session, viewer, contract_ids)
    rows = await session.scalars(
        select(ContractChange)
        .where(ContractChange.contract_id.in_(known))
        .order_by(ContractChange.contract_id, ContractChange.number)
    )
    found: dict[UUID, list[ChangeRow]] = {contract_id: [] for contract_id in known}
    for one in rows:
        of = known[one.contract_id]
        if one.decided_at is not None or of.is_buyer or of.is_supplier:
            found[one.contract_id].append(_change(one, viewer))
    return found


async def change(session: Session, viewer: Viewer, change_id: UUID) -> tuple[ContractRow, ChangeRow]:
    """One change with its contract. Raises NotFound."""
    contract_id = await session.scalar(
        select(ContractChange.contract_id).where(ContractChange.id == change_id)
    )
    if contract_id is None:
        raise NotFound()
    row = await queries.contract(session, viewer, contract_id)
    changes = (await changes_of(session, viewer, [contract_id]))[contract_id]
    found = next((one for one in changes if one.id == change_id), None)
    if found is None:
        raise NotFound()
    return row, found


async def opinions_of(
    session: Session, viewer: Viewer, contract_ids: Collection[UUID]
) -> dict[UUID, list[OpinionRow]]:
    """By contract, the newest first, at most fifty of each."""
    known = await queries.contracts_by_ids(session, viewer, contract_ids)
    rows = await session.execute(
        select(UserOpinion.contract_id, UserOpinion)
        .where(UserOpinion.contract_id.in_(known))
        .order_by(UserOpinion.given_at.desc(), UserOpinion.id.desc())
    )
    return {
        contract_id: [OpinionRow(one.is_satisfied, one.text, one.given_at) for one in given[:MOST_SHOWN]]
        for contract_id, given in grouped(rows).items()
    }


async def heard_of(session: Session, viewer: Viewer, contract_ids: Collection[UUID]) -> dict[UUID, int]:
    """By contract, how many people who were served the public knows to be heard; for who may see it."""
    known = await queries.contracts_by_ids(session, viewer, contract_ids)
    people = people_heard(told_by=session.now()).subquery()
    rows = await session.execute(
        select(people.c.contract_id, func.count())
        .where(people.c.contract_id.in_(known))
        .group_by(people.c.contract_id)
    )
    return dict.fromkeys(known, 0) | {row[0]: row[1] for row in rows}


async def _reports(session: Session, milestone_ids: Collection[UUID]) -> dict[UUID, list[MilestoneReport]]:
    rows = await session.execute(
        select(MilestoneReport.milestone_id, MilestoneReport)
        .where(MilestoneReport.milestone_id.in_(milestone_ids))
        .order_by(MilestoneReport.milestone_id, MilestoneReport.number)
    )
    return grouped(rows)


def _milestone(
    session: Session, one: Milestone, reports: Sequence[MilestoneReport], of: ContractRow
) -> MilestoneRow:
    return MilestoneRow(
        id=one.id,
        contract_id=one.contract_id,
        number=one.number,
        title=one.title,
        deliverable=one.deliverable,
        due_on=one.due_on,
        value_fen=one.value_fen,
        paid_fen=one.paid_fen,
        currency=of.currency,
        is_supplement=one.change_id is not None,
        progress=milestone_progress(one.due_on, reports, session.now(), is_over=of.state in _OVER),
        reports=[
            ReportRow(
                told.number,
                told.text,
                told.reported_at,
                told.is_accepted,
                told.decision_reason,
                told.decided_at,
            )
            for told in reports
        ],
    )


def _change(one: ContractChange, viewer: Viewer) -> ChangeRow:
    return ChangeRow(
        id=one.id,
        contract_id=one.contract_id,
        number=one.number,
        kind=one.kind,
        title=one.title,
        what=one.what,
        reason=one.reason,
        added_fen=one.added_fen,
        ends_on=one.ends_on,
        proposed_at=one.proposed_at,
        decided_at=one.decided_at,
        is_approved=one.is_approved,
        decision_reason=one.decision_reason,
        is_mine=viewer.person_id is not None and one.proposed_by == viewer.person_id,
    )
