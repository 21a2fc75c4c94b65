"""Organisers and volunteers at the same moment, on real connections: nobody is left in a shift that is off, or twice in one."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.volunteering import needs, series, shifts, sign_ups
from marketplace.volunteering.drafts import CapacityDraft, ReasonDraft, SeriesDraft, ShiftDraft
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_drafts import JoinDraft
from marketplace.volunteering.sign_up_states import is_open
from tests import builders, city
from tests.volunteering.test_needs_publishing import a_need, worker


async def _join(house: House, viewer: Viewer, shift_id: object) -> bool:
    try:
        async with house.database.unit_of_work() as session:
            draft = read(JoinDraft, {"idempotency_key": str(new_id())})
            await sign_ups.join(session, viewer, shift_id, draft)  # type: ignore[arg-type]
    except MarketplaceError:
        return False
    return True


async def test_nobody_is_left_in_a_need_that_is_cancelled_while_they_sign_up(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_ids = [
            await builders.shift(session, need_id, starts_in=timedelta(days=2 + number), capacity=20)
            for number in range(3)
        ]
        people = [await builders.viewer(session, f"志愿者{number}") for number in range(9)]
        organiser = await worker(session)

    async def cancel() -> None:
        async with house.database.unit_of_work() as session:
            await needs.cancel(session, organiser, need_id, ReasonDraft(reason="台风"))

    joins = [_join(house, viewer, shift_ids[number % 3]) for number, viewer in enumerate(people)]
    await asyncio.gather(*joins[:5], cancel(), *joins[5:])
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignUp).where(is_open())) == 0
        assert set(await session.scalars(select(Shift.places_taken))) == {0}
        assert (await session.get_one(Need, need_id)).cancelled_at is not None


async def test_places_stay_enough_while_they_are_cut_and_taken_at_once(house: House) -> None:
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, await builders.need(session), capacity=10)
        people = [await builders.viewer(session, f"志愿者{number}") for number in range(8)]
        organiser = await worker(session)

    async def cut(capacity: int) -> None:
        try:
            async with house.database.unit_of_work() as session:
                await shifts.change_capacity(session, organiser, shift_id, CapacityDraft(capacity=capacity))
        except MarketplaceError:
            return

    await asyncio.gather(*(_join(house, viewer, shift_id) for viewer in people), cut(3), cut(6))
    async with house.database.reading() as session:
        shift = await session.get_one(Shift, shift_id)
        confirmed = await session.scalar(
            select(func.count()).select_from(SignUp).where(SignUp.confirmed_at.is_not(None), is_open())
        )
        assert confirmed is not None
        assert 1 <= confirmed <= shift.places_taken <= shift.capacity


async def test_one_form_sent_many_times_at_once_is_one_need_with_one_shift_and_one_series(
    house: House,
) -> None:
    async with house.database.unit_of_work() as session:
        organiser = await builders.viewer(session, "周社工", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    need_key, shift_key, series_key = new_id(), new_id(), new_id()

    async def publish() -> None:
        async with house.database.unit_of_work() as session:
            await needs.publish(session, organiser, a_need(), need_key)

    async def plan() -> None:
        draft = ShiftDraft(
            starts_at=city.NOW + timedelta(days=1), ends_at=city.NOW + timedelta(days=1, hours=1), capacity=2
        )
        async with house.database.unit_of_work() as session:
            await shifts.add(session, organiser, need_key, draft, shift_key)

    async def repeat() -> None:
        draft = SeriesDraft(
            rule="FREQ=WEEKLY;COUNT=3",
            first_starts_at=city.NOW + timedelta(days=3),
            duration_minutes=60,
            capacity=2,
        )
        async with house.database.unit_of_work() as session:
            await series.create(session, organiser, need_key, draft, series_key)

    await asyncio.gather(*(publish() for _ in range(5)))
    await asyncio.gather(*(step() for step in (plan, repeat) for _ in range(4)))
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Need)) == 1
        assert await session.scalar(select(func.count()).select_from(Shift)) == 4
