"""Stored scorecards as readers see them: suppressed below publication, in the order of names, in few statements, for whom they are."""

from datetime import date
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.formula import Band
from marketplace.delivery.scorecards import counting, queries
from marketplace.delivery.scorecards.errors import TooManyToCompare
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import CursorIsInvalid, PageRequest
from marketplace.organisations.models import Organisation
from tests import builders, city, delivering
from tests.delivery.scorecards import scene
from tests.statements import counting as counting_statements

SERVICE = delivering.SERVICE


async def test_below_publication_only_k_of_ten_is_told(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5] * 9)
    await scene.computed(house)
    async with house.database.reading() as session:
        (row,) = await queries.newest(session, under.organisation_id)
    assert (row.raters, row.wanted, row.is_public) == (9, 10, False)
    assert row.sums is row.distribution is row.ratings is row.own_mean is row.effective is None
    assert row.dimensions == () and row.would_continue is None
    assert row.response_rate == 1.0


async def test_above_it_everything_is(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5] * 12, handling=None)
        await scene.unused(session, under, 4)
    await scene.computed(house)
    async with house.database.reading() as session:
        (row,) = await queries.newest_of_many(session, [under.organisation_id, new_id()], SERVICE)
        assert await queries.newest_of_many(session, [under.organisation_id], "child_care") == []
    assert (row.service.name_en, row.as_of, row.ratings) == ("Care for older people", scene.LAST_DAY, 12)
    assert (row.own_mean, row.effective) == (50_000, 120_000)
    told = {one.name: (one.answers, one.mean) for one in row.dimensions}
    assert told["respect"] == (12, 50_000) and told["handling"] == (None, None)
    assert row.response_rate == 0.75
    assert row.band is Band.AS_THE_CITY


async def test_a_page_is_one_statement_with_trend_and_facts(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        for month, score in ((8, 44_000), (9, 45_000), (10, 46_000)):
            period_id = await delivering.period(session, closed=True, starts_on=date(2026, month, 1))
            await delivering.scorecard(
                session, under.organisation_id, period_id, score=score, as_of=date(2026, month, 28)
            )
        await delivering.scorecard(
            session,
            under.organisation_id,
            await delivering.period(session, closed=True, starts_on=date(2026, 8, 1)),
            service_type="child_care",
        )
        await delivering.delivery(session, under)
        await counting.count_all(session)
    with counting_statements(house) as statements:
        async with house.database.reading() as session:
            found = await queries.provider_cards(session, STRANGER, under.organisation_id)
    assert len(statements) == 1
    (cell,) = found.cells
    assert [one.score for one in cell.trend] == [44_000, 45_000, 46_000]
    assert cell.newest is cell.trend[-1]
    assert cell.facts is not None and cell.facts["deliveries_done"] == 1 and cell.facts["added_fen"] == 0


async def test_who_has_facts_alone_has_a_page_and_who_has_nothing_has_an_empty_one(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await delivering.delivery(session, under)
        await counting.count_all(session)
        nobody = await builders.organisation(session, "乐龄家园")
    async with house.database.reading() as session:
        (cell,) = (await queries.provider_cards(session, STRANGER, under.organisation_id)).cells
        assert cell.newest is None and cell.facts is not None
        assert (await queries.provider_cards(session, STRANGER, nobody)).cells == []
        with pytest.raises(NotFound):
            await queries.provider_cards(session, STRANGER, new_id())


async def test_a_suspended_provider_is_hidden_from_strangers_and_outsiders_but_not_from_its_own(
    house: House,
) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        card_id = await delivering.scorecard(session, under.organisation_id)
        await delivering.delivery(session, under)
        await counting.count_all(session)
        (await session.get_one(Organisation, under.organisation_id)).suspended_at = session.now()
        outsider = await builders.viewer(session, "路人甲")
    key = (under.organisation_id, SERVICE)
    for viewer, sees in ((STRANGER, False), (outsider, False), (under.manager, True)):
        async with house.database.reading() as session:
            assert bool(await queries.by_ids(session, viewer, [card_id])) is sees
            assert bool(await queries.of_organisations(session, viewer, [under.organisation_id])) is sees
            assert bool(await queries.trends_of(session, viewer, [key])) is sees
            assert bool(await queries.facts_of(session, viewer, [under.organisation_id])) is sees
            assert bool(await queries.services(session, viewer)) is sees
            assert bool((await queries.directory(session, viewer, SERVICE, PageRequest())).rows) is sees
            assert bool(await queries.compare(session, viewer, SERVICE, [under.organisation_id])) is sees


async def providers(house: House, *names: str) -> list[UUID]:
    """Organisations with a scorecard each, the first with the lowest score."""
    made = []
    async with house.database.unit_of_work() as session:
        for number, name in enumerate(names):
            organisation_id = await builders.organisation(session, name)
            await delivering.scorecard(session, organisation_id, score=44_500 + number)
            made.append(organisation_id)
    return made


async def test_the_directory_goes_by_the_sound_of_names_page_by_page(house: House) -> None:
    names = ("中山社工站", "爱晚服务社", "长宁助老", "Bamboo Care", "宝贝之家")
    await providers(house, *names)
    seen: list[str] = []
    after = None
    while True:
        async with house.database.reading() as session:
            page = await queries.directory(session, STRANGER, SERVICE, PageRequest(2, after))
        seen += [row.provider.name for row in page.rows]
        assert page.total == 5
        if not page.has_next:
            break
        after = page.end_cursor
    assert seen == ["爱晚服务社", "Bamboo Care", "宝贝之家", "长宁助老", "中山社工站"]


async def test_the_directory_can_be_narrowed_to_a_district(house: House) -> None:
    here, there = await providers(house, "暖阳", "春晖")
    async with house.database.unit_of_work() as session:
        (await session.get_one(Organisation, there)).area_code = city.XUHUI
    async with house.database.reading() as session:
        page = await queries.directory(session, STRANGER, SERVICE, PageRequest(), city.CHANGNING)
        (one,) = await queries.services(session, STRANGER, city.CHANGNING)
    assert [row.provider.id for row in page.rows] == [here]
    assert (one.providers, one.published, one.service.code) == (1, 1, SERVICE)


@pytest.mark.parametrize("after", ["nonsense", "x" * 100_000])
async def test_a_cursor_of_ones_own_making_is_refused(house: House, after: str) -> None:
    async with house.database.reading() as session:
        with pytest.raises(CursorIsInvalid):
            await queries.directory(session, STRANGER, SERVICE, PageRequest(20, after))


async def test_a_service_that_is_none_finds_nothing(house: House) -> None:
    await providers(house, "暖阳")
    async with house.database.reading() as session:
        for code in ("no_such", "长" * 100_000, "a\0b"):
            assert (await queries.directory(session, STRANGER, code, PageRequest())).rows == []
            assert await queries.compare(session, STRANGER, code, [new_id()]) == []


async def test_the_directory_asks_as_often_for_many_as_for_one(house: House) -> None:
    async def sent() -> int:
        with counting_statements(house) as statements:
            async with house.database.reading() as session:
                await queries.directory(session, STRANGER, SERVICE, PageRequest())
        return len(statements)

    await providers(house, "暖阳")
    few = await sent()
    await providers(house, *(f"机构{number}" for number in range(8)))
    assert await sent() == few == 2


async def test_at_most_four_stand_side_by_side_whatever_they_scored(house: House) -> None:
    made = await providers(house, "中山社工站", "爱晚服务社", "长宁助老", "宝贝之家", "春晖")
    async with house.database.unit_of_work() as session:
        unrated = await builders.organisation(session, "安心到家")
    async with house.database.reading() as session:
        with counting_statements(house) as statements:
            found = await queries.compare(session, STRANGER, SERVICE, [*made[:3], unrated])
        assert len(statements) == 1
        with pytest.raises(TooManyToCompare):
            await queries.compare(session, STRANGER, SERVICE, made)
        twice = await queries.compare(session, STRANGER, SERVICE, [*made[:4], made[0], made[0]])
    assert [one.provider.name for one in found] == ["爱晚服务社", "安心到家", "长宁助老", "中山社工站"]
    assert [one.card is None for one in found] == [False, True, False, False]
    assert len(twice) == 4


async def test_officers_of_the_area_see_a_provider_before_it_is_verified(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session, "暖阳", verified_at=None)
        await delivering.scorecard(session, organisation_id)
        officer = await builders.viewer(session, "区民政老陈", Role.DISTRICT_OFFICER, city.CHANGNING)
    async with house.database.reading() as session:
        assert (await queries.provider_cards(session, officer, organisation_id)).cells
        with pytest.raises(NotFound):
            await queries.provider_cards(session, STRANGER, organisation_id)
