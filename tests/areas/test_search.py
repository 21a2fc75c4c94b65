"""Areas are found by name, pinyin, initials and English name, and by where one stands."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from marketplace.areas import editions, queries, search
from marketplace.areas.codes import Level
from marketplace.areas.divisions import shipped
from marketplace.areas.editions import Edition
from marketplace.areas.queries import Point
from marketplace.bootstrap import House
from marketplace.db.session import Session
from tests import city


@pytest.fixture
async def real_city(house: House) -> AsyncIterator[Session]:
    async with house.database.unit_of_work() as session:
        await editions.import_edition(session, Edition("2024", date(2024, 6, 30), "test"), shipped())
    async with house.database.reading() as session:
        yield session


async def test_whatever_people_type_finds_changning_first(real_city: Session) -> None:
    for typed in (
        "长宁",
        "长宁区",
        "長寧",
        "changning",
        "Chang Ning",
        "changningqu",
        "cn",
        "ＣＮ",
        "Changning District",
        "cháng níng",
    ):
        found = await search.find(real_city, typed)
        assert found and found[0].code == city.CHANGNING, typed


async def test_other_readings_are_understood(real_city: Session) -> None:
    for typed, name in (
        ("buzhen", "堡镇"),
        ("chonggu", "重固镇"),
        ("luxiang", "吕巷镇"),
        ("lvxiang", "吕巷镇"),
        ("lüxiang", "吕巷镇"),
    ):
        assert name in [area.name for area in await search.find(real_city, typed)], typed


async def test_a_part_of_a_name_finds_communities(real_city: Session) -> None:
    found = await search.find(real_city, "江苏", under=city.CHANGNING)
    assert {area.name for area in found} >= {"江苏路街道", "江苏居委会"}
    assert all(area.code.startswith("310105") for area in found)


async def test_higher_areas_come_before_lower_ones(real_city: Session) -> None:
    found = await search.find(real_city, "xuhui")
    assert [area.level for area in found][:1] == [Level.DISTRICT]


async def test_a_level_can_be_asked_for(real_city: Session) -> None:
    found = await search.find(real_city, "xin", level=Level.SUBDISTRICT, first=50)
    assert found and {area.level for area in found} == {"subdistrict"}


@pytest.mark.parametrize(
    "typed", ["", "   ", "%", "_", "\\", "'; DROP TABLE areas", "🙂", "\0", "乌\0有", "a" * 5000]
)
async def test_odd_text_finds_nothing_and_harms_nothing(house: House, typed: str) -> None:
    async with house.database.reading() as session:
        assert list(await search.find(session, typed)) == []


async def test_children_and_path_follow_the_tree(house: House) -> None:
    async with house.database.reading() as session:
        assert [area.code for area in await queries.children(session, None)] == [city.CITY]
        assert [area.code for area in await queries.children(session, city.CHANGNING)] == [
            city.HUAYANG,
            city.JIANGSU_ROAD,
        ]
        assert [area.code for area in await queries.path(session, city.JIANGSU_ROAD)] == [
            city.CITY,
            city.CHANGNING,
            city.JIANGSU_ROAD,
        ]
        assert await queries.path(session, "999999999999") == []
        several = await queries.paths(session, [city.JIANGSU_ROAD, city.XUHUI, "999999999999"])
        assert {code: len(path) for code, path in several.items()} == {city.JIANGSU_ROAD: 3, city.XUHUI: 2}


async def test_an_area_without_a_point_lies_where_its_district_lies(house: House) -> None:
    async with house.database.reading() as session:
        assert await queries.point_of(session, city.JIANGSU_COMMUNITY) == Point(31.220372, 121.424622)


async def test_the_nearest_district_is_guessed_from_a_point(house: House) -> None:
    async with house.database.reading() as session:
        found = await queries.nearest_district(session, Point(31.2225, 121.42))
        assert found is not None and found.code == city.CHANGNING
        assert await queries.nearest_district(session, Point(39.9, 116.4)) is None
