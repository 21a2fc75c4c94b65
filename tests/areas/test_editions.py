"""Importing editions: the areas become what the newest list says, and what earlier lists said is kept."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from marketplace.areas import editions, queries
from marketplace.areas.divisions import Division, shipped
from marketplace.areas.editions import Edition
from marketplace.areas.errors import EditionIsDifferent, EditionIsOlder
from marketplace.areas.models import Area, AreaVersion
from marketplace.bootstrap import House
from tests import city

REAL = Edition("2024", date(2024, 6, 30), "a test of the shipped list")


async def test_the_real_city_is_imported_whole(house: House) -> None:
    async with house.database.unit_of_work() as session:
        report = await editions.import_edition(session, REAL, shipped())
        assert report.added + report.changed + report.unchanged == 6760
        assert await editions.count(session) == 6760
        path = await queries.path(session, city.JIANGSU_COMMUNITY)
    assert [area.name for area in path] == ["上海市", "长宁区", "江苏路街道", "江苏居委会"]


async def test_importing_twice_changes_nothing(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await editions.import_edition(session, REAL, shipped())
    async with house.database.unit_of_work() as session:
        assert not (await editions.import_edition(session, REAL, shipped())).changed_anything
        assert await session.scalar(select(func.count()).select_from(AreaVersion)) == 6760


async def test_a_newer_edition_renames_and_retires_and_keeps_what_was(house: House) -> None:
    later = [
        Division(item.code, "长宁新区" if item.code == city.CHANGNING else item.name, item.level, item.parent)
        for item in shipped()
        if item.code != city.JIANGSU_COMMUNITY
    ]
    async with house.database.unit_of_work() as session:
        await editions.import_edition(session, REAL, shipped())
    async with house.database.unit_of_work() as session:
        report = await editions.import_edition(session, Edition("2025", date(2025, 6, 30), "test"), later)
    assert (report.added, report.changed, report.retired) == (0, 1, 1)
    async with house.database.reading() as session:
        gone = await session.get_one(Area, city.JIANGSU_COMMUNITY)
        assert gone.retired_in == "2025"
        assert await queries.current(session, city.JIANGSU_COMMUNITY) is None
        assert (await session.get_one(Area, city.CHANGNING)).name == "长宁新区"
        assert (await session.get_one(AreaVersion, (city.CHANGNING, "2024"))).name == "长宁区"


async def test_a_code_that_comes_back_is_current_again(house: House) -> None:
    without = [item for item in shipped() if item.code != city.JIANGSU_COMMUNITY]
    async with house.database.unit_of_work() as session:
        await editions.import_edition(session, REAL, without)
        assert await queries.current(session, city.JIANGSU_COMMUNITY) is None
        await editions.import_edition(session, Edition("2025", date(2025, 6, 30), "test"), shipped())
    async with house.database.reading() as session:
        assert await queries.current(session, city.JIANGSU_COMMUNITY) is not None


async def test_an_edition_keeps_its_contents(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await editions.import_edition(session, REAL, shipped())
    with pytest.raises(EditionIsDifferent):
        async with house.database.unit_of_work() as session:
            await editions.import_edition(session, REAL, shipped()[:-1])


async def test_an_older_edition_is_refused_and_changes_nothing(house: House) -> None:
    with pytest.raises(EditionIsOlder):
        async with house.database.unit_of_work() as session:
            older = Edition("2020", REAL.cut_off - timedelta(days=2000), "test")
            await editions.import_edition(session, older, shipped())
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(AreaVersion)) == 0
