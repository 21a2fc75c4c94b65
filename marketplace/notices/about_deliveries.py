"""Notices about deliveries: those who receive one hear when it comes, moves or is off, and are asked whether it was so."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from marketplace.db.session import Session
from marketplace.delivery.deliveries.events import (
    DeliveryCancelled,
    DeliveryDecided,
    DeliveryDisputed,
    DeliveryDone,
    DeliveryMoved,
    DeliveryPlanned,
    DeliveryPutRight,
)
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.ratings import exclusions
from marketplace.identity.models import Person
from marketplace.identity.viewer import COMMUNITY_ROLES, Role
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Span
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.models import Buyer

_MOST_TOLD: Final = 500


async def planned(session: Session, event: DeliveryPlanned) -> None:
    """Those who receive it hear when it comes; of a weekly plan they hear once."""
    row = await session.get_one(Delivery, event.delivery_id)
    earlier = exists().where(
        Delivery.planned_by == row.planned_by,
        Delivery.planned_at == row.planned_at,
        Delivery.title == row.title,
        Delivery.starts_at < row.starts_at,
    )
    if row.done_at is not None or row.cancelled_at is not None or await session.scalar(select(earlier)):
        return
    await _tell(session, await _recipients(session, row.id), row, Kind.DELIVERY_PLANNED, str(row.id))


async def moved(session: Session, event: DeliveryMoved) -> None:
    """Those who receive it hear the new time."""
    row = await session.get_one(Delivery, event.delivery_id)
    if row.moved_at is None or row.done_at is not None or row.cancelled_at is not None:
        return
    about = f"{row.id}:{row.moved_at.isoformat()}"
    await _tell(session, await _recipients(session, row.id), row, Kind.DELIVERY_MOVED, about)


async def cancelled(session: Session, event: DeliveryCancelled) -> None:
    """Those who would have received it hear that it is off."""
    row = await session.get_one(Delivery, event.delivery_id)
    await _tell(session, await _recipients(session, row.id), row, Kind.DELIVERY_CANCELLED, str(row.id))


async def done(session: Session, event: DeliveryDone) -> None:
    """Those who received it and may not rate it are asked whether it was so; all others are asked with their ticket."""
    row = await session.get_one(Delivery, event.delivery_id)
    tied = await exclusions.ties(session, row, await _recipients(session, row.id))
    await _tell(session, set(tied) - {row.done_by}, row, Kind.DELIVERY_DONE, str(row.id))


async def disputed(session: Session, event: DeliveryDisputed) -> None:
    """The provider hears it, and whoever accepts the delivery."""
    row = await session.get_one(Delivery, event.delivery_id)
    people = set(await _providers(session, row)) | set(await _deciders(session, row))
    await _tell(session, people - {row.disputed_by}, row, Kind.DELIVERY_DISPUTED, str(row.id))


async def decided(session: Session, event: DeliveryDecided) -> None:
    """The provider hears that it was accepted, or sent back."""
    row = await session.get_one(Delivery, event.delivery_id)
    if row.decided_at is None:
        return  # put right since, which comes after what this event tells
    kind = Kind.DELIVERY_ACCEPTED if row.is_accepted else Kind.DELIVERY_SENT_BACK
    people = set(await _providers(session, row)) - {row.decided_by}
    await _tell(session, people, row, kind, f"{row.id}:{row.decided_at.isoformat()}")


async def put_right(session: Session, event: DeliveryPutRight) -> None:
    """Whoever sent it back hears that it waits for them again."""
    row = await session.get_one(Delivery, event.delivery_id)
    if row.decided_at is not None:
        return
    people = set(await _deciders(session, row)) - {row.done_by}
    await _tell(session, people, row, Kind.DELIVERY_PUT_RIGHT, f"{row.id}:{session.now().isoformat()}")


async def _tell(
    session: Session, people: Iterable[UUID | None], row: Delivery, kind: Kind, about: str
) -> None:
    facts: Mapping[str, Fact] = {"delivery": row.title, "span": Span(row.starts_at, row.ends_at)}
    known = [one for one in people if one is not None]
    await tell(session, known, News(kind, f"{kind}:{about}", facts, links.delivery(row.id)))


async def _recipients(session: Session, delivery_id: UUID) -> Sequence[UUID]:
    """Those with an account: the account was named or, where it was nobody's, the phone that it has."""
    found = await session.scalars(
        select(Person.id)
        .join(
            DeliveryRecipient,
            or_(
                DeliveryRecipient.person_id == Person.id,
                and_(
                    DeliveryRecipient.phone_fingerprint == Person.phone_fingerprint,
                    DeliveryRecipient.person_id.is_(None),
                ),
            ),
        )
        .where(DeliveryRecipient.delivery_id == delivery_id, Person.erased_at.is_(None))
        .distinct()
        .limit(_MOST_TOLD)
    )
    return found.all()


async def _providers(session: Session, row: Delivery) -> Iterable[UUID]:
    if row.organisation_id is not None:
        return await audience.managers(session, row.organisation_id)
    return await audience.organisers(session, row.area_code, None)


async def _deciders(session: Session, row: Delivery) -> Iterable[UUID]:
    if row.contract_id is None:
        return await audience.nearest(session, row.area_code, *COMMUNITY_ROLES)
    contract = await session.get_one(Contract, row.contract_id)
    buyer = await session.get_one(Buyer, contract.buyer_id)
    return await audience.nearest(session, buyer.area_code, Role.PROCUREMENT_OFFICER)
