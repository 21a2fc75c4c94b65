"""The pages on which needs are found: the search, the front page and the feed."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from sqlalchemy import event

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from marketplace.identity.viewer import Role
from tests import builders, city
from tests.web.visitor import Visitor

ATOM = "{http://www.w3.org/2005/Atom}"


async def need(house: House, title: str = "陪老人就医", **facts: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, title, **facts)
        await builders.shift(session, need_id)
    return need_id


async def person(house: House, **facts: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        return await builders.person(session, **{"locale": "en", **facts})


async def test_a_card_answers_without_a_tap(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
    need_id = await need(house, minimum_age=16, organisation_id=organisation_id)
    await rebuild(house.database, house.search)
    page = await visitor.get("/needs")
    assert page.status == 200
    for fact in (
        "陪老人就医",
        "Tue 24 Nov, 10:00–12:00",
        "2 h",
        "江苏路街道社区服务中心",
        "2 places left of 2",
        "16 years or older",
        "暖阳助老服务社",
        "1 open need",
    ):
        assert fact in page.text, fact
    assert f"/needs/{need_id}" in page.links
    assert "You can take this" not in page.text


async def test_the_page_costs_a_stranger_four_statements(house: House, visitor: Visitor) -> None:
    for number in range(25):
        await need(house, f"第{number}项")
    await rebuild(house.database, house.search)
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "ROLLBACK")):
            seen.append(statement)

    event.listen(house.database.engine.sync_engine, "before_cursor_execute", note)
    page = await visitor.get("/needs")
    assert page.text.count("第") == 20
    assert len(seen) <= 4, seen


async def test_a_volunteer_sees_what_they_can_take_and_the_reason_where_not(
    house: House, visitor: Visitor
) -> None:
    await need(house)
    await need(house, "游泳救生", minimum_age=60)
    await rebuild(house.database, house.search)
    await visitor.sign_in(await person(house))
    page = await visitor.get("/needs")
    assert "You can take this" in page.text
    assert "minimum age of 60" in page.text
    only = await visitor.get("/needs?only_suitable=on")
    assert "游泳救生" not in only.text
    assert "陪老人就医" in only.text


async def test_a_stranger_signs_in_first_to_see_what_they_can_take(visitor: Visitor) -> None:
    page = await visitor.get("/needs?only_suitable=on")
    assert page.status == 303
    assert page.location is not None and page.location.startswith("/sign-in")


async def test_who_can_take_nothing_yet_reads_why_and_sees_everything(house: House, visitor: Visitor) -> None:
    await need(house)
    await rebuild(house.database, house.search)
    await visitor.sign_in(await person(house, birth_date=None))
    page = await visitor.get("/needs?only_suitable=on")
    assert page.status == 200
    assert "birth date" in page.text
    assert "陪老人就医" in page.text


async def test_filters_are_links_with_counts_and_can_be_taken_away(house: House, visitor: Visitor) -> None:
    await need(house, category_code="bathing_help")
    await need(house, "植树", category_code="environment", area_code=city.TIANPING_COMMUNITY)
    await rebuild(house.database, house.search)
    page = await visitor.get("/needs")
    assert "/needs?category=environment" in page.links
    assert f"/needs?area={city.XUHUI}" in page.links
    narrowed = await visitor.get(f"/needs?category=environment&area={city.XUHUI}&text=植树")
    assert "1 open need" in narrowed.text
    assert "陪老人就医" not in narrowed.text
    assert any(link == f"/needs?category=environment&area={city.XUHUI}" for link in narrowed.links)


async def test_the_search_keeps_the_filters_and_the_filters_the_search(visitor: Visitor) -> None:
    page = await visitor.get("/needs?text=cn&category=environment&day_from=2026-11-25")
    search = page.form("/needs", "text", "category", "day_from")
    assert search.fields["category"] == ["environment"]
    filters = page.form("/needs", "within_km")
    assert filters.fields["text"] == ["cn"]
    assert filters.fields["day_from"] == ["2026-11-25"]


async def test_an_empty_list_says_why_and_what_to_do(visitor: Visitor) -> None:
    assert "Nothing is asked for" in (await visitor.get("/needs")).text
    assert "Try other words" in (await visitor.get("/needs?text=助浴")).text
    narrowed = await visitor.get("/needs?text=助浴&category=elderly_care")
    assert "Take a filter away" in narrowed.text


async def test_without_the_engine_the_list_says_that_it_is_reduced(house: House, visitor: Visitor) -> None:
    await need(house)
    page = await visitor.get("/needs?text=就医")
    assert "The search is resting" in page.text
    assert "陪老人<mark>就医</mark>" in page.html
    await rebuild(house.database, house.search)
    assert "The search is resting" not in (await visitor.get("/needs?text=就医")).text


@pytest.mark.parametrize(
    "query",
    [
        "category=nonsense",
        "area=长宁",
        "area=310199000000",
        "day_from=yesterday",
        "day_from=0001-01-01",
        "day_from=2026-12-02&day_to=2026-12-01",
        "within_km=nan",
        "within_km=5",
        "sort=price",
        "sort=distance",
        "language=%00",
        "after=nonsense",
        "tags=nonsense",
        "tags=a&tags=%F0%9F%99%82",
    ],
)
async def test_a_filter_that_cannot_be_is_a_clear_error_that_keeps_the_rest(
    visitor: Visitor, query: str
) -> None:
    page = await visitor.get(f"/needs?text=cn&{query}")
    assert page.status == 422
    assert "Please look at this again" in page.text
    assert page.form("/needs", "within_km").fields["text"] == ["cn"]


async def test_a_nul_in_the_words_is_refused_by_name(visitor: Visitor) -> None:
    page = await visitor.get("/needs?text=%E5%8A%A9%00%E6%B5%B4&area=310105000000")
    assert page.status == 422
    assert "remove the invisible character" in page.text
    assert page.form("/needs", "within_km").fields["area"] == ["310105000000"]


@pytest.mark.parametrize(
    "query",
    [
        "text=%07",
        "text=%ED%A0%80",
        "text=" + "长" * 3000,
        "from=timeline&isappinstalled=0",
        "category=&area=&sort=",
    ],
)
async def test_any_other_query_is_answered(visitor: Visitor, query: str) -> None:
    assert (await visitor.get(f"/needs?{query}")).status == 200


async def test_a_raised_need_is_found_by_nobody(house: House, visitor: Visitor) -> None:
    need_id = await need(house, "还没发布", published=False)
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        organiser = await builders.viewer(session, role=Role.COMMUNITY_WORKER)
    for who in (None, await person(house), organiser.signed_in()):
        if who is not None:
            await visitor.sign_in(who)
        for path in ("/needs", "/needs?text=还没发布", "/", "/needs.atom"):
            assert str(need_id) not in (await visitor.get(path)).html


async def test_words_are_marked_in_the_title_and_in_the_best_stretch_of_the_text(
    house: House, visitor: Visitor
) -> None:
    long = "每周二上午在社区中心集合，" * 12 + "由两位志愿者上门助浴，" + "结束后请洗手。" * 20
    await need(house, "<b>老人助浴</b>", description=long)
    await rebuild(house.database, house.search)
    page = await visitor.get("/needs?text=助浴")
    assert "&lt;b&gt;老人<mark>助浴</mark>&lt;/b&gt;" in page.html
    assert "上门<mark>助浴</mark>" in page.html
    assert "集合，每周" not in page.text or page.text.count("…") == 2


async def test_a_name_in_the_address_that_says_nothing_is_left_out_and_said(visitor: Visitor) -> None:
    page = await visitor.get("/needs?colour=red&%3Cscript%3E=1&utm_source=x&from=timeline")
    assert page.status == 200
    assert "We left this out: <script>, colour." in page.text
    assert "<script>," not in page.html
    assert "left this out" not in (await visitor.get("/needs?utm_source=x&from=timeline")).text


async def test_a_long_text_is_cut_with_a_note(visitor: Visitor) -> None:
    assert "its first 10,000 characters" in (await visitor.get("/needs?text=" + "a " * 5_001)).text
    assert "its first 10,000 characters" not in (await visitor.get("/needs?text=" + "ab" * 5_000)).text


async def test_the_map_has_every_district_with_its_count_and_marks_the_chosen_one(
    house: House, visitor: Visitor
) -> None:
    await need(house)
    await rebuild(house.database, house.search)
    page = await visitor.get("/needs")
    assert "<title>Changning District 1</title>" in page.html
    assert "<title>Xuhui District 0</title>" in page.html
    assert page.html.count('class="district shade-4"') == 1
    chosen = await visitor.get(f"/needs?area={city.CHANGNING}")
    assert 'class="district shade-4 district-on"' in chosen.html


async def test_only_with_places_counts_what_there_is_and_keeps_it_in_the_address(
    house: House, visitor: Visitor
) -> None:
    await need(house)
    async with house.database.unit_of_work() as session:
        full = await builders.need(session, "满员")
        await builders.shift(session, full, places_taken=2)
    await rebuild(house.database, house.search)
    page = await visitor.get("/needs")
    assert "1 of those found" in page.text
    narrowed = await visitor.get("/needs?only_with_places=on")
    assert "1 open need" in narrowed.text and "满员" not in narrowed.text
    assert "only with places left" in narrowed.text


async def test_a_card_says_that_it_clashes(house: House, visitor: Visitor) -> None:
    await need(house)
    async with house.database.unit_of_work() as session:
        me = await builders.person(session, locale="en")
        own = await builders.need(session, "自己的班次", closed_at=session.now())
        await builders.sign_up(session, await builders.shift(session, own), me)
    await rebuild(house.database, house.search)
    await visitor.sign_in(me)
    assert "Clashes with a shift of yours" in (await visitor.get("/needs")).text
    assert "陪老人就医" not in (await visitor.get("/needs?only_suitable=on")).text


async def test_an_empty_list_offers_to_take_each_filter_away(visitor: Visitor) -> None:
    page = await visitor.get(f"/needs?text=xyzzyq&area={city.CHANGNING}")
    assert "Without Changning District" in page.text
    assert "/needs?text=xyzzyq" in page.links
    assert "/needs?category=elderly_care" in page.links


# --- the front page ---


async def test_the_front_page_shows_what_is_soon_and_the_figures(house: House, visitor: Visitor) -> None:
    await need(house)
    await rebuild(house.database, house.search)
    page = await visitor.get("/")
    for said in ("Soon", "陪老人就医", "open needs", "free places ahead", "How it works"):
        assert said in page.text, said
    assert "/needs?category=elderly_care" in page.links
    page.form("/needs", "text")


async def test_the_front_page_counts_a_kind_of_service_as_its_page_does(
    house: House, visitor: Visitor
) -> None:
    await need(house)
    async with house.database.unit_of_work() as session:
        await builders.need(session, "没有日期")
    await rebuild(house.database, house.search)
    assert "Care for older people 2" in " ".join((await visitor.get("/")).text.split())
    assert "2 open needs" in (await visitor.get("/needs?category=elderly_care")).text


async def test_the_front_page_tells_a_volunteer_what_comes_next(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        volunteer = await builders.person(session, birth_date=None, locale="en")
        shift_id = await builders.shift(session, await builders.need(session, "陪读"))
        await builders.sign_up(session, shift_id, volunteer)
    await need(house)
    await rebuild(house.database, house.search)
    await visitor.sign_in(volunteer)
    page = await visitor.get("/")
    for said in ("Next for you", "陪读", "Near you", "birth date"):
        assert said in page.text, said
    assert "How it works" not in page.text


async def test_a_volunteer_without_a_home_sees_what_is_soon(house: House, visitor: Visitor) -> None:
    await need(house)
    await visitor.sign_in(await person(house, home_area_code=None))
    page = await visitor.get("/")
    assert "Soon" in page.text
    assert "Say where you live" in page.text
    assert "You have no shift ahead" in page.text


async def test_the_front_page_of_an_empty_city_says_what_to_do(visitor: Visitor) -> None:
    page = await visitor.get("/")
    assert page.status == 200
    assert "Please look in again" in page.text


# --- the feed ---


async def test_the_feed_lists_new_needs_for_an_area_and_a_kind(house: House, visitor: Visitor) -> None:
    here = await need(house, "为老 & <助浴>", category_code="bathing_help", description="第一行\x0b第二行")
    await need(house, area_code=city.TIANPING_COMMUNITY)
    await need(house, published=False)
    page = await visitor.get(f"/needs.atom?area={city.CHANGNING}&category=elderly_care")
    assert page.answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(page.answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [here.urn]
    assert entries[0].findtext(f"{ATOM}title") == "为老 & <助浴>"
    assert feed.findtext(f"{ATOM}title") == "New needs · Changning District · Care for older people"
    assert feed.findtext(f"{ATOM}updated") == city.NOW.isoformat()


async def test_a_closed_need_leaves_the_feed(house: House, visitor: Visitor) -> None:
    await need(house, closed_at=city.NOW - timedelta(days=1))
    feed = ElementTree.fromstring((await visitor.get("/needs.atom")).answer.content)
    assert feed.findall(f"{ATOM}entry") == []


@pytest.mark.parametrize("query", ["area=1", "area=310199000000", "category=nonsense", "category=%00"])
async def test_a_feed_about_nothing_known_is_a_clear_error(visitor: Visitor, query: str) -> None:
    assert (await visitor.get(f"/needs.atom?{query}")).status == 422


@pytest.mark.parametrize("kilometres", ["3", "3.0", "7"])
async def test_a_distance_is_kept_whoever_wrote_the_address(visitor: Visitor, kilometres: str) -> None:
    page = await visitor.get(f"/needs?area={city.CHANGNING}&within_km={kilometres}")
    assert page.form("/needs", "within_km").fields["within_km"] == [kilometres]


async def test_only_the_first_names_that_say_nothing_are_told(visitor: Visitor) -> None:
    page = await visitor.get("/needs?" + "&".join(f"x{number}=1" for number in range(9)))
    assert "We left this out: x0, x1, x2, x3, x4, …." in page.text
