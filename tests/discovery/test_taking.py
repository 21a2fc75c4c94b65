"""Only with places left, only what I can take: law, places and one's own time together, whoever does the searching."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from marketplace.bootstrap import House
from marketplace.identity.viewer import Viewer
from marketplace.volunteering.models import Shift
from tests import builders
from tests.discovery.finders import WAYS, find, ids, need, prepare, someone

IN_TWO_DAYS = timedelta(days=2)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def a_need(house: House, title: str, *shifts: timedelta, capacity: int = 2, taken: int = 0) -> UUID:
    """Two hours from each of these moments on."""
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, title)
        for starts_in in shifts:
            await builders.shift(session, need_id, starts_in=starts_in, capacity=capacity, places_taken=taken)
    return need_id


async def busy(
    house: House, viewer: Viewer, starts_in: timedelta = IN_TWO_DAYS, **facts: datetime | None
) -> UUID:
    """A shift of the viewer's own, confirmed unless told otherwise; of a need that is closed to others."""
    async with house.database.unit_of_work() as session:
        own = await builders.need(session, "自己的班次", closed_at=session.now())
        shift_id = await builders.shift(session, own, starts_in=starts_in)
        await builders.sign_up(session, shift_id, viewer.signed_in(), **facts)
    return shift_id


async def test_only_with_places_leaves_out_what_is_full_and_what_has_no_date(house: House, way: str) -> None:
    await a_need(house, "满了", IN_TWO_DAYS, taken=2)
    await a_need(house, "没有日期")
    free = await a_need(house, "还有名额", IN_TWO_DAYS)
    await prepare(house, way)
    found = await find(house, only_with_places=True)
    assert (ids(found), found.total) == ([free], 1)
    everything = await find(house)
    assert (everything.total, everything.with_places) == (3, 1)


async def test_places_are_wanted_on_the_days_that_are_wanted(house: House, way: str) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        await builders.shift(session, need_id, starts_in=IN_TWO_DAYS, capacity=1, places_taken=1)
        later = await builders.shift(session, need_id, starts_in=timedelta(days=5))
    await prepare(house, way)
    full_day, free_day = date(2026, 11, 24), date(2026, 11, 27)
    assert ids(await find(house, only_with_places=True, day_from=full_day, day_to=full_day)) == []
    found = await find(house, only_with_places=True, day_from=full_day, day_to=free_day)
    assert [card.shift.id for card in found.page.rows if card.shift] == [later]


async def test_what_was_filled_since_the_index_heard_of_it_is_not_shown(house: House) -> None:
    need_id = await need(house)
    await prepare(house, "index")
    async with house.database.unit_of_work() as session:
        await session.execute(update(Shift).where(Shift.need_id == need_id).values(places_taken=2))
    found = await find(house, only_with_places=True)
    assert (ids(found), found.total) == ([], 0)


async def test_a_need_whose_every_shift_clashes_or_is_full_is_not_for_me(house: House, way: str) -> None:
    viewer = await someone(house)
    await busy(house, viewer)
    await a_need(house, "冲突", IN_TWO_DAYS + timedelta(hours=1))
    await a_need(house, "满了", timedelta(days=3), taken=2)
    touching = await a_need(house, "相接", IN_TWO_DAYS + timedelta(hours=2))
    other_day = await a_need(house, "另有一天", IN_TWO_DAYS + timedelta(hours=1), timedelta(days=4))
    await prepare(house, way)
    found = await find(house, viewer, only_suitable=True)
    assert (set(ids(found)), found.total) == ({touching, other_day}, 2)
    assert found.by_category == {"elderly_care": 2}
    shifts = {card.id: card.shift for card in found.page.rows}
    shown = shifts[other_day]
    assert shown is not None and shown.starts_at.day == 26
    assert (await find(house, viewer)).total == 4


async def test_a_clash_counts_on_the_days_that_are_asked_for(house: House, way: str) -> None:
    viewer = await someone(house)
    await busy(house, viewer)
    await a_need(house, "另有一天", IN_TWO_DAYS, timedelta(days=4))
    await prepare(house, way)
    clashing, free = date(2026, 11, 24), date(2026, 11, 26)
    assert (await find(house, viewer, only_suitable=True, day_from=clashing, day_to=clashing)).total == 0
    assert (await find(house, viewer, only_suitable=True, day_from=clashing, day_to=free)).total == 1


async def test_what_i_asked_for_already_is_nothing_more_to_take(house: House, way: str) -> None:
    viewer = await someone(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_id = await builders.shift(session, need_id)
        await builders.sign_up(
            session, shift_id, viewer.signed_in(), confirmed_at=None, applied_at=session.now()
        )
    await prepare(house, way)
    assert (await find(house, viewer, only_suitable=True)).total == 0


async def test_a_wish_that_is_not_confirmed_keeps_no_time_free(house: House, way: str) -> None:
    viewer = await someone(house)
    await busy(house, viewer, confirmed_at=None)
    wanted = await a_need(house, "同一时间", IN_TWO_DAYS)
    await prepare(house, way)
    assert ids(await find(house, viewer, only_suitable=True)) == [wanted]


async def test_other_peoples_shifts_are_nothing_to_me(house: House, way: str) -> None:
    viewer, neighbour = await someone(house), await someone(house)
    await busy(house, neighbour)
    wanted = await a_need(house, "同一时间", IN_TWO_DAYS)
    await prepare(house, way)
    assert ids(await find(house, viewer, only_suitable=True)) == [wanted]


async def test_a_card_says_with_what_it_clashes(house: House) -> None:
    viewer, other = await someone(house), await someone(house)
    await busy(house, viewer)
    await a_need(house, "冲突", IN_TWO_DAYS)
    await prepare(house, "index")
    (mine,) = (await find(house, viewer)).page.rows
    (theirs,) = (await find(house, other)).page.rows
    assert mine.clash is not None and mine.clash.facts["need"] == "自己的班次"
    assert theirs.clash is None
