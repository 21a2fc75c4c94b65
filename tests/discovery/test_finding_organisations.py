"""Finding organisations: by any word, in the areas where they are active, never what is hidden, and still when the engine is down."""

import shutil
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.discovery.organisations import FoundOrganisations, OrganisationWishes, find_organisations
from marketplace.discovery.rebuild import rebuild
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.pagination import CursorIsInvalid, PageRequest
from marketplace.organisations.models import Organisation, OrganisationArea, OrganisationField
from tests import builders, city
from tests.discovery.finders import prepare, someone
from tests.statements import counting


async def find(
    house: House, viewer: Viewer = STRANGER, first: int = 20, after: str | None = None, **wishes: Any
) -> FoundOrganisations:
    async with house.database.reading() as session:
        return await find_organisations(
            session, viewer, house.search, read(OrganisationWishes, wishes), PageRequest(first, after)
        )


def names(found: FoundOrganisations) -> list[str]:
    return [one.row.name for one in found.page.rows]


async def some(house: House) -> list[UUID]:
    async with house.database.unit_of_work() as session:
        sunny = await builders.organisation(session, "暖阳助老服务社", about="为独居老人上门助浴、读报。")
        morning = await builders.organisation(session, "晨光社工站", area_code=city.XUHUI)
        await builders.organisation(session, "等候核验的社工站", verified=False)
        session.add(OrganisationField(organisation_id=sunny, tag_code="bathing_help"))
        session.add(OrganisationArea(organisation_id=morning, area_code=city.JIANGSU_ROAD))
    return [sunny, morning]


@pytest.mark.parametrize("text", ["暖阳", "nuanyang", "助浴", "bathing", "長寧"])
async def test_an_organisation_is_found_by_name_sound_work_and_place(house: House, text: str) -> None:
    await some(house)
    await prepare(house, "index")
    assert names(await find(house, text=text))[:1] == ["暖阳助老服务社"]


async def test_it_is_found_where_it_is_registered_and_where_it_is_active(house: House) -> None:
    await some(house)
    await prepare(house, "index")
    for wishes in ({"text": "社工"}, {}):
        for area in (city.XUHUI, city.CHANGNING, city.JIANGSU_ROAD):
            assert "晨光社工站" in names(await find(house, area=area, **wishes)), area  # type: ignore[arg-type]
        assert "晨光社工站" not in names(await find(house, area=city.HUAYANG, **wishes))  # type: ignore[arg-type]
    found = await find(house)
    assert found.by_district == {city.CHANGNING: 2, city.XUHUI: 1}
    assert found.by_field["elderly_care"] == 1


async def test_choices_are_counted_beside_the_chosen_one(house: House) -> None:
    await some(house)
    await prepare(house, "index")
    found = await find(house, area=city.XUHUI, field="elderly_care")
    assert found.page.total == 0
    assert (found.by_district, found.by_field) == ({city.CHANGNING: 1}, {})


async def test_its_words_are_marked(house: House) -> None:
    await some(house)
    await prepare(house, "index")
    (one,) = (await find(house, text="助浴")).page.rows
    assert [piece.text for piece in one.excerpt if piece.is_marked] == ["助浴"]


async def test_a_stranger_an_outsider_and_its_manager_find_no_unverified_one(house: House) -> None:
    await some(house)
    async with house.database.unit_of_work() as session:
        hidden = await builders.organisation(session, "暖风服务社", verified=False)
        manager = await builders.viewer(session, role=Role.ORGANISATION_MANAGER, scope=hidden)
    await prepare(house, "index")
    for viewer in (STRANGER, await someone(house), manager):
        assert "暖风服务社" not in names(await find(house, viewer, text="暖风"))


async def test_a_suspended_one_is_not_shown_whatever_the_index_says(house: House) -> None:
    suspended, _ = await some(house)
    await prepare(house, "index")
    async with house.database.unit_of_work() as session:
        (await session.get_one(Organisation, suspended)).suspended_at = session.now()
    found = await find(house, text="暖阳")
    assert (names(found), found.page.total) == ([], 0)


async def test_without_the_engine_names_are_found_and_the_answer_says_so(house: House) -> None:
    await some(house)
    found = await find(house, text="暖阳")
    assert (names(found), found.reduced, dict(found.by_district)) == (["暖阳助老服务社"], True, {})
    await rebuild(house.database, house.search)
    assert not (await find(house, text="暖阳")).reduced


@pytest.mark.parametrize("wishes", [{}, {"text": "服务社"}])
async def test_pages_show_everything_once_and_cost_the_same(house: House, wishes: dict[str, Any]) -> None:
    async with house.database.unit_of_work() as session:
        for number in range(7):
            await builders.organisation(session, f"第{number}服务社")
    await prepare(house, "index")
    seen: list[str] = []
    after = None
    while True:
        with counting(house) as sent:
            found = await find(house, first=3, after=after, **wishes)
        assert len(sent) <= 3
        seen += names(found)
        after = found.page.end_cursor
        if not found.page.has_next:
            break
    assert sorted(seen) == [f"第{number}服务社" for number in range(7)]


async def test_a_cursor_of_another_search_is_refused(house: House) -> None:
    await some(house)
    await prepare(house, "index")
    after = (await find(house, first=1, text="社")).page.end_cursor
    with pytest.raises(CursorIsInvalid):
        await find(house, text="老", after=after)


@pytest.mark.parametrize("way", ["away", "back"])
async def test_a_list_goes_on_when_the_engine_goes_away_or_comes_back(house: House, way: str) -> None:
    async with house.database.unit_of_work() as session:
        for number in range(6):
            await builders.organisation(session, f"第{number}服务社")

    async def leave() -> None:
        shutil.rmtree(house.settings.data_folder / "search")

    async def come() -> None:
        await rebuild(house.database, house.search)

    if way == "away":
        await come()
    first = await find(house, first=3, text="服务社")
    await (leave() if way == "away" else come())
    second = await find(house, first=3, after=first.page.end_cursor, text="服务社")
    assert (first.reduced, second.reduced) == ((False, True) if way == "away" else (True, False))
    # The two order likenesses differently: all that is known of the other's page is how many it had.
    assert [len(names(page)) for page in (first, second)] == [3, 3]
    assert (first.page.has_next, second.page.has_next) == (True, False)


async def test_the_longest_name_can_be_paged_past(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for number in range(2):
            await builders.organisation(session, "𠮷" * 119 + str(number))
    found = await find(house, first=1)
    again = await find(house, first=1, after=found.page.end_cursor)
    assert [name[-1] for name in names(found) + names(again)] == ["0", "1"]


@pytest.mark.parametrize("wishes", [{"area": "310199000000"}, {"field": "nonsense"}, {"field": "english"}])
async def test_what_we_do_not_know_is_named(house: House, wishes: dict[str, Any]) -> None:
    for way in ("database", "index"):
        await prepare(house, way)
        with pytest.raises(InputIsInvalid) as refused:
            await find(house, **wishes)
        assert [(one.field, one.code) for one in refused.value.problems] == [(*wishes, "unknown_choice")]


@pytest.mark.parametrize("wishes", [{"text": "\x00"}, {"area": "abc"}, {"colour": "red"}])
async def test_a_wish_that_cannot_be_is_a_clear_error(house: House, wishes: dict[str, Any]) -> None:
    with pytest.raises(InputIsInvalid):
        await find(house, **wishes)
