"""What people read of their hours: totals by the years of Shanghai, stars, entries, and who may see whose (scenarios 8, 9)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from marketplace.bootstrap import House
from marketplace.hours import desk_queries, presence_queries, queries
from marketplace.hours.queries import EntryFilter
from marketplace.hours.states import Direction, Presence
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.pagination import CursorIsInvalid, PageRequest
from marketplace.volunteering.models import Need, Shift
from tests import builders, city
from tests.hours import scene as scenes
from tests.hours.scene import Scene

HOUR = timedelta(hours=1)


async def serve(scene: Scene) -> None:
    await scene.come()
    await scene.leave()


async def totals(scene: Scene) -> queries.Totals:
    async with scene.house.database.reading() as session:
        return await queries.totals(session, scene.volunteer)


async def test_half_past_midnight_on_new_years_day_belongs_to_the_new_year(
    house: House, clock: FixedClock
) -> None:
    half_past_midnight = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # 00:30 on 1 January in Shanghai
    await serve(await scenes.build(house, clock, starts_at=half_past_midnight))
    clock.set(datetime(2026, 11, 22, 2, 0, tzinfo=UTC))
    scene = await scenes.build(house, clock, starts_at=half_past_midnight - 3 * HOUR)
    await serve(scene)
    assert [(year.year, year.minutes) for year in (await totals(scene)).years] == [(2026, 120)]
    async with house.database.reading() as session:
        page = await queries.entries(session, scene.organiser, PageRequest(), EntryFilter(year=2027))
    assert [(row.local_year, str(row.served_on), row.minutes) for row in page.rows] == [
        (2027, "2027-01-01", 120)
    ]


async def test_hours_stay_when_the_need_is_cancelled_afterwards(scene: Scene) -> None:
    await serve(scene)
    async with scene.house.database.unit_of_work() as session:
        (await session.get_one(Need, scene.need_id)).cancelled_at = session.now()
        (await session.get_one(Shift, scene.shift_id)).cancelled_at = session.now()
    assert (await totals(scene)).minutes == 120


async def test_somebody_without_hours_has_none_and_no_star(scene: Scene) -> None:
    none = await totals(scene)
    assert (none.minutes, list(none.years), none.stars.reached, none.stars.minutes_to_next) == (
        0,
        [],
        0,
        6000,
    )


async def test_a_stranger_has_no_totals(scene: Scene) -> None:
    async with scene.house.database.reading() as session:
        with pytest.raises(SignInNeeded):
            await queries.totals(session, STRANGER)


async def test_entries_are_seen_by_their_owner_the_organisers_and_the_auditors_of_the_area(
    scene: Scene,
) -> None:
    await serve(scene)
    async with scene.house.database.unit_of_work() as session:
        auditor = await builders.viewer(session, "审计", Role.AUDITOR, city.CHANGNING)
        outsider = await builders.viewer(session, "外人")
        elsewhere = await builders.viewer(session, "徐汇", Role.AUDITOR, city.XUHUI)
    async with scene.house.database.reading() as session:
        for viewer, seen in (
            (scene.volunteer, 1),
            (scene.organiser, 1),
            (auditor, 1),
            (outsider, 0),
            (elsewhere, 0),
            (STRANGER, 0),
        ):
            page = await queries.entries(session, viewer, PageRequest(), EntryFilter())
            by_id = await queries.entries_by_ids(session, viewer, [row.id for row in await scene.entries()])
            assert (len(page.rows), len(by_id)) == (seen, seen)


async def test_entries_come_page_by_page_newest_first(house: House, clock: FixedClock) -> None:
    scene = await scenes.build(house, clock)
    await serve(scene)
    for day in (1, 2):
        clock.set(scene.starts_at + timedelta(days=day))
        async with house.database.unit_of_work() as session:
            shift = await builders.shift(session, scene.need_id, starts_at=clock.now())
            await builders.sign_up(session, shift, scene.volunteer.signed_in())
        for direction in Direction:
            token = scene.rotation.token(shift, direction, clock.now())
            await scene.present(direction=direction, code=token)
            clock.advance(HOUR)
    async with house.database.reading() as session:
        first = await queries.entries(session, scene.volunteer, PageRequest(2), EntryFilter())
        last = await queries.entries(
            session, scene.volunteer, PageRequest(2, first.end_cursor), EntryFilter()
        )
        with pytest.raises(CursorIsInvalid):
            await queries.entries(session, scene.volunteer, PageRequest(2, "nonsense"), EntryFilter())
        statement = await queries.own_entries(session, scene.volunteer, 2026)
    assert [row.minutes for row in (*first.rows, *last.rows)] == [60, 60, 120]
    assert (first.has_next, last.has_next) == (True, False)
    assert [row.minutes for row in statement] == [120, 60, 60]


async def test_a_missed_shift_is_listed_for_thirty_days(scene: Scene) -> None:
    async with scene.house.database.reading() as session:
        assert await queries.missed(session, scene.volunteer) == []
    scene.at(3 * HOUR)
    async with scene.house.database.reading() as session:
        (row,) = await queries.missed(session, scene.volunteer)
        assert await queries.missed(session, scene.organiser) == []
    assert row.sign_up_id == scene.sign_up_id
    scene.at(queries.MISSED_IS_SHOWN_FOR + 3 * HOUR)
    async with scene.house.database.reading() as session:
        assert await queries.missed(session, scene.volunteer) == []


@pytest.mark.parametrize(
    ("at", "step"),
    [
        (-timedelta(hours=20), None),
        (-timedelta(minutes=16), None),
        (-timedelta(minutes=15), Direction.IN),
        (HOUR, Direction.IN),
    ],
)
async def test_the_door_says_what_can_be_done_now(
    scene: Scene, at: timedelta, step: Direction | None
) -> None:
    scene.at(at)
    async with scene.house.database.reading() as session:
        (door,) = await presence_queries.doors(session, scene.volunteer)
        assert await presence_queries.doors(session, scene.organiser) == []
    assert (door.shift_id, door.step) == (scene.shift_id, step)


async def test_the_door_stays_open_for_who_is_in_and_closes_for_who_never_came(scene: Scene) -> None:
    scene.at(3 * HOUR)
    async with scene.house.database.reading() as session:
        assert await presence_queries.doors(session, scene.volunteer) == []
    await scene.come()
    scene.at(3 * HOUR)
    async with scene.house.database.reading() as session:
        (door,) = await presence_queries.doors(session, scene.volunteer)
    assert door.step is Direction.OUT


async def test_the_roll_tells_where_everybody_stands(scene: Scene) -> None:
    async def state() -> tuple[Presence, int, str | None]:
        async with scene.house.database.reading() as session:
            (row,) = await presence_queries.roll(session, scene.organiser, scene.shift_id)
        return row.state(scene.clock.now()), row.minutes, row.grade

    assert await state() == (Presence.EXPECTED, 0, None)
    await scene.come()
    assert await state() == (Presence.CHECKED_IN, 0, None)
    await scene.leave()
    assert await state() == (Presence.CHECKED_OUT, 120, "A")


async def test_the_screen_and_the_roll_are_for_organisers(scene: Scene) -> None:
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
        hidden = await builders.need(session, published=False)
        hidden_shift = await builders.shift(session, hidden)
    async with scene.house.database.reading() as session:
        for viewer, shift_id, refusal in (
            (STRANGER, scene.shift_id, SignInNeeded),
            (outsider, scene.shift_id, NotPermitted),
            (scene.volunteer, scene.shift_id, NotPermitted),
            (outsider, hidden_shift, NotFound),
        ):
            with pytest.raises(refusal):
                await presence_queries.screen(session, viewer, scene.house.vault, shift_id)
            with pytest.raises(refusal):
                await presence_queries.roll(session, viewer, shift_id)


async def test_the_screen_shows_the_codes_of_the_moment(scene: Scene) -> None:
    scene.at(HOUR)
    async with scene.house.database.reading() as session:
        screen = await presence_queries.screen(session, scene.organiser, scene.house.vault, scene.shift_id)
    assert (screen.direction, screen.token, screen.short_code) == (
        Direction.IN,
        scene.token(),
        scene.digits(),
    )
    scene.at(2 * HOUR)
    async with scene.house.database.reading() as session:
        screen = await presence_queries.screen(session, scene.organiser, scene.house.vault, scene.shift_id)
    assert screen.direction is Direction.OUT


async def test_the_desk_lists_what_the_viewer_may_decide_in_one_statement(scene: Scene) -> None:
    await scene.come()
    scene.at(5 * HOUR)
    await scene.close_forgotten()
    async with scene.house.database.unit_of_work() as session:
        elsewhere = await builders.viewer(session, "徐汇", Role.DISTRICT_OFFICER, city.XUHUI)
    statements: list[str] = []
    engine = scene.house.database.engine.sync_engine
    async with scene.house.database.reading() as session:
        await session.connection()
        event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        page = await desk_queries.open_reviews(session, scene.organiser, PageRequest())
        assert len(statements) == 1
        assert [row.may_be_decided_by(scene.organiser) for row in page.rows] == [True]
        assert not page.rows[0].may_be_decided_by(scene.volunteer)
        assert (await desk_queries.open_reviews(session, elsewhere, PageRequest())).rows == []
        assert (await desk_queries.open_reviews(session, STRANGER, PageRequest())).rows == []
        assert len(await desk_queries.own_reviews(session, scene.volunteer)) == 1
