"""What owners ask of the company: raised by one, supported by others, answered by a line of a checklist or with the reason why not."""

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, select, update

from marketplace.db import audit
from marketplace.db.insert import insert_once, upsert
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.drafts import DemandDraft, WhyDraft
from marketplace.delivery.properties.errors import DemandIsAnswered, KeyIsOfAnotherAct, TooManyOpenDemands
from marketplace.delivery.properties.events import DemandDeclined, DemandRaised
from marketplace.delivery.properties.holding import compound_of
from marketplace.delivery.properties.models import (
    Compound,
    PropertyCommitment,
    PropertyContract,
    PropertyDemand,
    PropertyDemandSupport,
)
from marketplace.delivery.properties.policy import Standing
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

MOST_OPEN: Final = 10


async def raise_demand(session: Session, viewer: Viewer, compound_id: UUID, draft: DemandDraft) -> UUID:
    """Ask something of the company, as an owner; answers the demand's id, for a repeated key the first one.

    Raises SignInNeeded, NotFound, OwnersOnly, KeyIsOfAnotherAct, TooManyOpenDemands.
    """
    person_id = viewer.signed_in()
    compound = await compound_of(session, compound_id, locked=True)
    (await policy.standing(session, viewer, compound)).must_be_owner()
    before = await session.scalar(
        select(PropertyDemand).where(
            PropertyDemand.raised_by == person_id, PropertyDemand.idempotency_key == draft.idempotency_key
        )
    )
    if before is not None:
        if (before.compound_id, before.part, before.text) != (compound_id, draft.part, draft.text):
            raise KeyIsOfAnotherAct()
        return before.id
    open_ones = await session.scalar(
        select(func.count())
        .select_from(PropertyDemand)
        .where(
            PropertyDemand.compound_id == compound_id,
            PropertyDemand.raised_by == person_id,
            PropertyDemand.declined_at.is_(None),
            ~is_promised(),
        )
    )
    if (open_ones or 0) >= MOST_OPEN:
        raise TooManyOpenDemands(most=MOST_OPEN)
    row = PropertyDemand(
        id=new_id(),
        compound_id=compound_id,
        part=draft.part.value,
        text=draft.text,
        raised_at=session.now(),
        raised_by=person_id,
        idempotency_key=draft.idempotency_key,
    )
    if not await insert_once(session, row):
        raise KeyIsOfAnotherAct()
    await publish(session, DemandRaised(compound_id, row.id))
    return row.id


async def support(session: Session, viewer: Viewer, demand_id: UUID) -> UUID:
    """Say "I want that too", once however often it is said; answers the compound's id.

    Raises SignInNeeded, NotFound, OwnersOnly, DemandIsAnswered.
    """
    person_id = viewer.signed_in()
    row, _compound, standing = await found(session, viewer, demand_id)
    standing.must_be_owner()
    if row.declined_at is not None:
        raise DemandIsAnswered()
    if row.raised_by != person_id:
        await session.execute(
            upsert(session, PropertyDemandSupport).on_conflict_do_nothing(),
            [{"demand_id": demand_id, "person_id": person_id, "supported_at": session.now()}],
        )
    return row.compound_id


async def withdraw_support(session: Session, viewer: Viewer, demand_id: UUID) -> UUID:
    """Take one's support back; answers the compound's id. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    row, _compound, _standing = await found(session, viewer, demand_id)
    await session.execute(
        delete(PropertyDemandSupport).where(
            PropertyDemandSupport.demand_id == demand_id, PropertyDemandSupport.person_id == person_id
        )
    )
    return row.compound_id


async def decline(session: Session, viewer: Viewer, demand_id: UUID, draft: WhyDraft) -> UUID:
    """Say why a demand is not promised: a manager of the company there, or the community; answers the compound's id.

    While a contract stands, a company that has a mere draft does not answer for it.

    Raises SignInNeeded, NotFound, NotPermitted, DemandIsAnswered.
    """
    person_id = viewer.signed_in()
    row, compound, standing = await found(session, viewer, demand_id, locked=True)
    if not standing.may_decline:
        raise NotPermitted()
    declined = await session.execute(
        update(PropertyDemand)
        .where(PropertyDemand.id == demand_id, PropertyDemand.declined_at.is_(None), ~is_promised())
        .values(declined_at=session.now(), declined_by=person_id, decline_reason=draft.reason)
        .returning(PropertyDemand.id)
    )
    if declined.scalar_one_or_none() is None:
        raise DemandIsAnswered()
    audit.record(
        session, person_id, "demand.declined", ("property_demand", demand_id), compound_id=compound.id
    )
    await publish(session, DemandDeclined(compound.id, row.id))
    return compound.id


def is_promised() -> ColumnElement[bool]:
    """SQL over demands: a contract that was not withdrawn or ended has a line for it."""
    return (
        exists()
        .where(
            PropertyCommitment.demand_id == PropertyDemand.id,
            PropertyContract.id == PropertyCommitment.property_contract_id,
            PropertyContract.ended_at.is_(None),
        )
        .correlate(PropertyDemand)
    )


async def found(
    session: Session, viewer: Viewer, demand_id: UUID, *, locked: bool = False
) -> tuple[PropertyDemand, Compound, Standing]:
    """A demand with its compound, for those who are inside. Raises NotFound."""
    row = await session.get(PropertyDemand, demand_id)
    if row is None:
        raise NotFound()
    compound = await compound_of(session, row.compound_id, locked=locked)
    standing = await policy.standing(session, viewer, compound)
    standing.must_be_inside()
    return row, compound, standing
