"""Providers with ratings of a closed month, written straight into the tables."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.delivery.ratings.models import RatingHold, RatingTicket
from marketplace.delivery.scorecards import computing
from marketplace.delivery.scorecards.models import CityMean, Scorecard
from marketplace.kernel.ids import new_id
from tests import delivering
from tests.delivering import Supplied

LAST_DAY = date(2026, 10, 31)
"""The end of the month that closed last."""


async def closed(session: Session) -> UUID:
    """The period of October, closed."""
    return await delivering.period(session, closed=True)


async def rated(session: Session, under: Supplied, points: list[int], **facts: Any) -> list[UUID]:
    """Ratings of October, each of another person, given ten days before its end."""
    given = {"given_on": LAST_DAY - timedelta(days=10), **facts}
    made = []
    for one in points:
        issued_at = session.now() - timedelta(days=40)
        delivery_id = await delivering.delivery(session, under, starts_at=issued_at - timedelta(days=1))
        ticket_id = await delivering.ticket(session, delivery_id, issued_at=issued_at)
        rating_id = await delivering.rating(
            session, ticket_id, points=one, **{"period_id": await closed(session), **given}
        )
        await _used_then(session, ticket_id)
        made.append(rating_id)
    return made


async def _used_then(session: Session, ticket_id: UUID) -> None:
    ticket = await session.get_one(RatingTicket, ticket_id)
    ticket.used_at = ticket.issued_at + timedelta(days=8)
    await session.flush()


async def unused(session: Session, under: Supplied, count: int) -> None:
    """Tickets that nobody used."""
    for _ in range(count):
        issued_at = session.now() - timedelta(days=40)
        delivery_id = await delivering.delivery(session, under, starts_at=issued_at - timedelta(days=1))
        await delivering.ticket(session, delivery_id, issued_at=issued_at)


async def hold(session: Session, rating_id: UUID, cause: str = "burst") -> UUID:
    """The rating is held for a cause, undecided."""
    row = RatingHold(id=new_id(), rating_id=rating_id, cause=cause, evidence={}, held_at=session.now())
    session.add(row)
    await session.flush()
    return row.id


async def computed(house: House) -> UUID:
    """October's scorecards, computed."""
    async with house.database.unit_of_work() as session:
        period_id = await closed(session)
        await computing.compute_period(session, period_id)
    return period_id


async def card(house: House, organisation_id: UUID, service_type: str = delivering.SERVICE) -> Scorecard:
    """The provider's only scorecard in the table."""
    async with house.database.reading() as session:
        found = await session.scalars(
            select(Scorecard).where(
                Scorecard.organisation_id == organisation_id, Scorecard.service_type == service_type
            )
        )
        return found.one()


async def mean(house: House, service_type: str = delivering.SERVICE) -> CityMean:
    """The only citywide mean in the table."""
    async with house.database.reading() as session:
        found = await session.scalars(select(CityMean).where(CityMean.service_type == service_type))
        return found.one()
