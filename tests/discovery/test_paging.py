"""Pages of a search: by keyset, so that nothing drifts, good for the same search alone, whoever answers next."""

import shutil
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.input import read
from marketplace.kernel.pagination import CursorIsInvalid, decode_cursor, encode_cursor
from marketplace.volunteering import sign_ups
from marketplace.volunteering.models import Need
from marketplace.volunteering.sign_up_drafts import JoinDraft
from tests import builders, city
from tests.deliveries import drain
from tests.discovery.finders import WAYS, find, ids, need, prepare, someone

ORDERS: list[dict[str, Any]] = [
    {"sort": "date"},
    {"sort": "newest"},
    {"sort": "relevance", "text": "就医"},
    {"sort": "blended", "text": "就医"},
    {"sort": "distance", "area": city.CHANGNING},
]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def some_needs(house: House, number: int = 7) -> list[UUID]:
    return [
        await need(
            house,
            starts_in=timedelta(days=day),
            latitude=31.22 + day / 1000,
            longitude=121.42,
        )
        for day in range(1, number + 1)
    ]


async def all_pages(house: House, viewer: Viewer = STRANGER, first: int = 3, **wishes: Any) -> list[UUID]:
    seen: list[UUID] = []
    after = None
    while True:
        found = await find(house, viewer, first, after, **wishes)
        seen += ids(found)
        after = found.page.end_cursor
        if not found.page.has_next:
            return seen


@pytest.mark.parametrize("asked", ORDERS, ids=lambda asked: str(asked["sort"]))
async def test_pages_show_everything_once_in_every_order(
    house: House, way: str, asked: dict[str, Any]
) -> None:
    await some_needs(house)
    async with house.database.unit_of_work() as session:
        await builders.need(session, "没有日期的就医陪伴", latitude=31.3, longitude=121.42)
        full = await builders.need(session, "满员的就医陪伴", latitude=31.31, longitude=121.42)
        await builders.shift(session, full, starts_in=timedelta(hours=5), places_taken=2)
    await prepare(house, way)
    whole = ids(await find(house, first=50, **asked))
    assert len(whole) == 9
    assert await all_pages(house, **asked) == whole


async def test_what_comes_and_goes_before_the_reader_moves_nothing(house: House, way: str) -> None:
    wanted = await some_needs(house, 6)
    await prepare(house, way)
    first = await find(house, first=2)
    await need(house, "早来的", starts_in=timedelta(hours=3))
    async with house.database.unit_of_work() as session:
        (await session.get_one(Need, wanted[0])).closed_at = session.now()
    if way == "index":
        await rebuild(house.database, house.search)
    assert ids(first) == wanted[:2]
    assert ids(await find(house, first=2, after=first.page.end_cursor)) == wanted[2:4]


@pytest.mark.parametrize("asked", ORDERS, ids=lambda asked: str(asked["sort"]))
async def test_a_page_begun_by_the_one_goes_on_with_the_other(house: House, asked: dict[str, Any]) -> None:
    await some_needs(house)
    by_database = await find(house, first=3, **asked)
    await rebuild(house.database, house.search)
    by_index = await find(house, first=3, **asked)
    rest = await find(house, first=10, after=by_database.page.end_cursor, **asked)
    assert (by_database.reduced, rest.reduced, len(ids(rest))) == (True, False, 4)
    shutil.rmtree(house.settings.data_folder / "search")
    rest = await find(house, first=10, after=by_index.page.end_cursor, **asked)
    assert (rest.reduced, len(ids(rest))) == (True, 4)


@pytest.mark.parametrize(
    "other",
    [{"sort": "newest"}, {"text": "就医"}, {"area": city.CHANGNING}, {"only_with_places": True}],
    ids=lambda other: next(iter(other)),
)
async def test_a_cursor_of_another_search_is_refused(house: House, way: str, other: dict[str, Any]) -> None:
    await some_needs(house, 3)
    await prepare(house, way)
    cursor = (await find(house, first=1)).page.end_cursor
    with pytest.raises(CursorIsInvalid):
        await find(house, first=1, after=cursor, **other)


async def test_a_cursor_of_anothers_search_is_refused(house: House) -> None:
    await some_needs(house, 3)
    await prepare(house, "index")
    mine, other = await someone(house), await someone(house)
    cursor = (await find(house, mine, first=1, only_suitable=True)).page.end_cursor
    with pytest.raises(CursorIsInvalid):
        await find(house, other, first=1, after=cursor, only_suitable=True)


@pytest.mark.parametrize("key", ["[]", "[1]", "{}", "x", "[null,null]", '["a","b"]', "[1,2,3,4]", "[[1],2]"])
async def test_a_forged_key_is_a_clear_error(house: House, way: str, key: str) -> None:
    await some_needs(house, 2)
    await prepare(house, way)
    genuine = (await find(house, first=1)).page.end_cursor
    assert genuine is not None
    search, teller, _, seen, at = decode_cursor(genuine, str, str, str, int, int)
    for forged in (encode_cursor(search, teller, key, seen, at), encode_cursor(search, "x", key, seen, at)):
        with pytest.raises(CursorIsInvalid):
            await find(house, after=forged)


async def test_the_total_is_that_of_the_whole_list_on_every_page(house: House, way: str) -> None:
    await some_needs(house, 5)
    await prepare(house, way)
    first = await find(house, first=2)
    second = await find(house, first=2, after=first.page.end_cursor)
    assert (first.total, second.total) == (5, 5)


async def test_the_soonest_open_shift_decides_and_what_is_full_follows(house: House, way: str) -> None:
    async with house.database.unit_of_work() as session:
        full = await builders.need(session, "满员")
        await builders.shift(session, full, starts_in=timedelta(days=1), places_taken=2)
        partly = await builders.need(session, "第一班满员")
        await builders.shift(session, partly, starts_in=timedelta(days=2), places_taken=2)
        await builders.shift(session, partly, starts_in=timedelta(days=8))
        undated = await builders.need(session, "没有日期")
    free = await need(house, starts_in=timedelta(days=3))
    await prepare(house, way)
    found = await find(house)
    assert ids(found) == [free, partly, full, undated]
    assert found.page.rows[1].shift is not None
    assert found.page.rows[1].shift.starts_at - city.NOW == timedelta(days=8)


async def test_the_last_place_taken_is_news_to_the_order(house: House) -> None:
    first, second = await some_needs(house, 2)
    await prepare(house, "index")
    viewers = [await someone(house) for _ in range(2)]
    (card, _) = (await find(house)).page.rows
    assert card.shift is not None
    for number, viewer in enumerate(viewers):
        async with house.database.unit_of_work() as session:
            await sign_ups.join(
                session, viewer, card.shift.id, read(JoinDraft, {"idempotency_key": f"key-{number}-of-mine"})
            )
    await drain(house)
    assert ids(await find(house)) == [second, first]


async def test_the_card_shows_a_shift_to_come_before_one_that_has_begun(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        await builders.shift(session, need_id, starts_in=-timedelta(hours=1))
        coming = await builders.shift(session, need_id, starts_in=timedelta(days=3), places_taken=2)
    await prepare(house, "index")
    (card,) = (await find(house)).page.rows
    assert card.shift is not None and card.shift.id == coming
