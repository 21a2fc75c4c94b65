"""What two editions differ in, what the calendar shows, and how true a list was: against worked examples."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.lists import follows, item_queries
from marketplace.procurement.lists.item_queries import CalendarFilters
from marketplace.procurement.lists.stability import ItemStory, stability
from marketplace.procurement.tenders import planned
from tests import buying, city
from tests.procurement.lists import scene


async def two_editions(house: House, clock: FixedClock) -> tuple[scene.Scene, list[UUID], UUID]:
    """Bathing, meals and company to the doctor; the second edition drops meals, changes bathing, and adds phones."""
    at = await scene.begun(house)
    kept = [await scene.add(house, at, title=title) for title in ("助浴", "助餐", "陪诊")]
    await scene.make_final(house, clock, at)
    second = await scene.next_edition(house, at)
    await scene.change(
        house, at, kept[0], second, title="助浴", budget_fen=26_000_000, planned_tender_on=date(2027, 3, 1)
    )
    await scene.remove(house, at, kept[1], second)
    kept.append(await scene.add(house, at, edition_id=second, title="数字助老"))
    await scene.make_final(house, clock, at, second)
    return at, kept, second


async def test_the_difference_is_told_item_by_item_and_field_by_field(
    house: House, clock: FixedClock
) -> None:
    at, item_ids, _ = await two_editions(house, clock)
    row = await scene.seen(house, STRANGER, at.list_id)
    old, new = row.editions
    assert row.in_force == new and row.before(new) == old and row.before(old) is None
    async with house.database.reading() as session:
        told = await item_queries.difference(session, STRANGER, old, new)
        nothing = await item_queries.difference(session, STRANGER, new, new)
    assert [item.title for item in told.added] == ["数字助老"]
    assert [item.title for item in told.removed] == ["助餐"]
    (changed,) = told.changed
    assert changed.new.item_id == item_ids[0]
    assert [(one.field, one.old, one.new) for one in changed.fields] == [
        ("budget_fen", 20_000_000, 26_000_000),
        ("planned_tender_on", date(2027, 2, 1), date(2027, 3, 1)),
    ]
    assert (told.unchanged, told.budget_change_fen) == (1, 6_000_000)
    assert nothing.is_none and nothing.unchanged == 3
    assert old.content_hash != new.content_hash


async def test_an_item_tells_its_history_also_when_it_is_dropped(house: House, clock: FixedClock) -> None:
    at, (bathing, meals, *_), _ = await two_editions(house, clock)
    async with house.database.reading() as session:
        told = await item_queries.history(session, STRANGER, bathing)
        dropped = await item_queries.history(session, STRANGER, meals)
    assert [edition.number for edition, _ in told.versions] == [1, 2]
    assert told.last[1].content.budget_fen == 26_000_000 and not told.is_dropped
    assert dropped.is_dropped and dropped.last[0].number == 1
    third = await scene.next_edition(house, at)
    secret = await scene.add(house, at, edition_id=third, title="还没公开")
    async with house.database.reading() as session:
        with pytest.raises(NotFound):
            await item_queries.history(session, STRANGER, secret)
        assert await item_queries.items_by_ids(session, STRANGER, [secret]) == {}
        assert (await item_queries.history(session, at.officer, secret)).last[0].number == 3


async def test_the_calendar_shows_what_is_in_force_by_its_planned_day(
    house: House, clock: FixedClock
) -> None:
    at, _, _ = await two_editions(house, clock)
    drafted = await scene.next_edition(house, at)
    await scene.add(house, at, edition_id=drafted, title="草稿")

    async def titles(filters: CalendarFilters) -> list[str]:
        async with house.database.reading() as session:
            first = await item_queries.planned(session, at.officer, filters, PageRequest(2))
            rest = (
                await item_queries.planned(session, at.officer, filters, PageRequest(2, first.end_cursor))
                if first.has_next
                else None
            )
        return [one.item.content.title for one in (*first.rows, *(rest.rows if rest else ()))]

    assert await titles(CalendarFilters()) == ["陪诊", "数字助老", "助浴"]
    assert await titles(CalendarFilters(from_day=date(2027, 2, 2))) == ["助浴"]
    assert await titles(CalendarFilters(before=date(2027, 2, 2))) == ["陪诊", "数字助老"]
    assert await titles(CalendarFilters(area_code=city.XUHUI)) == []
    assert len(await titles(CalendarFilters(category_code="elderly_care", area_code=city.CHANGNING))) == 3
    async with house.database.reading() as session:
        counted = await item_queries.months(session, STRANGER, CalendarFilters())
    assert counted == {(2027, 2): 2, (2027, 3): 1}


async def test_an_organisation_follows_an_item_once_through_its_managers(
    house: House, clock: FixedClock
) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    async with house.database.unit_of_work() as session:
        organisation_id, manager = await buying.supplier(session)
        _, rival = await buying.supplier(session, "邻里养老中心")

    async def press(viewer: Any, *, stop: bool = False) -> None:
        async with house.database.unit_of_work() as session:
            await (follows.unfollow if stop else follows.follow)(session, viewer, item_id, organisation_id)

    with pytest.raises(NotFound):
        await press(manager)
    await scene.consult(house, at)
    for viewer, refusal in ((STRANGER, SignInNeeded), (rival, NotFound), (at.officer, NotFound)):
        with pytest.raises(refusal):
            await press(viewer)
    for _ in range(2):
        await press(manager)
    async with house.database.reading() as session:
        assert await item_queries.followed(session, manager, [item_id]) == {item_id: [organisation_id]}
        assert await item_queries.followed(session, rival, [item_id]) == {}
        assert [row.id for row in (await item_queries.follows(session, manager, PageRequest())).rows] == [
            item_id
        ]
        with pytest.raises(SignInNeeded):
            await item_queries.follows(session, STRANGER, PageRequest())
    await press(manager, stop=True)
    async with house.database.reading() as session:
        assert await item_queries.followed(session, manager, [item_id]) == {}


def story(number: int, **facts: Any) -> ItemStory:
    defaults: dict[str, Any] = {
        "first_planned_on": date(2027, 2, 1),
        "last_planned_on": date(2027, 2, 1),
        "first_budget_fen": 100,
        "last_budget_fen": 100,
    }
    return ItemStory(item_id=new_id(), number=number, title=str(number), **{**defaults, **facts})


def test_stability_is_measured_against_the_first_announcement() -> None:
    """Five items; four were due. One came ten days early, one thirty days late although its day was moved, one never, one was dropped."""
    told = stability(
        [
            story(1, tendered_on=date(2027, 1, 22), ceiling_fen=110),
            story(2, tendered_on=date(2027, 3, 3), ceiling_fen=130, last_planned_on=date(2027, 3, 3)),
            story(3, last_budget_fen=150),
            story(4, is_dropped=True, last_budget_fen=900),
            story(5, first_planned_on=date(2028, 2, 1)),
        ],
        date(2027, 6, 1),
    )
    assert (told.items, told.due, told.tendered, told.on_time, told.dropped) == (5, 4, 2, 1, 1)
    assert (told.share_on_time, told.share_tendered, told.median_delay_days) == (0.25, 0.5, 10.0)
    assert told.budget_drift == 0.125, "450 instead of 400; what was dropped is not counted"
    assert told.tender_drift == 0.2, "240 instead of 200"


def test_where_nothing_is_due_nothing_is_measured() -> None:
    told = stability([story(1, first_budget_fen=0, last_budget_fen=0)], date(2026, 1, 1))
    assert (told.due, told.share_on_time, told.median_delay_days) == (0, None, None)
    assert (told.budget_drift, told.tender_drift) == (None, None)


async def test_the_tenders_of_a_list_tell_how_true_it_was(house: House, clock: FixedClock) -> None:
    """Bathing was announced for 1 February and tendered on the 20th; a cancelled tender came before it, on the 3rd."""
    at, (bathing, _, doctor, _), _ = await two_editions(house, clock)
    clock.advance(date(2027, 2, 3) - clock.now().date())
    async with house.database.unit_of_work() as session:
        facts: dict[str, Any] = {"list_item_id": bathing, "buyer_id": at.buyer_id}
        await buying.tender(session, **facts, cancelled_at=session.now())
        await buying.tender(session, buying.file(session), list_item_id=doctor, published_at=None)
    clock.advance(timedelta(days=17))
    async with house.database.unit_of_work() as session:
        running = await buying.tender(session, buying.file(session, lots=2), **facts)
    async with house.database.reading() as session:
        told = await planned.of_list(session, STRANGER, at.list_id)
        of_buyer = await planned.of_buyer(session, STRANGER, at.buyer_id)
        tenders = await planned.tenders_of_items(session, STRANGER, [bathing, doctor])
        with pytest.raises(NotFound):
            await planned.of_list(session, STRANGER, new_id())
        with pytest.raises(NotFound):
            await planned.of_buyer(session, STRANGER, new_id())
    assert [one.number for one in told.stories] == [1, 2, 3, 4]
    bath = told.stories[0]
    assert (bath.delay_days, bath.ceiling_fen) == (2, running.file.ceiling_fen)
    assert [one.is_alive for one in tenders[bathing]] == [False, True] and doctor not in tenders
    figures = told.figures
    assert (figures.items, figures.due, figures.tendered, figures.on_time, figures.dropped) == (4, 4, 1, 0, 1)
    assert figures.median_delay_days == 2.0
    assert figures.budget_drift == 0.1, "660,000 instead of 600,000 for the three that were kept"
    assert figures.tender_drift == 1.0, "two lots of 200,000 for a budget of 200,000"
    assert of_buyer == figures
