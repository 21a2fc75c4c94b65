"""A need meets the saved searches that would find it: once each, in every process, whatever else happens meanwhile."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.discovery import saved_matching, saved_searches, sources
from marketplace.discovery.documents import Kind
from marketplace.discovery.finding import find_needs
from marketplace.discovery.readings import city_readings
from marketplace.discovery.rebuild import rebuild
from marketplace.discovery.saved_drafts import ChangeSearchDraft
from marketplace.discovery.saved_models import HowTold, SavedSearch
from marketplace.discovery.saved_queries import counts_now, mine
from marketplace.discovery.saved_watch import Watch
from marketplace.discovery.wishes import NeedWishes
from marketplace.identity.events import ProfileChanged
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.outbox.models import OutboxEvent
from marketplace.outbox.publish import publish
from marketplace.volunteering.events import NeedsImported
from marketplace.volunteering.models import Need
from matching.index import Document
from tests import builders, city
from tests.deliveries import drain
from tests.discovery import saved
from tests.statements import counting


@pytest.fixture
async def owner(house: House) -> Viewer:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session)


async def at_once_events(house: House) -> int:
    async with house.database.reading() as session:
        names = await session.scalars(select(OutboxEvent.name))
        return list(names).count("NeedFitsSavedSearches")


async def test_a_published_need_meets_the_searches_that_it_fits(house: House, owner: Viewer) -> None:
    fits = await saved.save(house, owner, text="助浴")
    by_sound = await saved.save(house, owner, text="changning")
    await saved.save(house, owner, text="读报")
    need_id = await saved.published(house)
    assert await saved.fitting(house) == {(fits, need_id), (by_sound, need_id)}


@pytest.mark.parametrize(
    "wishes",
    [
        {"text": "助浴"},
        {"text": "bathing help"},
        {"text": "长宁"},
        {"text": "jsl"},
        {"category": "bathing_help"},
        {"category": "elderly_care"},
        {"category": "education"},
        {"area": city.CHANGNING},
        {"area": city.XUHUI},
        {"area": city.CHANGNING, "within_km": 1},
        {"area": city.XUHUI, "within_km": 1},
        {"within_km": 2},
        {"day_from": "2026-11-24", "day_to": "2026-11-24"},
        {"day_from": "2026-11-25"},
        {"text": "助浴", "only_with_places": True},
        {"language": "english"},
        {"text": "助浴", "area": city.JIANGSU_COMMUNITY, "only_suitable": True},
    ],
)
async def test_a_saved_search_meets_what_the_search_itself_finds(
    house: House, owner: Viewer, wishes: dict[str, Any]
) -> None:
    search_id = await saved.save(house, owner, **wishes)
    need_id = await saved.published(house, category_code="bathing_help")
    async with house.database.reading() as session:
        found = await find_needs(session, owner, house.search, read(NeedWishes, wishes), PageRequest())
        counted = await counts_now(session, house.search, owner, await mine(session, owner))
    is_found = bool(found.page.rows) and not found.approximate
    assert await saved.fitting(house) == ({(search_id, need_id)} if is_found else set())
    assert counted == ({} if "only_suitable" in wishes else {search_id: int(is_found)})


async def test_a_need_that_changes_is_matched_once_and_no_more(house: House, owner: Viewer) -> None:
    search_id = await saved.save(house, owner)
    need_id = await saved.published(house, "陪伴读报")
    assert await saved.fitting(house) == set()
    await saved.changed(house, need_id, title="助浴服务")
    assert await saved.fitting(house) == {(search_id, need_id)}
    for title in ("陪伴读报", "助浴服务", "老人助浴"):
        await saved.changed(house, need_id, title=title)
    assert len(await saved.matches(house)) == 1
    assert await at_once_events(house) == 1


async def test_what_is_there_already_is_no_news(house: House, owner: Viewer) -> None:
    need_id = await saved.published(house)
    await saved.save(house, owner)
    await saved.changed(house, need_id, title="助浴服务，周末")
    (match,) = await saved.matches(house)
    assert match.passed_over_at is not None
    assert await at_once_events(house) == 0


async def test_while_the_index_is_away_a_search_is_saved_all_the_same(house: House) -> None:
    async with house.database.unit_of_work() as session:
        owner = await builders.viewer(session)
    search_id = await saved.save(house, owner)
    need_id = await saved.published(house)
    assert await saved.fitting(house) == {(search_id, need_id)}
    async with house.database.reading() as session:
        assert await counts_now(session, house.search, owner, await mine(session, owner)) == {}


@pytest.mark.parametrize(
    "facts",
    [{"published": False}, {"closed_at": city.NOW}, {"declined_at": city.NOW}, {"cancelled_at": city.NOW}],
)
async def test_a_need_that_is_not_public_meets_nothing(
    house: House, owner: Viewer, facts: dict[str, Any]
) -> None:
    await saved.save(house, owner)
    await saved.published(house, **facts)
    assert await saved.fitting(house) == set()


async def test_imported_needs_are_matched_too(house: House, owner: Viewer) -> None:
    search_id = await saved.save(house, owner)
    async with house.database.unit_of_work() as session:
        needs = [await builders.need(session, f"助浴{number}") for number in range(3)]
        await publish(session, NeedsImported(needs[0], tuple(needs)))
    await drain(house)
    assert await saved.fitting(house) == {(search_id, need_id) for need_id in needs}


@pytest.mark.parametrize(
    ("facts", "is_told"),
    [({}, True), ({"minimum_age": 60}, False), ({"is_risky": True, "insurance": None}, False)],
)
async def test_who_wants_only_what_they_can_take_hears_of_nothing_else(
    house: House, owner: Viewer, facts: dict[str, Any], is_told: bool
) -> None:
    search_id = await saved.save(house, owner, text="助浴", only_suitable=True)
    need_id = await saved.published(house, **facts)
    assert await saved.fitting(house) == ({(search_id, need_id)} if is_told else set())


async def test_a_need_that_becomes_suitable_is_news_then(house: House, owner: Viewer) -> None:
    search_id = await saved.save(house, owner, text="助浴", only_suitable=True)
    need_id = await saved.published(house, minimum_age=60)
    await saved.changed(house, need_id, minimum_age=18)
    assert await saved.fitting(house) == {(search_id, need_id)}


async def test_a_paused_search_meets_nothing_and_goes_on_with_what_is_new(
    house: House, owner: Viewer
) -> None:
    search_id = await saved.save(house, owner)
    async with house.database.unit_of_work() as session:
        await saved_searches.pause(session, owner, search_id)
    missed = await saved.published(house, "助浴一")
    async with house.database.unit_of_work() as session:
        await saved_searches.resume(session, owner, search_id)
    await drain(house)
    await saved.changed(house, missed, title="助浴一，改期")
    met = await saved.published(house, "助浴二")
    assert await saved.fitting(house) == {(search_id, met)}


async def test_a_given_up_search_meets_nothing_even_where_a_process_still_holds_it(
    house: House, owner: Viewer
) -> None:
    search_id = await saved.save(house, owner)
    watch = Watch(city_readings())
    first = await saved.published(house)
    async with house.database.unit_of_work() as session:
        await saved_matching.match(session, watch, [first])
    assert len(watch) == 1
    async with house.database.unit_of_work() as session:
        await saved_searches.delete(session, owner, search_id)
    second = await saved.published(house, "助浴二")
    async with house.database.unit_of_work() as session:
        assert await saved_matching.match(session, watch, [second]) == 0
    assert len(watch) == 0
    assert await saved.matches(house) == []


async def test_every_process_hears_of_every_change(house: House, owner: Viewer) -> None:
    """Two watches, as two workers have them: each catches up by change numbers when it is asked."""
    watches = [Watch(city_readings()) for _ in range(2)]
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, "助浴服务")
    document = await _document(house, need_id)

    async def met(watch: Watch) -> set[UUID]:
        async with house.database.reading() as session:
            return (await watch.matching(session, {need_id: document}))[need_id]

    assert await met(watches[0]) == set()
    first = await saved.save(house, owner)
    assert [await met(watch) for watch in watches] == [{first}, {first}]
    second = await saved.save(house, owner, category="elderly_care")
    async with house.database.unit_of_work() as session:
        await saved_searches.pause(session, owner, first)
    assert [await met(watch) for watch in watches] == [{second}, {second}]
    async with house.database.unit_of_work() as session:
        await saved_searches.resume(session, owner, first)
    assert [await met(watch) for watch in watches] == [{first, second}, {first, second}]


async def test_nothing_is_read_again_when_nothing_changed(house: House, owner: Viewer) -> None:
    await saved.save(house, owner)
    watch = Watch(city_readings())
    async with house.database.reading() as session:
        await watch.matching(session, {})
    with counting(house) as asked:
        async with house.database.reading() as session:
            await watch.matching(session, {})
    assert len(asked) == 1


async def test_searches_are_read_before_the_first_need_comes(house: House, owner: Viewer) -> None:
    await saved.save(house, owner)
    watch = Watch(city_readings())
    await watch.keep_up(house.database)
    assert len(watch) == 1
    assert "discovery.keep_up_with_searches" in house.registry.tasks


async def test_changes_are_numbered_in_the_order_of_their_commits(house: House, owner: Viewer) -> None:
    """A slow saver must not slip in under a number that others have already read past."""
    outsiders = []
    async with house.database.unit_of_work() as session:
        outsiders = [await builders.viewer(session, f"路人{number}") for number in range(8)]

    async def one(viewer: Viewer) -> None:
        async with house.database.unit_of_work() as session:
            await saved_searches.save(session, viewer, saved.draft())

    await asyncio.gather(*(one(viewer) for viewer in outsiders))
    async with house.database.reading() as session:
        numbers = list(await session.scalars(select(SavedSearch.change_number)))
    assert sorted(numbers) == list(range(1, 9))


async def test_many_changes_of_one_number_are_all_read(
    house: House, owner: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.discovery.saved_watch._PAGE", 2)
    async with house.database.unit_of_work() as session:
        for number in range(5):
            await saved_searches.save(session, owner, saved.draft(text=f"助浴 {number}"))
    watch = Watch(city_readings())
    async with house.database.reading() as session:
        await watch.matching(session, {})
    assert len(watch) == 5


async def test_distances_are_measured_from_where_the_owner_lives_now(house: House, owner: Viewer) -> None:
    search_id = await saved.save(house, owner, within_km=1)
    far = await saved.published(house, area_code=city.TIANPING_COMMUNITY, latitude=31.188, longitude=121.436)
    assert await saved.fitting(house) == set()
    async with house.database.unit_of_work() as session:
        (await session.get_one(Person, owner.signed_in())).home_area_code = city.TIANPING_COMMUNITY
        await publish(session, ProfileChanged(owner.signed_in()))
    await drain(house)
    await saved.changed(house, far, title="搬来之后")
    assert await saved.fitting(house) == {(search_id, far)}


async def test_two_workers_with_the_same_need_note_it_once(house: House, owner: Viewer) -> None:
    search_id = await saved.save(house, owner)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, "助浴服务")

    async def work() -> int:
        watch = Watch(city_readings())
        async with house.database.unit_of_work() as session:
            return await saved_matching.match(session, watch, [need_id])

    assert sum(await asyncio.gather(*(work() for _ in range(4)))) == 1
    assert await saved.fitting(house) == {(search_id, need_id)}
    await drain(house)
    assert await at_once_events(house) == 1


async def test_a_search_given_up_in_the_middle_of_matching_leaves_nothing_behind(
    house: House, owner: Viewer
) -> None:
    for _ in range(4):
        search_id = await saved.save(house, owner)
        async with house.database.unit_of_work() as session:
            need_id = await builders.need(session, "助浴服务")

        async def match(need_id: UUID = need_id) -> None:
            async with house.database.unit_of_work() as session:
                await saved_matching.match(session, Watch(city_readings()), [need_id])

        async def give_up(search_id: UUID = search_id) -> None:
            async with house.database.unit_of_work() as session:
                await saved_searches.delete(session, owner, search_id)

        await asyncio.gather(match(), give_up(), match())
        assert await saved.matches(house) == []
        await drain(house)


async def test_what_is_long_over_is_forgotten(house: House, owner: Viewer, clock: Any) -> None:
    search_id = await saved.save(house, owner)
    over, still_open = await saved.published(house, "助浴一"), await saved.published(house, "助浴二")
    async with house.database.unit_of_work() as session:
        (await session.get_one(Need, over)).closed_at = session.now()
    clock.set(city.NOW.replace(year=2027))
    async with house.database.unit_of_work() as session:
        await saved_matching.forget_old(session)
    assert await saved.fitting(house) == {(search_id, still_open)}


async def test_new_counts_what_came_since_the_owner_looked(house: House, owner: Viewer, clock: Any) -> None:
    search_id = await saved.save(house, owner, "off")
    await saved.published(house, "助浴一")

    async def new() -> int:
        async with house.database.reading() as session:
            (row,) = await mine(session, owner)
            return row.new

    assert await new() == 1
    async with house.database.unit_of_work() as session:
        await saved_searches.look(session, owner, search_id)
    assert await new() == 0
    clock.set(city.NOW.replace(hour=3))
    gone = await saved.published(house, "助浴二")
    assert await new() == 1
    await saved.changed(house, gone, closed_at=city.NOW)
    assert await new() == 0


async def test_nothing_matched_while_nothing_was_to_be_told_is_told_afterwards(
    house: House, owner: Viewer
) -> None:
    search_id = await saved.save(house, owner, "off")
    await saved.published(house)
    async with house.database.unit_of_work() as session:
        await saved_searches.change(session, owner, search_id, ChangeSearchDraft(how_told=HowTold.AT_ONCE))
    (match,) = await saved.matches(house)
    assert match.passed_over_at is not None and match.told_at is None


async def _document(house: House, need_id: UUID) -> Document:
    async with house.database.reading() as session:
        change = (await sources.changes(session, Kind.NEED, [need_id]))[need_id]
    assert isinstance(change, Document)
    return change
