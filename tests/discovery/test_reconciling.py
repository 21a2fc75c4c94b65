"""What was lost on the way to the index comes back in the night, and renamed places are found by their new names at once."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from marketplace.areas.codes import Level
from marketplace.areas.divisions import Division
from marketplace.areas.editions import Edition, import_edition
from marketplace.areas.events import AreasRenamed
from marketplace.areas.models import Area
from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag
from marketplace.discovery import indexer, reconcile, sources
from marketplace.discovery.documents import Kind, document_id
from marketplace.discovery.rebuild import rebuild
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from marketplace.outbox.publish import publish
from marketplace.volunteering.events import NeedChanged
from marketplace.volunteering.models import Need
from matching.index import Document, Query
from tests import builders, city
from tests.deliveries import drain
from tests.statements import counting


def found(house: House, text: str = "") -> set[str]:
    return {hit.id for hit in house.search.search(Query(text=text)).hits}


def of(need_id: UUID) -> str:
    return document_id(Kind.NEED, need_id)


async def compare(house: House) -> tuple[int, int, int]:
    done = await reconcile.reconcile(house.database, house.search)
    return done.looked_at, done.told, done.unknown


async def three(house: House) -> list[UUID]:
    async with house.database.unit_of_work() as session:
        return [await builders.need(session, title) for title in ("读报", "助浴", "陪诊")]


async def test_a_city_at_rest_is_read_and_nothing_is_written(house: House) -> None:
    await three(house)
    await rebuild(house.database, house.search)
    before = house.search.status()
    assert await compare(house) == (3, 0, 0)
    assert house.search.status() == before


async def test_a_need_that_the_index_lost_is_told_again(house: House) -> None:
    lost, *_ = await three(house)
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        await indexer.tell(session, house.search, Kind.NEED, [lost])
    with house.search.begin_rebuild():
        pass  # an empty index takes over, as from an old copy
    assert found(house) == set()
    assert await compare(house) == (3, 3, 0)
    assert of(lost) in found(house)


async def test_a_change_whose_news_was_lost_is_told_again(house: House) -> None:
    changed, *_ = await three(house)
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Need, changed)).title = "理发"
        await publish(session, NeedChanged(changed))
    assert found(house, "理发") == set()
    assert (await compare(house))[1] == 1
    assert found(house, "理发") == {of(changed)}


@pytest.mark.parametrize("fact", ["closed_at", "cancelled_at"])
async def test_what_should_be_gone_is_removed(house: House, fact: str) -> None:
    over, *rest = await three(house)
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        setattr(await session.get_one(Need, over), fact, session.now())
    assert (await compare(house))[1] == 1
    assert found(house) == {of(one) for one in rest}


async def test_a_suspended_organisation_whose_news_was_lost_is_removed(house: House) -> None:
    async with house.database.unit_of_work() as session:
        suspended = await builders.organisation(session)
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Organisation, suspended)).suspended_at = session.now()
    await compare(house)
    assert found(house) == set()


async def test_a_renamed_tag_is_found_by_its_new_name_the_next_day(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, "上门服务", category_code="bathing_help")
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        await indexer.tell(session, house.search, Kind.NEED, [need_id])
        await session.execute(update(Tag).where(Tag.code == "bathing_help").values(name_zh="沐浴照护"))
    assert found(house, "沐浴照护") == set()
    await compare(house)
    assert found(house, "沐浴照护") == {of(need_id)}


async def test_a_document_that_no_row_knows_is_gone_after_the_night(house: House, clock: FixedClock) -> None:
    needs = await three(house)
    await rebuild(house.database, house.search)
    house.search.upsert([Document(id=of(new_id()), kind="need", version=1, title="谁也不认识")])
    before = house.search.status().generation
    clock.advance(timedelta(hours=17, minutes=30))  # 03:30 in Shanghai
    async with house.database.reading() as session:
        await house.upkeep.reconcile_at_night(session)
    await house.upkeep.finish()
    assert found(house) == {of(one) for one in needs}
    assert house.search.status().generation != before


async def test_the_index_is_compared_in_the_small_hours_only(house: House, clock: FixedClock) -> None:
    lost, *_ = await three(house)
    with house.search.begin_rebuild():
        pass
    for hours, is_back in ((0, False), (17, True)):  # 10:00, 03:00
        clock.advance(timedelta(hours=hours))
        async with house.database.reading() as session:
            await house.upkeep.reconcile_at_night(session)
        await house.upkeep.finish()
        assert (of(lost) in found(house)) is is_back


async def test_comparing_costs_the_same_statements_for_few_rows_and_for_many(house: House) -> None:
    await three(house)
    await rebuild(house.database, house.search)
    with counting(house) as few:
        await compare(house)
    for _ in range(5):
        await three(house)
    await rebuild(house.database, house.search)
    with counting(house) as many:
        await compare(house)
    assert len(many) == len(few)


async def test_an_edition_with_other_names_reaches_the_search_by_its_news(house: House) -> None:
    async with house.database.unit_of_work() as session:
        here = await builders.need(session, "读报")
        await builders.need(session, "读报", area_code=city.TIANPING_COMMUNITY)
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        await session.execute(
            update(Area).where(Area.code == city.JIANGSU_ROAD).values(name="梧桐里街道", name_en="Wutongli")
        )
        await publish(session, AreasRenamed(new_id(), (city.JIANGSU_ROAD,)))
    await drain(house)
    assert found(house, "梧桐里") == found(house, "wutongli") == {of(here)}


async def test_importing_an_edition_tells_which_areas_have_other_names(house: House) -> None:
    async with house.database.unit_of_work() as session:
        rows = (await session.scalars(select(Area))).all()
        newer = [
            Division(
                row.code,
                "梧桐里街道" if row.code == city.JIANGSU_ROAD else row.name,
                Level(row.level),
                row.parent_code,
            )
            for row in rows
        ]
        here = await builders.need(session, "读报")
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        await import_edition(session, Edition("2030", date(2030, 6, 30), "测试"), newer)
    await drain(house)
    assert found(house, "梧桐里") == {of(here)}


async def test_who_lies_in_an_area_is_found_by_the_area_and_all_above_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        here = await builders.need(session)
        await builders.need(session, area_code=city.TIANPING_COMMUNITY)
        for code in (city.JIANGSU_COMMUNITY, city.JIANGSU_ROAD, city.CHANGNING):
            assert await sources.ids_in_areas(session, Kind.NEED, [code], 10) == [here]
        assert len(await sources.ids_in_areas(session, Kind.NEED, [city.CHANGNING, city.XUHUI], 1)) == 1
