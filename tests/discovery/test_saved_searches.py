"""Saved searches are kept by their owner alone: saved once, named, told in the way that was chosen, paused and given up."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.discovery import saved_searches, saved_wishes
from marketplace.discovery.saved_drafts import ChangeSearchDraft, SaveSearchDraft
from marketplace.discovery.saved_errors import SavedSearchesAreTooMany, SearchAsksForNothing
from marketplace.discovery.saved_models import HowTold, SavedSearch
from marketplace.discovery.saved_queries import SavedSearchRow, mine, saved_as, saved_searches_by_ids
from marketplace.discovery.wishes import NeedWishes
from marketplace.identity.drafts import ErasureDraft
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from tests import builders, city
from tests.discovery import saved
from tests.statements import counting


@pytest.fixture
async def owner(house: House) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session)


@pytest.fixture
async def outsider(house: House) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, "路人")


async def kept(house: House, viewer: Viewer) -> list[SavedSearchRow]:
    async with house.database.reading() as session:
        return await mine(session, viewer)


async def change(house: House, viewer: Viewer, search_id: Any, **facts: Any) -> None:
    async with house.database.unit_of_work() as session:
        await saved_searches.change(session, viewer, search_id, read(ChangeSearchDraft, facts))


async def test_a_search_is_saved_and_called_by_what_it_says(house: House, owner: Viewer) -> None:
    await saved.save(
        house, owner, "daily", text="助浴", category="elderly_care", area=city.CHANGNING, day_to="2026-12-31"
    )
    (row,) = await kept(house, owner)
    assert row.name == "助浴、为老服务、长宁区、2026年12月31日止"
    assert row.in_words("en") == "助浴, Care for older people, Changning District, until 31 Dec 2026"
    assert (row.how_told, row.paused_at, row.new) == (HowTold.DAILY, None, 0)


async def test_the_same_wishes_are_one_search(house: House, owner: Viewer) -> None:
    first = await saved.save(house, owner, text="助浴", tags=["cooking", "english"])
    again = await saved.save(house, owner, text=" 助浴 ", tags=["english", "cooking"], sort="newest")
    assert first == again
    assert len(await kept(house, owner)) == 1


async def test_two_savings_of_the_same_at_the_same_moment_are_one_search(house: House, owner: Viewer) -> None:
    async def once() -> Any:
        async with house.database.unit_of_work() as session:
            return await saved_searches.save(session, owner, saved.draft())

    ids = await asyncio.gather(*(once() for _ in range(4)))
    assert len(set(ids)) == 1
    assert len(await kept(house, owner)) == 1


async def test_two_people_may_save_the_same(house: House, owner: Viewer, outsider: Viewer) -> None:
    assert await saved.save(house, owner) != await saved.save(house, outsider)


async def test_nobody_keeps_more_than_twenty_even_when_hurrying(house: House, owner: Viewer) -> None:
    async def one(number: int) -> bool:
        try:
            async with house.database.unit_of_work() as session:
                await saved_searches.save(session, owner, saved.draft(text=f"助浴{number}"))
        except SavedSearchesAreTooMany as error:
            assert error.facts == {"most": 20}
            return False
        return True

    for number in range(18):
        assert await one(number)
    assert (
        sorted(await asyncio.gather(*(one(number) for number in range(18, 23)))) == [False] * 3 + [True] * 2
    )
    assert len(await kept(house, owner)) == 20


@pytest.mark.parametrize(
    "wishes", [{"text": "🙂"}, {"only_suitable": True}, {"sort": "newest"}, {"text": " "}]
)
async def test_a_search_for_everything_or_for_no_word_is_refused(
    house: House, owner: Viewer, wishes: dict[str, Any]
) -> None:
    with pytest.raises(SearchAsksForNothing):
        await saved.save(house, owner, **wishes)


@pytest.mark.parametrize(
    ("wishes", "field", "code"),
    [
        ({"category": "nobody_knows"}, "category", "unknown_choice"),
        ({"category": "english"}, "category", "unknown_choice"),
        ({"tags": ["nobody_knows"]}, "tags", "unknown_choice"),
        ({"area": "999999999999"}, "area", "unknown_choice"),
        ({"text": "助" * 201}, "text", "string_too_long"),
    ],
)
async def test_wishes_that_name_nothing_we_know_are_refused(
    house: House, owner: Viewer, wishes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(InputIsInvalid) as refused:
        await saved.save(house, owner, **wishes)
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [(field, code)]
    assert await kept(house, owner) == []


@pytest.mark.parametrize(
    "given",
    [
        {"wishes": {"text": "助浴"}, "how_told": "hourly"},
        {"wishes": {"text": "助浴", "colour": "red"}},
        {"wishes": None},
        {"wishes": {"text": "助浴"}, "name": "x" * 121},
        {"wishes": {"text": "助浴"}, "name": "a\u202eb"},
        {"wishes": {"day_from": "2026-12-02", "day_to": "2026-12-01"}},
        {},
    ],
)
def test_a_draft_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InputIsInvalid):
        read(SaveSearchDraft, given)


async def test_a_search_is_renamed_and_told_in_another_way(house: House, owner: Viewer) -> None:
    search_id = await saved.save(house, owner)
    await change(house, owner, search_id, name="周末助浴")
    await change(house, owner, search_id, how_told="off")
    (row,) = await kept(house, owner)
    assert (row.name, row.how_told) == ("周末助浴", HowTold.OFF)


async def test_a_search_is_paused_resumed_and_given_up(house: House, owner: Viewer) -> None:
    search_id = await saved.save(house, owner)
    for act, is_paused in (
        (saved_searches.pause, True),
        (saved_searches.pause, True),
        (saved_searches.resume, False),
    ):
        async with house.database.unit_of_work() as session:
            await act(session, owner, search_id)
        (row,) = await kept(house, owner)
        assert (row.paused_at is not None) is is_paused
    async with house.database.unit_of_work() as session:
        await saved_searches.delete(session, owner, search_id)
    assert await kept(house, owner) == []


async def test_a_search_is_its_owners_alone(house: House, owner: Viewer, outsider: Viewer) -> None:
    search_id = await saved.save(house, owner)
    acts = (saved_searches.pause, saved_searches.resume, saved_searches.look, saved_searches.delete)
    for visitor, refusal in ((outsider, NotFound), (STRANGER, SignInNeeded)):
        for act in acts:
            with pytest.raises(refusal):
                async with house.database.unit_of_work() as session:
                    await act(session, visitor, search_id)
        with pytest.raises(refusal):
            await change(house, visitor, search_id, name="我的")
    with pytest.raises(NotFound):
        await change(house, owner, new_id(), name="没有")
    with pytest.raises(SignInNeeded):
        await saved.save(house, STRANGER)
    with pytest.raises(SignInNeeded):
        await kept(house, STRANGER)
    async with house.database.reading() as session:
        assert await saved_searches_by_ids(session, outsider, [search_id]) == {}
        assert await saved_searches_by_ids(session, STRANGER, [search_id]) == {}
        assert list(await saved_searches_by_ids(session, owner, [search_id])) == [search_id]
    assert await kept(house, outsider) == []


async def test_the_find_page_knows_that_a_search_is_saved(
    house: House, owner: Viewer, outsider: Viewer
) -> None:
    search_id = await saved.save(house, owner)
    wishes = read(NeedWishes, {"text": "助浴", "sort": "date"})
    async with house.database.reading() as session:
        assert await saved_as(session, owner, wishes) == search_id
        assert await saved_as(session, outsider, wishes) is None
        assert await saved_as(session, STRANGER, wishes) is None
        assert await saved_as(session, owner, read(NeedWishes, {"text": "读报"})) is None


async def test_a_list_asks_the_same_number_of_questions_however_long_it_is(
    house: House, owner: Viewer
) -> None:
    await saved.save(house, owner, text="助浴", area=city.CHANGNING)
    with counting(house) as one:
        await kept(house, owner)
    for number in range(5):
        await saved.save(house, owner, text=f"读报{number}", tags=["english"])
    with counting(house) as many:
        await kept(house, owner)
    assert len(one) == len(many) <= 3


@pytest.mark.parametrize(
    "stored", [{"version": 99, "wishes": {"text": "助浴"}}, {"version": 1, "wishes": {"x": 1}}, {}]
)
async def test_wishes_that_nobody_understands_any_more_find_nothing_and_can_go(
    house: House, owner: Viewer, stored: dict[str, Any]
) -> None:
    search_id = await saved.save(house, owner)
    async with house.database.unit_of_work() as session:
        await session.execute(update(SavedSearch).values(wishes=stored))
    await saved.published(house)
    assert await saved.fitting(house) == set()
    (row,) = await kept(house, owner)
    assert row.wishes is None
    async with house.database.unit_of_work() as session:
        await saved_searches.delete(session, owner, search_id)


def test_wishes_are_read_back_as_they_were_written() -> None:
    wishes = read(
        NeedWishes,
        {
            "text": "助浴",
            "tags": ["b", "a", "b"],
            "day_from": "2026-12-01",
            "within_km": "3",
            "only_suitable": "on",
        },
    )
    stored = saved_wishes.written(wishes)
    assert stored["version"] == 1
    back = saved_wishes.read_back(stored)
    assert back is not None
    assert (back.text, back.tags, back.within_km, back.only_suitable) == ("助浴", ("a", "b"), 3.0, True)
    assert saved_wishes.written(back) == stored


async def test_saved_searches_are_exported_and_erased(house: House, owner: Viewer) -> None:
    await saved.save(house, owner, text="助浴")
    await saved.published(house)
    async with house.database.reading() as session:
        exported = (await house.personal_data.export(session, owner))["discovery"]["saved_searches"]
    assert [(one["wishes"]["wishes"], one["how_told"]) for one in exported] == [({"text": "助浴"}, "at_once")]
    async with house.database.unit_of_work() as session:
        await house.personal_data.erase(session, owner, ErasureDraft(confirmed=True))
    assert await saved.matches(house) == []
    async with house.database.reading() as session:
        assert (await session.scalars(select(SavedSearch))).all() == []
