"""The checklist of a contract: standards of the profession, owners' demands and what was agreed besides; added and removed in a draft only."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.drafts import LineDraft, StandardsDraft
from marketplace.delivery.properties.errors import (
    ChecklistIsFull,
    DemandIsAnswered,
    StandardIsThereAlready,
)
from marketplace.delivery.properties.holding import HeldContract, held_contract
from marketplace.delivery.properties.models import PropertyCommitment, PropertyDemand, PropertyStandard
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id

MOST_LINES: Final = 40


async def add_standards(
    session: Session, viewer: Viewer, property_contract_id: UUID, draft: StandardsDraft
) -> None:
    """Put shipped standards into the checklist, as the community.

    Raises SignInNeeded, NotFound, NotPermitted, WorkerBelongsToTheCompany, ChecklistIsFrozen, ChecklistIsFull, StandardIsThereAlready,
    InputIsInvalid for a standard that is not there.
    """
    worker = viewer.signed_in()
    it = await _held(session, viewer, property_contract_id)
    await put_standards(session, it.contract.id, draft.codes, worker)


async def add(session: Session, viewer: Viewer, property_contract_id: UUID, draft: LineDraft) -> UUID:
    """Add a line that was agreed, or that answers an owners' demand, as the community; answers the line's id.

    Raises SignInNeeded, NotFound, NotPermitted, WorkerBelongsToTheCompany, ChecklistIsFrozen, ChecklistIsFull, StandardIsThereAlready,
    DemandIsAnswered, InputIsInvalid for a demand of another compound.
    """
    worker = viewer.signed_in()
    it = await _held(session, viewer, property_contract_id)
    if draft.demand_id is not None:
        await _must_be_demand(session, it, draft.demand_id)
    number = await _next_number(session, it.contract.id, 1)
    row = PropertyCommitment(
        id=new_id(),
        property_contract_id=it.contract.id,
        number=number,
        origin="agreed" if draft.demand_id is None else "demand",
        added_at=session.now(),
        added_by=worker,
        **draft.model_dump(mode="json", exclude={"demand_id"}),
        demand_id=draft.demand_id,
    )
    session.add(row)
    await session.flush()
    _note(session, it.contract.id, worker, "added", number)
    return row.id


async def remove(session: Session, viewer: Viewer, property_contract_id: UUID, number: int) -> None:
    """Take a line out of a draft, as the community.

    Raises SignInNeeded, NotFound, NotPermitted, WorkerBelongsToTheCompany, ChecklistIsFrozen.
    """
    worker = viewer.signed_in()
    it = await _held(session, viewer, property_contract_id)
    gone = await session.execute(
        delete(PropertyCommitment)
        .where(PropertyCommitment.property_contract_id == it.contract.id, PropertyCommitment.number == number)
        .returning(PropertyCommitment.id)
    )
    if gone.scalar_one_or_none() is None:
        raise NotFound()
    _note(session, it.contract.id, worker, "removed", number)


async def put_standards(
    session: Session, property_contract_id: UUID, codes: Sequence[str], worker: UUID
) -> None:
    """Add a line for each code, under the compound's lock. Raises ChecklistIsFull, StandardIsThereAlready, InputIsInvalid."""
    wanted = list(dict.fromkeys(codes))
    found = {
        row.code: row
        for row in await session.scalars(select(PropertyStandard).where(PropertyStandard.code.in_(wanted)))
    }
    missing = [code for code in wanted if code not in found]
    if missing:
        raise InputIsInvalid.of("codes", "unknown_choice", choice=missing[0])
    known = await session.scalars(
        select(PropertyCommitment.standard_code).where(
            PropertyCommitment.property_contract_id == property_contract_id,
            PropertyCommitment.standard_code.in_(wanted),
        )
    )
    if known.first() is not None:
        raise StandardIsThereAlready()
    first = await _next_number(session, property_contract_id, len(wanted))
    for number, code in enumerate(wanted, first):
        row = found[code]
        session.add(
            PropertyCommitment(
                id=new_id(),
                property_contract_id=property_contract_id,
                number=number,
                origin="standard",
                standard_code=code,
                part=row.part,
                text=row.text_zh,
                unit=row.unit,
                direction=row.direction,
                target=row.target,
                per=row.per,
                added_at=session.now(),
                added_by=worker,
            )
        )
    await session.flush()
    _note(session, property_contract_id, worker, "standards_added", len(wanted))


async def _held(session: Session, viewer: Viewer, property_contract_id: UUID) -> HeldContract:
    """Raises NotFound, NotPermitted, WorkerBelongsToTheCompany, ChecklistIsFrozen."""
    it = await held_contract(session, viewer, property_contract_id)
    it.standing.must_be_community()
    policy.must_not_be_of(viewer, it.contract.organisation_id)
    it.must_be_unfrozen()
    return it


async def _must_be_demand(session: Session, it: HeldContract, demand_id: UUID) -> None:
    """Raises InputIsInvalid, DemandIsAnswered, StandardIsThereAlready."""
    row = await session.get(PropertyDemand, demand_id, populate_existing=True)
    if row is None or row.compound_id != it.compound.id:
        raise InputIsInvalid.of("demand_id", "unknown_choice", choice=str(demand_id))
    if row.declined_at is not None:
        raise DemandIsAnswered()
    known = select(PropertyCommitment.id).where(
        PropertyCommitment.property_contract_id == it.contract.id, PropertyCommitment.demand_id == demand_id
    )
    if await session.scalar(known) is not None:
        raise StandardIsThereAlready()


async def _next_number(session: Session, property_contract_id: UUID, more: int) -> int:
    """The number of the next line. Raises ChecklistIsFull when ``more`` lines do not fit."""
    count, highest = (
        await session.execute(
            select(func.count(), func.max(PropertyCommitment.number)).where(
                PropertyCommitment.property_contract_id == property_contract_id
            )
        )
    ).one()
    if count + more > MOST_LINES:
        raise ChecklistIsFull(most=MOST_LINES)
    return int(highest or 0) + 1


def _note(session: Session, property_contract_id: UUID, by: UUID, what: str, number: int) -> None:
    audit.record(session, by, f"checklist.{what}", ("property_contract", property_contract_id), number=number)
