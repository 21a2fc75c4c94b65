"""Finding needs: by any word and wish, never what is hidden, and still when the engine is down."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from marketplace.bootstrap import House
from marketplace.discovery.organisations import matching_organisations
from marketplace.identity.models import PersonQualification
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.errors import InputIsInvalid, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import CursorIsInvalid, encode_cursor
from marketplace.organisations.models import Organisation
from marketplace.volunteering.errors import BirthDateIsUnknown, GuardianHasNotConsented
from marketplace.volunteering.models import Need
from matching.index import Condition
from tests import builders, city
from tests.discovery.finders import WAYS, find, ids, need, prepare, someone


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen.append(statement)

    engine = house.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


# --- scenario 33: words ---


@pytest.mark.parametrize(
    "text", ["助浴", "助浴服务", "老人助浴", "changning", "cn", "長寧", "长宁", "江苏路", "bathing"]
)
async def test_a_need_is_found_by_any_of_its_words(house: House, text: str) -> None:
    wanted = await need(house, "老人助浴服务", category_code="bathing_help")
    await need(
        house,
        "读报",
        area_code=city.TIANPING_COMMUNITY,
        place="天平路街道社区中心",
        description="每周读报一次。",
    )
    await prepare(house, "index")
    found = await find(house, text=text)
    assert ids(found) == [wanted]
    assert not found.reduced


async def test_without_an_index_words_are_found_in_the_rows(house: House) -> None:
    wanted = await need(house, "老人助浴服务")
    await need(house, "读报", area_code=city.TIANPING_COMMUNITY, place="天平路", description="每周一次。")
    for text in ("助浴", "長寧", "changning", "cn", "江苏路"):
        found = await find(house, text=text)
        assert ids(found) == [wanted], text
        assert found.reduced


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "_",
        "'; drop table needs; --",
        "\\",
        "AND OR NOT (",
        "🙂",
        "a" * 5000,
        "\x07\x1b",
        "\ud800",
        "title:x*",
        "\u202e",
    ],
)
async def test_any_text_is_a_valid_question(house: House, way: str, text: str) -> None:
    await need(house)
    await prepare(house, way)
    found = await find(house, text=text)
    assert found.total >= 0


async def test_text_about_nothing_finds_nothing(house: House, way: str) -> None:
    await need(house)
    await prepare(house, way)
    assert ids(await find(house, text="🙂")) == []


async def test_a_near_match_says_that_it_is_one(house: House) -> None:
    wanted = await need(house, "Reading with children")
    await prepare(house, "index")
    found = await find(house, text="Raeding childrne")
    assert found.approximate is (ids(found) == [wanted])


# --- scenario 34: what is hidden stays hidden ---


@pytest.mark.parametrize("fact", ["published_at", "closed_at", "cancelled_at", "declined_at"])
async def test_what_is_no_longer_open_is_not_shown_whatever_the_index_says(house: House, fact: str) -> None:
    hidden, shown = await need(house), await need(house, starts_in=timedelta(days=3))
    await prepare(house, "index")
    async with house.database.unit_of_work() as session:
        row = await session.get_one(Need, hidden)
        setattr(row, fact, None if fact == "published_at" else session.now())
    assert ids(await find(house)) == [shown]


async def test_a_stranger_an_outsider_and_its_organiser_find_no_unpublished_need(
    house: House, way: str
) -> None:
    await need(house, published=False)
    await prepare(house, way)
    outsider = await someone(house)
    organiser = await someone(house, role=Role.COMMUNITY_WORKER, scope=city.JIANGSU_ROAD)
    for viewer in (STRANGER, outsider, organiser):
        assert ids(await find(house, viewer)) == []


# --- scenario 35: without the engine ---


async def test_listing_goes_on_without_the_engine_and_says_so_until_it_has_healed(house: House) -> None:
    wanted = await need(house)
    await prepare(house, "index")
    assert not (await find(house)).reduced
    shutil.rmtree(house.settings.data_folder / "search" / "generations")
    reduced = await find(house, text="就医")
    assert (ids(reduced), reduced.reduced) == ([wanted], True)
    async with house.database.reading() as session:
        await house.upkeep.heal(session)
    await house.upkeep.finish()
    assert house.search.status().condition is Condition.READY
    assert not (await find(house, text="就医")).reduced


async def test_searching_goes_on_while_the_index_is_rebuilt(house: House) -> None:
    wanted = await need(house)
    await prepare(house, "index")
    with house.search.begin_rebuild():
        found = await find(house)
    assert (ids(found), found.reduced) == ([wanted], False)


# --- wishes ---


async def test_a_category_stands_for_those_under_it(house: House, way: str) -> None:
    bathing = await need(house, category_code="bathing_help")
    await need(house, category_code="environment")
    await prepare(house, way)
    assert ids(await find(house, category="elderly_care")) == [bathing]
    assert ids(await find(house, category="bathing_help")) == [bathing]


async def test_an_area_stands_for_all_below_it(house: House, way: str) -> None:
    here = await need(house)
    await need(house, area_code=city.TIANPING_COMMUNITY)
    await prepare(house, way)
    for area in (city.CHANGNING, city.JIANGSU_ROAD, city.JIANGSU_COMMUNITY):
        assert ids(await find(house, area=area)) == [here]
    assert ids(await find(house, area=city.HUAYANG)) == []
    assert len(ids(await find(house, area=city.CITY))) == 2


async def test_days_are_local_and_the_last_one_is_included(house: House, way: str) -> None:
    # The clock stands at 10:00 on 22 November in Shanghai.
    late_on_the_24th = await need(house, starts_in=timedelta(days=2, hours=13, minutes=30))
    early_on_the_25th = await need(house, starts_in=timedelta(days=2, hours=14, minutes=30))
    await prepare(house, way)
    day = date(2026, 11, 24)
    assert ids(await find(house, day_from=day, day_to=day)) == [late_on_the_24th]
    assert ids(await find(house, day_from=date(2026, 11, 25))) == [early_on_the_25th]
    assert ids(await find(house, day_to=day)) == [late_on_the_24th]


async def test_the_card_shows_the_shift_of_the_chosen_days(house: House, way: str) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        await builders.shift(session, need_id, starts_in=timedelta(days=1))
        wanted = await builders.shift(session, need_id, starts_in=timedelta(days=5))
    await prepare(house, way)
    day = date(2026, 11, 27)
    (card,) = (await find(house, day_from=day, day_to=day)).page.rows
    assert card.shift is not None and card.shift.id == wanted


async def test_the_soonest_comes_first_and_what_has_no_date_last(house: House, way: str) -> None:
    async with house.database.unit_of_work() as session:
        undated = await builders.need(session)
    later = await need(house, starts_in=timedelta(days=9))
    sooner = await need(house, starts_in=timedelta(days=1))
    await prepare(house, way)
    assert ids(await find(house)) == [sooner, later, undated]


async def test_distance_is_measured_from_home_or_from_the_chosen_area(house: House, way: str) -> None:
    near = await need(house, latitude=31.2210, longitude=121.4250)
    far = await need(house, latitude=31.1885, longitude=121.4362)
    await prepare(house, way)
    neighbour = await someone(house, latitude=31.2204, longitude=121.4246)
    found = await find(house, neighbour, within_km=1)
    assert ids(found) == [near]
    assert found.page.rows[0].metres == pytest.approx(77, abs=5)
    assert ids(await find(house, neighbour, sort="distance")) == [near, far]
    assert ids(await find(house, STRANGER, within_km=1, area=city.XUHUI)) == [far]


async def test_a_need_without_a_point_is_taken_to_be_in_the_middle_of_its_district(
    house: House, way: str
) -> None:
    wanted = await need(house)
    await prepare(house, way)
    found = await find(house, STRANGER, within_km=1, area=city.CHANGNING)
    assert ids(found) == [wanted]
    assert found.page.rows[0].metres is None


async def test_tags_and_a_language_must_all_be_there(house: House, way: str) -> None:
    both = await need(house, tags=["english", "driving"])
    await need(house, tags=["english"])
    await prepare(house, way)
    assert ids(await find(house, language="english", tags=["driving"])) == [both]


async def test_only_what_one_can_take(house: House, way: str) -> None:
    fitting = await need(house)
    await need(house, minimum_age=50)
    await need(house, is_risky=True)
    insured = await need(house, is_risky=True, insurance="意外险", starts_in=timedelta(days=3))
    first_aid = await need(house, qualifications=["first_aid"], starts_in=timedelta(days=4))
    both = await need(house, qualifications=["first_aid", "teacher"], starts_in=timedelta(days=5))
    await prepare(house, way)
    viewer = await someone(house)
    assert ids(await find(house, viewer, only_suitable=True)) == [fitting, insured]
    async with house.database.unit_of_work() as session:
        session.add(
            PersonQualification(
                id=new_id(),
                person_id=viewer.person_id,
                qualification_code="first_aid",
                stated_at=session.now(),
                verified_at=session.now(),
            )
        )
    found = await find(house, viewer, only_suitable=True)
    assert ids(found) == [fitting, insured, first_aid]
    assert found.total == 3
    reasons = {card.id: card.reasons for card in (await find(house, viewer)).page.rows}
    assert reasons[fitting] == []
    assert [reason.code for reason in reasons[both] or ()] == ["qualification_is_missing"]


async def test_who_can_take_nothing_is_told_why(house: House) -> None:
    await need(house)
    await prepare(house, "index")
    ageless = await someone(house, birth_date=None)
    minor = await someone(house, birth_date=date(2012, 1, 1))
    with pytest.raises(BirthDateIsUnknown) as unknown:
        await find(house, ageless, only_suitable=True)
    with pytest.raises(GuardianHasNotConsented):
        await find(house, minor, only_suitable=True)
    with pytest.raises(SignInNeeded):
        await find(house, STRANGER, only_suitable=True)
    assert unknown.value.article


async def test_the_card_knows_ones_own_sign_up(house: House) -> None:
    viewer = await someone(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_id = await builders.shift(session, need_id)
        await builders.sign_up(session, shift_id, viewer.signed_in())
    await prepare(house, "index")
    (mine,) = (await find(house, viewer)).page.rows
    (seen,) = (await find(house)).page.rows
    assert mine.sign_up is not None and mine.sign_up.shift_id == shift_id
    assert (seen.sign_up, seen.reasons) == (None, None)


# --- counts ---


async def test_choices_are_counted_beside_the_chosen_one(house: House, way: str) -> None:
    await need(house, category_code="bathing_help")
    await need(house, category_code="environment", area_code=city.TIANPING_COMMUNITY)
    await prepare(house, way)
    found = await find(house, category="bathing_help", area=city.CHANGNING)
    assert found.total == 1
    assert found.by_category == {"bathing_help": 1, "elderly_care": 1}
    assert found.by_district == {city.CHANGNING: 1}
    everywhere = await find(house)
    assert everywhere.by_category == {"bathing_help": 1, "elderly_care": 1, "environment": 1}
    assert everywhere.by_district == {city.CHANGNING: 1, city.XUHUI: 1}


# --- wishes that cannot be ---


@pytest.mark.parametrize(
    ("wishes", "field", "code"),
    [
        ({"category": "nonsense"}, "category", "unknown_choice"),
        ({"language": "driving"}, "language", "unknown_choice"),
        ({"tags": ["nonsense"]}, "tags", "unknown_choice"),
        ({"area": "310199000000"}, "area", "unknown_choice"),
        ({"area": "长宁"}, "area", "string_pattern_mismatch"),
        ({"day_from": "2026-02-31"}, "day_from", "date_from_datetime_parsing"),
        ({"day_from": "0001-01-01"}, "day_from", "date_out_of_range"),
        ({"day_to": "9999-12-31"}, "day_to", "date_out_of_range"),
        ({"day_from": "2026-11-25", "day_to": "2026-11-24"}, "day_to", "days_out_of_order"),
        ({"within_km": "nan"}, "within_km", "finite_number"),
        ({"within_km": "1e9"}, "within_km", "less_than_equal"),
        ({"within_km": "-1"}, "within_km", "greater_than"),
        ({"within_km": 3}, "within_km", "nowhere_to_measure_from"),
        ({"sort": "distance"}, "sort", "nowhere_to_measure_from"),
        ({"sort": "price"}, "sort", "enum"),
        ({"text": "助\x00浴"}, "text", "nul_character"),
        ({"colour": "red"}, "colour", "extra_forbidden"),
    ],
)
async def test_a_wish_that_cannot_be_is_a_clear_error(
    house: House, wishes: dict[str, Any], field: str, code: str
) -> None:
    await prepare(house, "index")
    with pytest.raises(InputIsInvalid) as refused:
        await find(house, STRANGER, **wishes)
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [(field, code)]


@pytest.mark.parametrize(
    "after", ["nonsense", encode_cursor(-1), encode_cursor("x"), encode_cursor(10**12), "W3RydWVd"]
)
async def test_a_cursor_of_another_list_is_a_clear_error(house: House, after: str) -> None:
    await prepare(house, "index")
    with pytest.raises(CursorIsInvalid):
        await find(house, after=after)


# --- pages ---


async def test_pages_follow_each_other_without_a_gap(house: House, way: str) -> None:
    wanted = [await need(house, starts_in=timedelta(days=day)) for day in range(1, 8)]
    await prepare(house, way)
    seen: list[UUID] = []
    after = None
    while True:
        found = await find(house, first=3, after=after)
        seen += ids(found)
        after = found.page.end_cursor
        if not found.page.has_next:
            break
    assert seen == wanted


async def test_a_hidden_hit_does_not_stop_the_reader(house: House) -> None:
    wanted = [await need(house, starts_in=timedelta(days=day)) for day in range(1, 6)]
    await prepare(house, "index")
    async with house.database.unit_of_work() as session:
        (await session.get_one(Need, wanted[1])).closed_at = session.now()
    first = await find(house, first=2)
    second = await find(house, first=2, after=first.page.end_cursor)
    assert (ids(first), ids(second)) == ([wanted[0]], wanted[2:4])


async def test_a_page_of_fifty_costs_a_stranger_four_statements(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        for number in range(55):
            need_id = await builders.need(session, f"第{number}项", organisation_id=organisation_id)
            await builders.shift(session, need_id, starts_in=timedelta(days=1, minutes=number))
    await prepare(house, "index")
    with statements(house) as seen:
        found = await find(house, first=50)
    assert len(found.page.rows) == 50
    assert all(card.row.organisation is not None for card in found.page.rows)
    assert len(seen) <= 4


async def test_a_longer_page_costs_a_viewer_no_more_statements(house: House, way: str) -> None:
    viewer = await someone(house)
    for day in range(1, 9):
        await need(house, starts_in=timedelta(days=day))
    await prepare(house, way)
    with statements(house) as short:
        await find(house, viewer, first=2)
    with statements(house) as long:
        await find(house, viewer, first=8)
    assert len(long) == len(short) <= 24


# --- organisations ---


async def test_an_organisation_is_found_by_name_pinyin_and_place_once_it_is_verified(house: House) -> None:
    async with house.database.unit_of_work() as session:
        sunny = await builders.organisation(session, "暖阳助老服务社")
        await builders.organisation(session, "暖风服务社", verified=False)
    await prepare(house, "index")
    async with house.database.reading() as session:
        for text in ("暖阳", "nuanyang", "助老"):
            found = await matching_organisations(session, STRANGER, house.search, text, 3)
            assert [row.id for row in found] == [sunny], text


async def test_a_suspended_organisation_is_not_shown_whatever_the_index_says(house: House) -> None:
    async with house.database.unit_of_work() as session:
        suspended = await builders.organisation(session)
    await prepare(house, "index")
    async with house.database.unit_of_work() as session:
        (await session.get_one(Organisation, suspended)).suspended_at = session.now()
        assert await matching_organisations(session, STRANGER, house.search, "暖阳", 3) == []


async def test_without_the_engine_no_organisations_are_added(house: House) -> None:
    async with house.database.reading() as session:
        assert await matching_organisations(session, STRANGER, house.search, "暖阳", 3) == []
