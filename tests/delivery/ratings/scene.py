"""A bathing visit that took place, the tickets of those who received it, and the ways to rate it, for the tests of tickets and ratings."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.deliveries.models import DeliveryRecipient
from marketplace.delivery.ratings import ratings, tickets
from marketplace.delivery.ratings.drafts import RatingDraft
from marketplace.delivery.ratings.models import Rating, RatingTicket
from marketplace.delivery.ratings.sources import Source
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from tests import builders, city, delivering
from tests.delivering import Supplied

HERE = Source("203.0.113.7", "a phone")


async def supplied(house: House) -> Supplied:
    async with house.database.unit_of_work() as session:
        return await delivering.contract(session)


async def done(house: House, under: Supplied, *people: UUID | None, **facts: Any) -> UUID:
    """A delivery that is done, for these people, None for an unnamed one; no ticket is issued yet."""
    async with house.database.unit_of_work() as session:
        delivery_id = await delivering.delivery(session, under, **facts)
        for person_id in people:
            await delivering.recipient(session, delivery_id, person_id)
    return delivery_id


async def issue(house: House, delivery_id: UUID) -> list[RatingTicket]:
    """Issue what is missing; answers all tickets of the delivery, by their recipients' order."""
    async with house.database.unit_of_work() as session:
        await tickets.issue(session, house.vault, delivery_id)
    return await tickets_of(house, delivery_id)


async def tickets_of(house: House, delivery_id: UUID) -> list[RatingTicket]:
    async with house.database.reading() as session:
        found = (
            select(RatingTicket)
            .join(DeliveryRecipient, DeliveryRecipient.id == RatingTicket.recipient_id)
            .where(RatingTicket.delivery_id == delivery_id)
            .order_by(DeliveryRecipient.number)
        )
        return list(await session.scalars(found))


async def resident(house: House, name: str = "张奶奶", **facts: Any) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, **facts)


async def worker(house: House, scope: str = city.JIANGSU_COMMUNITY) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, "社工小赵", Role.COMMUNITY_WORKER, scope)


def draft(**facts: Any) -> RatingDraft:
    return read(RatingDraft, {"overall": 5, "idempotency_key": new_id().hex, **facts})


async def give(
    house: House,
    ticket_id: UUID | None,
    viewer: Viewer = STRANGER,
    *,
    source: Source = HERE,
    pictures: Any = (),
    **facts: Any,
) -> UUID:
    said = draft(**facts)
    async with house.database.unit_of_work() as session:
        return await ratings.give(session, viewer, house.vault, ticket_id, said, source, pictures)


async def all_ratings(house: House) -> list[Rating]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(Rating).order_by(Rating.id)))
