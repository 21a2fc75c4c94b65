"""Two lotteries of the demo's neighbourhood: one that people can still enter, and one that is drawn and can be checked."""

from datetime import timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from sqlalchemy import insert

from marketplace.bootstrap import House
from marketplace.cli.city.accounts import ACCOUNTS, account_id
from marketplace.cli.city.people import Spot
from marketplace.cli.city.words import city_words
from marketplace.cli.city.work import World, make_need, make_shift, put_at_home
from marketplace.db.session import Session
from marketplace.staffing import lottery_draws
from marketplace.staffing.lotteries import PURPOSE
from marketplace.staffing.lottery_models import Lottery, LotteryEntry
from marketplace.volunteering.models import Need, Shift
from matching import lottery as draws

_ENTERED: Final = 9


async def draw_lots(house: House, world: World, home: Spot) -> None:
    """Write both, the second as it was before its draw, and draw it as the house would."""
    async with house.database.unit_of_work() as session:
        need_id = await _need(session, world, home)
        volunteer, neighbour = account_id(ACCOUNTS[0]), account_id(ACCOUNTS[6])
        await _lottery(session, house, world, need_id, 9, 48, [*world.volunteers[:_ENTERED], neighbour])
        await session.flush()
        drawn = await _lottery(
            session, house, world, need_id, 6, -1, [*world.volunteers[:_ENTERED], volunteer]
        )
    async with house.database.unit_of_work() as session:
        await lottery_draws.draw(session, drawn, house.vault)


async def _need(session: Session, world: World, home: Spot) -> UUID:
    work = next(work for work in city_words().work if work.category == "museum_guide")
    need = make_need(world, work, "新年特展讲解员")
    put_at_home(need, home, work.places[0], world.now - timedelta(days=4))
    await session.execute(insert(Need), [need])
    return UUID(str(need["id"]))


async def _lottery(
    session: Session, house: House, world: World, need_id: UUID, days: int, closes_in: int, people: list[UUID]
) -> UUID:
    """A lottery for three places of a shift in so many days, whose entries close in so many hours."""
    begins = world.now.replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
    shift = make_shift(
        world.seeds,
        {"id": need_id, "published_at": world.now - timedelta(days=4)},
        (begins, begins + timedelta(hours=3)),
        3,
    )
    closes_at = world.now + timedelta(hours=closes_in)
    await session.execute(insert(Shift), [{**shift, "lottery_closes_at": closes_at}])
    secret = blake2b(world.seeds.id().bytes, digest_size=32).hexdigest()
    row = Lottery(
        id=world.seeds.id(),
        shift_id=shift["id"],
        opened_by=account_id(ACCOUNTS[1]),
        opened_at=world.now - timedelta(days=3),
        closes_at=closes_at,
        first_timer_tickets=2,
        commitment=draws.commitment(secret),
        sealed_secret=house.vault.encrypt(secret, PURPOSE),
    )
    session.add(row)
    await session.flush()
    session.add_all(
        LotteryEntry(
            id=world.seeds.id(),
            lottery_id=row.id,
            person_id=person_id,
            idempotency_key=str(row.id),
            number=number,
            tickets=1 + number % 2,
            entered_at=world.now - timedelta(days=2),
        )
        for number, person_id in enumerate(dict.fromkeys(people), start=1)
    )
    return row.id
