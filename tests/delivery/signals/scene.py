"""Numbers that call for a whistle, and people who wish, as the tests of signals take them."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.delivery.scorecards.events import ScorecardsComputed
from marketplace.delivery.signals import watching, wishes
from marketplace.delivery.signals.drafts import ServiceWishDraft
from marketplace.delivery.signals.models import Whistle
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from tests import builders, city, delivering
from tests.delivering import SERVICE, Supplied


async def slipping(house: House, broken: int = 4, kept: int = 2) -> Supplied:
    """A contract under which so many promises of an hour were broken and kept in the last weeks."""
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        for number in range(broken + kept):
            starts_at = session.now() - timedelta(days=2 + 7 * (number % 4))
            delivery_id = await delivering.delivery(session, under, starts_at=starts_at)
            await delivering.promise(session, delivery_id, actual=30 if number < broken else 65)
    return under


async def kept_again(house: House, under: Supplied, times: int = 20) -> None:
    """The provider keeps its word so many times."""
    async with house.database.unit_of_work() as session:
        for _ in range(times):
            await delivering.promise(session, await delivering.delivery(session, under), actual=60)


async def broken_again(house: House, under: Supplied, times: int) -> None:
    """The provider breaks its word so many times."""
    async with house.database.unit_of_work() as session:
        for _ in range(times):
            await delivering.promise(session, await delivering.delivery(session, under), actual=30)


async def overdue(house: House) -> tuple[Supplied, UUID]:
    """A contract with a whistle about deliveries that nobody recorded."""
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        for day in (10, 20, 30):
            starts_at = session.now() - timedelta(days=day)
            await delivering.delivery(session, under, done=False, starts_at=starts_at)
    (one,) = await watch(house)
    return under, one.id


async def fallen(session: Session, under: Supplied, *, closed: bool = True) -> None:
    """Thirty good ratings of spring and twelve bad ones of October, which is closed unless told otherwise."""
    before = await delivering.period(session, closed=True, starts_on=date(2026, 4, 1))
    await delivering.rated(session, under, [5, 4, 5] * 10, period_id=before, given_on=date(2026, 4, 15))
    last = await delivering.period(session, closed=closed, starts_on=date(2026, 10, 1))
    await delivering.rated(session, under, [2, 3, 2, 1] * 3, period_id=last, given_on=date(2026, 10, 15))


async def unanswered(session: Session, under: Supplied, tickets: int = 20) -> None:
    """So many tickets whose time ran out in October without use, and a closed October."""
    await delivering.period(session, closed=True, starts_on=date(2026, 10, 1))
    issued_at = session.now() - timedelta(days=60)
    for _ in range(tickets):
        await delivering.ticket(session, await delivering.delivery(session, under), issued_at=issued_at)


async def watch(house: House) -> list[Whistle]:
    """A night of the watch, and a closing before it; all whistles afterwards, the oldest first."""
    async with house.database.unit_of_work() as session:
        await watching.closed(session, ScorecardsComputed(new_id()))
    async with house.database.unit_of_work() as session:
        await watching.watch(session)
    return await whistles(house)


async def whistles(house: House) -> list[Whistle]:
    async with house.database.reading() as session:
        return list((await session.scalars(select(Whistle).order_by(Whistle.blown_at, Whistle.id))).all())


async def blown(house: House) -> tuple[Supplied, UUID]:
    """A contract with a whistle about its commitments."""
    under = await slipping(house)
    (one,) = await watch(house)
    return under, one.id


async def wish(
    house: House, viewer: Viewer, kind: str = SERVICE, area: str | None = None, text: str | None = None
) -> UUID:
    async with house.database.unit_of_work() as session:
        draft = ServiceWishDraft(service_type=kind, area_code=area, text=text)
        return await wishes.wish(session, viewer, draft)


async def wished(
    house: House, people: int = 6, kind: str = SERVICE, area: str = city.JIANGSU_COMMUNITY
) -> list[Viewer]:
    """So many residents of an area who wish for the same."""
    made = []
    for number in range(people):
        async with house.database.unit_of_work() as session:
            viewer = await builders.viewer(session, f"居民{number}", home_area_code=area)
        await wish(house, viewer, kind, text=f"每周一次就好 {number}")
        made.append(viewer)
    return made


async def worker(house: House, area: str = city.JIANGSU_COMMUNITY) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, "社工小赵", Role.COMMUNITY_WORKER, area)
