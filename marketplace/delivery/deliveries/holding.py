"""A delivery held for a change: its row is locked until the commit and read anew, for whoever may see it."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.catalogue import rules
from marketplace.catalogue.rules import RuleInForce
from marketplace.db.session import Session
from marketplace.delivery.deliveries import policy
from marketplace.delivery.deliveries.errors import DeliveryIsCancelled, DeliveryIsNotDone, DeliveryIsTooEarly
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.deliveries.policy import received_by, visible_to
from marketplace.identity.viewer import ORGANISATION_ROLES, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement.contracts import opinions
from marketplace.procurement.contracts.models import Contract

_ANEW: Final = {"populate_existing": True}


async def held(session: Session, viewer: Viewer, delivery_id: UUID) -> Delivery:
    """Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    row = await session.scalar(select(Delivery.id).where(Delivery.id == delivery_id, visible_to(viewer)))
    if row is None:
        raise NotFound()
    found: Delivery = (
        await session.scalars(
            select(Delivery)
            .where(Delivery.id == delivery_id)
            .with_for_update(key_share=True)
            .execution_options(**_ANEW)
        )
    ).one()
    return found


async def is_recipient(session: Session, viewer: Viewer, delivery_id: UUID) -> bool:
    """Whether the viewer is one of those who receive it."""
    mine = select(exists().where(Delivery.id == delivery_id, received_by(viewer)))
    return bool(await session.scalar(mine))


async def is_of_supplier(session: Session, viewer: Viewer, delivery: Delivery) -> bool:
    """Whether the viewer is of the provider or, under a contract, of those who bid with it."""
    if policy.belongs_to_provider(viewer, delivery):
        return True
    if delivery.contract_id is None or not viewer.organisations_of(*ORGANISATION_ROLES):
        return False
    contract = await session.get_one(Contract, delivery.contract_id)
    partners = await opinions.suppliers_of(session, contract)
    return any(viewer.holds_in_organisation(one, *ORGANISATION_ROLES) for one in partners)


async def record_rule(session: Session) -> RuleInForce:
    """How early a delivery is recorded, when it is overdue, how long it can be disputed."""
    return await rules.in_force(session, "delivery.record")


async def overdue_after(session: Session) -> timedelta:
    """How long after its end an unrecorded delivery is overdue."""
    return timedelta(days=(await record_rule(session)).value["overdue_after_days"])


def must_not_be_cancelled(delivery: Delivery) -> None:
    """Raises DeliveryIsCancelled."""
    if delivery.cancelled_at is not None:
        raise DeliveryIsCancelled()


def must_be_done(delivery: Delivery) -> datetime:
    """When it was done. Raises DeliveryIsCancelled, DeliveryIsNotDone."""
    must_not_be_cancelled(delivery)
    if delivery.done_at is None:
        raise DeliveryIsNotDone()
    return delivery.done_at


def must_have_begun(delivery: Delivery, rule: RuleInForce, now: datetime) -> None:
    """Raises DeliveryIsTooEarly."""
    from_at = delivery.starts_at - timedelta(minutes=rule.value["before_start_minutes"])
    if now < from_at:
        raise DeliveryIsTooEarly(from_at=from_at, article=rule.article)
