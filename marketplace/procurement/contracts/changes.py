"""Changes, supplements and early ends: one officer proposes, another decides. Supplements stay within a tenth of the first value."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement.contracts import closing
from marketplace.procurement.contracts.drafting import must_fit_length
from marketplace.procurement.contracts.drafts import ChangeDecisionDraft, ChangeDraft, TerminationDraft
from marketplace.procurement.contracts.errors import (
    ChangeIsDecided,
    ChangeIsOpen,
    EndIsNotPossible,
    FrameworkHasNoMoney,
    ReasonIsMissing,
    SecondPersonDecides,
    SupplementsAreTooMuch,
)
from marketplace.procurement.contracts.events import (
    ChangeProposed,
    ChangeRefused,
    ContractChanged,
    ContractTerminated,
)
from marketplace.procurement.contracts.holding import Held, held
from marketplace.procurement.contracts.models import Contract, ContractChange, Milestone
from marketplace.procurement.profiles import rule

CHANGE, TERMINATION = "change", "termination"


async def propose(session: Session, viewer: Viewer, contract_id: UUID, draft: ChangeDraft) -> UUID:
    """Propose a change; answers its id.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, ContractIsNotActive, FrameworkHasNoMoney,
    SupplementsAreTooMuch, EndIsNotPossible, ContractIsTooLong, ChangeIsOpen.
    """
    it = await held(session, viewer, contract_id)
    officer = it.officer(viewer)
    it.must_be_active()
    if it.contract.is_framework and draft.added_fen:
        raise FrameworkHasNoMoney()
    await _must_fit(session, it.contract, draft.added_fen)
    if draft.ends_on is not None:
        await _must_be_end(session, it, draft.ends_on)
    fields = draft.model_dump(include={"title", "what", "reason", "added_fen", "ends_on"})
    return await _propose(session, it, officer, kind=CHANGE, **fields)


async def propose_termination(
    session: Session, viewer: Viewer, contract_id: UUID, draft: TerminationDraft
) -> UUID:
    """Propose to end the contract before its time; answers the proposal's id.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, ContractIsNotActive, ChangeIsOpen.
    """
    it = await held(session, viewer, contract_id)
    officer = it.officer(viewer)
    it.must_be_active()
    words = {"title": it.contract.title, "what": draft.what, "reason": draft.reason}
    return await _propose(session, it, officer, kind=TERMINATION, added_fen=0, ends_on=None, **words)


async def decide(session: Session, viewer: Viewer, change_id: UUID, draft: ChangeDecisionDraft) -> UUID:
    """Approve or refuse what another officer proposed; answers the contract's id.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, SecondPersonDecides, ChangeIsDecided, ReasonIsMissing,
    ContractIsNotActive, SupplementsAreTooMuch, EndIsNotPossible, ContractIsTooLong.
    """
    row = await session.get(ContractChange, change_id)
    if row is None:
        raise NotFound()
    it = await held(session, viewer, row.contract_id)
    officer = it.officer(viewer)
    if row.proposed_by == officer:
        raise SecondPersonDecides()
    if not draft.is_approved and draft.reason is None:
        raise ReasonIsMissing()
    decided = await session.execute(
        update(ContractChange)
        .where(ContractChange.id == change_id, ContractChange.decided_at.is_(None))
        .values(
            decided_at=session.now(),
            decided_by=officer,
            is_approved=draft.is_approved,
            decision_reason=draft.reason,
        )
        .returning(ContractChange.number)
    )
    if decided.scalar_one_or_none() is None:
        raise ChangeIsDecided()
    if draft.is_approved:
        it.must_be_active()
        await _put_in_force(session, it, row, officer)
    else:
        await it.note(session, officer, "change.refused", number=row.number)
        await publish(session, ChangeRefused(it.tender.id, it.contract.id, change_id))
    return it.contract.id


async def end_in_force(session: Session, contract: Contract) -> date:
    """The day on which the contract ends now: the newest approved change of it, or as it was signed."""
    changed: date | None = await session.scalar(
        select(ContractChange.ends_on)
        .where(
            ContractChange.contract_id == contract.id,
            ContractChange.is_approved.is_(True),
            ContractChange.ends_on.is_not(None),
        )
        .order_by(ContractChange.number.desc())
        .limit(1)
    )
    return changed or contract.ends_on


async def _propose(session: Session, it: Held, officer: UUID, **fields: Any) -> UUID:
    highest = select(func.max(ContractChange.number)).where(ContractChange.contract_id == it.contract.id)
    row = ContractChange(
        id=new_id(),
        contract_id=it.contract.id,
        number=(await session.scalar(highest) or 0) + 1,
        proposed_at=session.now(),
        proposed_by=officer,
        **fields,
    )
    if not await insert_once(session, row):
        raise ChangeIsOpen()
    facts = {"number": row.number, "added_fen": row.added_fen, "kind": row.kind}
    await it.note(session, officer, "change.proposed", **facts)
    await publish(session, ChangeProposed(it.tender.id, it.contract.id, row.id))
    return row.id


async def _put_in_force(session: Session, it: Held, row: ContractChange, officer: UUID) -> None:
    facts = {"number": row.number, "added_fen": row.added_fen, "change_id": row.id}
    if row.kind == TERMINATION:
        it.contract.terminated_at, it.contract.terminated_by = session.now(), officer
        it.contract.termination_reason = row.reason
        await it.note(session, officer, "contract.terminated", **facts)
        await publish(session, ContractTerminated(it.tender.id, it.contract.id))
        await closing.complete_if_over(session, it.tender, officer)
        return
    if row.ends_on is not None:
        await _must_be_end(session, it, row.ends_on)
    if row.added_fen:
        await _add_money(session, it, row)
    await it.note(session, officer, "change.approved", ends_on=row.ends_on, **facts)
    await publish(session, ContractChanged(it.tender.id, it.contract.id))


async def _add_money(session: Session, it: Held, row: ContractChange) -> None:
    """A guarded UPDATE counts the money, and a milestone of its own says what it is paid for. Raises SupplementsAreTooMuch."""
    known = await rule(session, "supplements")
    most = known.value["most_percent"]
    added = await session.execute(
        update(Contract)
        .where(
            Contract.id == it.contract.id,
            (Contract.added_fen + row.added_fen) * 100 <= Contract.value_fen * most,
        )
        .values(added_fen=Contract.added_fen + row.added_fen)
        .returning(Contract.added_fen)
    )
    if added.scalar_one_or_none() is None:
        raise SupplementsAreTooMuch(most_percent=most, article=known.article)
    highest = select(func.max(Milestone.number)).where(Milestone.contract_id == it.contract.id)
    session.add(
        Milestone(
            id=new_id(),
            contract_id=it.contract.id,
            number=(await session.scalar(highest) or 0) + 1,
            title=row.title,
            deliverable=row.what,
            due_on=row.ends_on or await end_in_force(session, it.contract),
            value_fen=row.added_fen,
            paid_fen=0,
            change_id=row.id,
        )
    )
    await session.flush()


async def _must_fit(session: Session, contract: Contract, added_fen: int) -> None:
    """Raises SupplementsAreTooMuch."""
    known = await rule(session, "supplements")
    most = known.value["most_percent"]
    if added_fen and (contract.added_fen + added_fen) * 100 > contract.value_fen * most:
        raise SupplementsAreTooMuch(most_percent=most, article=known.article)


async def _must_be_end(session: Session, it: Held, ends_on: date) -> None:
    """Raises EndIsNotPossible, ContractIsTooLong."""
    if ends_on <= it.contract.starts_on or ends_on < local_day(session.now()):
        raise EndIsNotPossible()
    await must_fit_length(session, it.contract.starts_on, ends_on, is_framework=it.contract.is_framework)
