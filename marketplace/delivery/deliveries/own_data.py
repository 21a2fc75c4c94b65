"""The share of deliveries in a person's data: what they received, what they said of it, and the remarks they wrote."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import aliased

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.delivery.deliveries.drafts import Receiver
from marketplace.delivery.deliveries.models import Delivery, DeliveryEvidence, DeliveryRecipient
from marketplace.identity.models import Person


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """What the person received, disputed and noted, as plain JSON values."""
    received = (
        select(
            Delivery.title,
            Delivery.promised,
            Delivery.place,
            Delivery.starts_at,
            Delivery.ends_at,
            Delivery.done_at,
            Delivery.cancelled_at,
            DeliveryRecipient.added_at,
        )
        .join(DeliveryRecipient, DeliveryRecipient.delivery_id == Delivery.id)
        .where(_is_theirs(person_id))
        .order_by(Delivery.starts_at, Delivery.id)
    )
    disputed = (
        select(Delivery.title, Delivery.dispute, Delivery.disputed_at)
        .where(Delivery.disputed_by == person_id)
        .order_by(Delivery.id)
    )
    confirmed = (
        select(Delivery.title, Delivery.confirmed_at, Delivery.confirmed_as)
        .where(Delivery.confirmed_by == person_id)
        .order_by(Delivery.id)
    )
    evidence = (
        select(
            Delivery.title,
            DeliveryEvidence.kind,
            DeliveryEvidence.text,
            DeliveryEvidence.file_name,
            DeliveryEvidence.added_at,
            DeliveryEvidence.removed_at,
        )
        .join(DeliveryEvidence, DeliveryEvidence.delivery_id == Delivery.id)
        .where(DeliveryEvidence.added_by == person_id)
        .order_by(DeliveryEvidence.id)
    )
    return {
        "received": await plain_rows(session, received),
        "disputed": await plain_rows(session, disputed),
        "confirmed": await plain_rows(session, confirmed),
        "evidence": await plain_rows(session, evidence),
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Forget names, phones, words, and the home to which it was brought to them alone.

    That somebody received it, disputed it or noted something stays: others rely on it.
    """
    await _forget_homes(session, person_id)
    await session.execute(
        update(DeliveryRecipient)
        .where(_is_theirs(person_id))
        .values(name_sealed=None, phone_sealed=None, phone_fingerprint=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(update(Delivery).where(Delivery.disputed_by == person_id).values(dispute=""))
    await session.execute(
        update(DeliveryEvidence)
        .where(DeliveryEvidence.added_by == person_id)
        .values(text=None, file_name=None)
    )


async def _forget_homes(session: Session, person_id: UUID) -> None:
    theirs = select(DeliveryRecipient.id).where(_is_theirs(person_id))
    mine, other = aliased(DeliveryRecipient), aliased(DeliveryRecipient)
    await session.execute(
        update(Delivery)
        .where(
            Delivery.receiver.in_((Receiver.PERSON, Receiver.HOUSEHOLD)),
            Delivery.id.in_(select(mine.delivery_id).where(mine.id.in_(theirs))),
            ~exists().where(other.delivery_id == Delivery.id, other.id.not_in(theirs)),
        )
        .values(place="")
        .execution_options(synchronize_session=False)
    )


def _is_theirs(person_id: UUID) -> ColumnElement[bool]:
    """Named by the account or, where it was nobody's account, by the phone that it has, as ``policy.received_by``."""
    phone = select(Person.phone_fingerprint).where(Person.id == person_id).scalar_subquery()
    is_phone = and_(DeliveryRecipient.phone_fingerprint == phone, DeliveryRecipient.person_id.is_(None))
    return or_(DeliveryRecipient.person_id == person_id, is_phone)
