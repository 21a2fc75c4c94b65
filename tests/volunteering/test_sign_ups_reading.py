"""Reading sign-ups: one's own coming and past, the organiser's roster, and nothing for anybody else, in a fixed number of queries."""

from datetime import timedelta

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import PageRequest
from marketplace.volunteering import sign_up_queries
from marketplace.volunteering.models import Shift
from marketplace.volunteering.sign_up_states import SignUpState
from tests import builders, city
from tests.statements import counting
from tests.volunteering import scene


async def coming(house: House, viewer: Viewer, request: PageRequest | None = None) -> list[str]:
    async with house.database.reading() as session:
        page = await sign_up_queries.my_coming(session, viewer, request or PageRequest())
    return [f"{row.title} {row.state.value}" for row in page.rows]


async def past(house: House, viewer: Viewer) -> list[str]:
    async with house.database.reading() as session:
        page = await sign_up_queries.my_past(session, viewer, PageRequest())
    return [f"{row.title} {row.state.value}" for row in page.rows]


async def test_coming_shifts_are_soonest_first_and_past_ones_latest_first(
    house: House, clock: FixedClock
) -> None:
    me = await scene.volunteer(house)
    for day, title in ((3, "丙"), (1, "甲"), (2, "乙"), (9, "丁")):
        at = await scene.shift(house, title=title, starts_in=timedelta(days=day))
        sign_up_id = await scene.join(house, me, at.shift_id)
    await scene.withdraw(house, me, sign_up_id)
    assert await coming(house, me) == ["甲 confirmed", "乙 confirmed", "丙 confirmed"]
    assert await past(house, me) == ["丁 withdrawn"]
    clock.advance(timedelta(days=2, hours=3))
    assert await coming(house, me) == ["丙 confirmed"]
    assert await past(house, me) == ["丁 withdrawn", "乙 confirmed", "甲 confirmed"]


async def test_a_shift_that_was_called_off_is_still_seen_until_its_day(house: House) -> None:
    at = await scene.shift(house, title="甲")
    me = await scene.volunteer(house)
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, at.shift_id, me.signed_in(), cancelled_at=city.NOW)
    assert await coming(house, me) == ["甲 cancelled"]


async def test_a_long_list_comes_in_pages_that_never_drift(house: House) -> None:
    me = await scene.volunteer(house)
    for number in range(5):
        at = await scene.shift(house, title=str(number), starts_in=timedelta(days=1 + number))
        await scene.join(house, me, at.shift_id)
    seen, after = [], None
    for _ in range(3):
        async with house.database.reading() as session:
            page = await sign_up_queries.my_coming(session, me, PageRequest(2, after))
        seen += [row.title for row in page.rows]
        after = page.end_cursor
    assert seen == ["0", "1", "2", "3", "4"]
    assert not page.has_next


async def test_a_page_of_sign_ups_is_one_statement(house: House) -> None:
    me = await scene.volunteer(house)
    for number in range(6):
        await scene.join(house, me, (await scene.shift(house, starts_in=timedelta(days=1 + number))).shift_id)
    with counting(house) as statements:
        assert len(await coming(house, me)) == 6
    assert len(statements) == 1


async def test_strangers_have_no_sign_ups(house: House) -> None:
    at = await scene.shift(house)
    sign_up_id = await scene.join(house, await scene.volunteer(house), at.shift_id)
    with pytest.raises(SignInNeeded):
        await coming(house, STRANGER)
    with pytest.raises(SignInNeeded):
        await past(house, STRANGER)
    async with house.database.reading() as session:
        assert await sign_up_queries.my_open_by_shifts(session, STRANGER, [at.shift_id]) == {}
        assert await sign_up_queries.sign_ups_by_ids(session, STRANGER, [sign_up_id]) == {}


async def test_a_sign_up_is_seen_by_its_person_and_the_organisers_alone(house: House) -> None:
    at = await scene.shift(house)
    me, outsider = await scene.volunteer(house), await scene.volunteer(house, "邻居")
    sign_up_id = await scene.join(house, me, at.shift_id)
    async with house.database.unit_of_work() as session:
        elsewhere = await builders.viewer(session, "外区", Role.COMMUNITY_WORKER, city.HUAYANG_COMMUNITY)
        above = await builders.viewer(session, "本区", Role.DISTRICT_OFFICER, city.CHANGNING)
    for viewer in (me, at.organiser, above):
        assert (await scene.seen(house, viewer, sign_up_id)).name == "林小满"
    for viewer in (outsider, elsewhere, STRANGER):
        with pytest.raises(NotFound):
            await scene.seen(house, viewer, sign_up_id)


async def test_one_sees_ones_own_open_sign_up_of_each_shift(house: House) -> None:
    at = await scene.shift(house)
    other_shift = await scene.one_more_shift(house, at, starts_in=timedelta(days=6))
    me = await scene.volunteer(house)
    await scene.withdraw(house, me, await scene.join(house, me, at.shift_id))
    mine = await scene.join(house, me, at.shift_id)
    async with house.database.reading() as session:
        found = await sign_up_queries.my_open_by_shifts(session, me, [at.shift_id, other_shift])
    assert {shift_id: row.id for shift_id, row in found.items()} == {at.shift_id: mine}


async def test_the_roster_names_everybody_in_order(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    for name in ("甲", "乙", "丙"):
        await scene.join(house, await scene.volunteer(house, name), at.shift_id)
    with counting(house) as statements:
        async with house.database.reading() as session:
            roster = await sign_up_queries.roster(session, at.organiser, at.shift_id)
    assert len(statements) == 2
    assert [row.name for row in roster.of_state(SignUpState.CONFIRMED)] == ["甲"]
    assert [row.name for row in roster.of_state(SignUpState.WAITING)] == ["乙", "丙"]
    assert (roster.capacity, roster.places_taken) == (1, 1)


async def test_the_roster_is_for_organisers_alone(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, at.shift_id)
    async with house.database.reading() as session:
        for look in (sign_up_queries.roster, sign_up_queries.known_people):
            with pytest.raises(SignInNeeded):
                await look(session, STRANGER, at.shift_id)
            with pytest.raises(NotPermitted):
                await look(session, me, at.shift_id)
            with pytest.raises(NotFound):
                await look(session, at.organiser, new_id())


async def test_the_organiser_knows_who_signed_up_for_the_need_before(house: House) -> None:
    at = await scene.shift(house)
    earlier = await scene.one_more_shift(house, at, starts_in=timedelta(days=1))
    before, now = [await scene.volunteer(house, name) for name in ("从前", "现在")]
    await scene.volunteer(house, "从未")
    await scene.join(house, before, earlier)
    await scene.join(house, now, at.shift_id)
    async with house.database.reading() as session:
        known = await sign_up_queries.known_people(session, at.organiser, at.shift_id)
    assert known == {before.person_id: "从前"}


async def test_after_a_move_each_clash_is_named(house: House) -> None:
    at = await scene.shift(house, starts_in=timedelta(days=2))
    other = await scene.shift(house, title="原来的另一班", starts_in=timedelta(days=3))
    clashing, free = await scene.volunteer(house, "两班"), await scene.volunteer(house, "一班")
    for viewer in (clashing, free):
        await scene.join(house, viewer, at.shift_id)
    await scene.join(house, clashing, other.shift_id)
    async with house.database.unit_of_work() as session:
        shift = await session.get_one(Shift, at.shift_id)
        shift.starts_at, shift.ends_at = (
            shift.starts_at + timedelta(days=1, hours=1),
            shift.ends_at + timedelta(days=1, hours=1),
        )
    async with house.database.reading() as session:
        clashes = await sign_up_queries.clashes_after_move(session, at.shift_id)
    assert [(clash.person_id, clash.title) for clash in clashes] == [(clashing.person_id, "原来的另一班")]
