"""Finding needs through the graph: the same answers as the page's, for programs."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from marketplace.organisations.models import OrganisationField
from marketplace.volunteering.models import NeedTag
from tests import builders, city
from tests.graph.client import api_token, graph_client, operation
from tests.statements import counting

SEARCH = "search/search_needs"
ORGANISATIONS = "search/search_organisations"


async def build(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for days, facts in enumerate(
            (
                {"title": "老人助浴", "category_code": "bathing_help"},
                {"title": "植树", "category_code": "environment", "area_code": city.TIANPING_COMMUNITY},
                {"title": "游泳救生", "minimum_age": 60},
                {"title": "未发布", "published": False},
            ),
            1,
        ):
            need_id = await builders.need(session, **facts)  # type: ignore[arg-type]
            await builders.shift(session, need_id, starts_in=timedelta(days=days))
    await rebuild(house.database, house.search)


def titles(found: dict[str, Any]) -> list[str]:
    return [node["need"]["title"] for node in found["nodes"]]


async def test_a_stranger_finds_by_words_and_reads_the_counts(house: House) -> None:
    await build(house)
    async with graph_client(house) as client:
        found = (
            await client.data(
                operation(SEARCH), wishes={"text": "cn", "category": "elderly_care", "sort": "DATE"}
            )
        )["searchNeeds"]
    assert titles(found) == ["老人助浴", "游泳救生"]
    assert found["totalCount"] == 2
    assert [(one["code"], one["count"]) for one in found["byCategory"]] == [
        ("elderly_care", 2),
        ("bathing_help", 1),
    ]
    assert found["byDistrict"][0]["nameEn"] == "Changning District"
    assert (found["isReduced"], found["nodes"][0]["hindrances"]) == (False, None)


async def test_a_volunteers_program_reads_why_not(house: House) -> None:
    await build(house)
    async with house.database.unit_of_work() as session:
        token = await api_token(session, await builders.person(session), "read")
    async with graph_client(house, token=token) as client:
        found = (await client.data(operation(SEARCH)))["searchNeeds"]
        fitting = (await client.data(operation(SEARCH), wishes={"onlySuitable": True}))["searchNeeds"]
    reasons = {node["need"]["title"]: [one["code"] for one in node["hindrances"]] for node in found["nodes"]}
    assert reasons == {"老人助浴": [], "植树": [], "游泳救生": ["person_is_too_young"]}
    assert titles(fitting) == ["老人助浴", "植树"]


async def test_pages_go_on_where_the_last_one_ended(house: House) -> None:
    await build(house)
    seen: list[str] = []
    after = None
    async with graph_client(house) as client:
        while True:
            found = (await client.data(operation(SEARCH), first=1, after=after))["searchNeeds"]
            seen += titles(found)
            after = found["pageInfo"]["endCursor"]
            if not found["pageInfo"]["hasNextPage"]:
                break
    assert seen == ["老人助浴", "植树", "游泳救生"]


async def test_without_the_engine_the_answer_says_that_it_is_reduced(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await builders.need(session)
    async with graph_client(house) as client:
        found = (await client.data(operation(SEARCH), wishes={"text": "就医"}))["searchNeeds"]
    assert (titles(found), found["isReduced"]) == (["陪老人就医"], True)


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"category": "nonsense"}, "input_is_invalid"),
        ({"withinKm": 5}, "input_is_invalid"),
        ({"withinKm": 1e300}, "input_is_invalid"),
        ({"tags": ["x"] * 11}, "input_is_invalid"),
        ({"dayFrom": "2026-12-02", "dayTo": "2026-12-01"}, "input_is_invalid"),
        ({"language": "nonsense"}, "input_is_invalid"),
        ({"onlySuitable": True}, "sign_in_needed"),
    ],
)
async def test_a_wish_that_cannot_be_is_a_clear_error(
    house: House, wishes: dict[str, Any], code: str
) -> None:
    async with graph_client(house) as client:
        answer = await client.ask(operation(SEARCH), wishes=wishes)
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


@pytest.mark.parametrize("wishes", [{"colour": "red"}, {"sort": "CHEAPEST"}, {"onlyWithPlaces": "maybe"}])
async def test_an_unknown_wish_or_order_is_named(house: House, wishes: dict[str, Any]) -> None:
    async with graph_client(house) as client:
        answer = await client.ask(operation(SEARCH), wishes=wishes)
    (error,) = answer["errors"]
    assert next(iter(wishes)) in error["message"] or "CHEAPEST" in error["message"]


async def test_words_are_marked_in_code_points(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await builders.need(session, "🙂为老人助浴", description="每周助浴一次。")
    await rebuild(house.database, house.search)
    async with graph_client(house) as client:
        found = (await client.data(operation(SEARCH), wishes={"text": "助浴"}))["searchNeeds"]
    (node,) = found["nodes"]
    marked = [(one["field"], one["start"], one["end"]) for one in node["highlights"]]
    assert marked == [("TITLE", 4, 6), ("DESCRIPTION", 2, 4)]


async def test_a_long_text_is_cut_and_the_answer_says_so(house: House) -> None:
    async with graph_client(house) as client:
        short = (await client.data(operation(SEARCH), wishes={"text": "浴" * 10_000}))["searchNeeds"]
        long = (await client.data(operation(SEARCH), wishes={"text": "浴" * 10_001}))["searchNeeds"]
    assert (short["isCut"], long["isCut"]) == (False, True)


async def test_places_languages_and_clashes_as_three_visitors_see_them(house: House) -> None:
    async with house.database.unit_of_work() as session:
        member, outsider = await builders.person(session), await builders.person(session)
        need_id = await builders.need(session, "同一时间")
        session.add(NeedTag(need_id=need_id, tag_code="english"))
        await builders.shift(session, need_id)
        full = await builders.need(session, "满员")
        await builders.shift(session, full, places_taken=2)
        own = await builders.need(session, "自己的", closed_at=session.now())
        await builders.sign_up(session, await builders.shift(session, own), member)
        tokens = [await api_token(session, one, "read") for one in (member, outsider)]
    await rebuild(house.database, house.search)
    clashes: list[list[Any]] = []
    suitable: list[int] = []
    for token in (None, *tokens):
        async with graph_client(house, token=token) as client:
            found = (await client.data(operation(SEARCH), wishes={"onlyWithPlaces": True}))["searchNeeds"]
            everything = (await client.data(operation(SEARCH)))["searchNeeds"]
            assert titles(found) == ["同一时间"]
            assert (everything["totalCount"], everything["withPlaces"]) == (2, 1)
            assert [(one["code"], one["count"]) for one in everything["byLanguage"]] == [("english", 1)]
            clashes.append([node["clash"] and node["clash"]["code"] for node in found["nodes"]])
            if token is not None:
                mine = (await client.data(operation(SEARCH), wishes={"onlySuitable": True}))["searchNeeds"]
                suitable.append(mine["totalCount"])
    assert clashes == [[None], ["shift_clashes"], [None]]
    assert suitable == [0, 1]


async def test_a_cursor_of_another_search_is_a_clear_error(house: House) -> None:
    await build(house)
    async with graph_client(house) as client:
        found = (await client.data(operation(SEARCH), first=1))["searchNeeds"]
        after = found["pageInfo"]["endCursor"]
        answer = await client.ask(operation(SEARCH), first=1, after=after, wishes={"text": "植树"})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["cursor_is_invalid"]


async def test_a_page_of_fifty_costs_as_many_statements_as_a_page_of_two(house: House) -> None:
    async with house.database.unit_of_work() as session:
        token = await api_token(session, await builders.person(session), "read")
        for number in range(50):
            need_id = await builders.need(session, f"第{number}项就医")
            await builders.shift(session, need_id, starts_in=timedelta(days=1, minutes=number))
    await rebuild(house.database, house.search)
    async with graph_client(house, token=token) as client:
        await client.data(operation(SEARCH), first=2, wishes={"text": "就医"})
        with counting(house) as few:
            await client.data(operation(SEARCH), first=2, wishes={"text": "就医"})
        with counting(house) as many:
            found = (await client.data(operation(SEARCH), first=50, wishes={"text": "就医"}))["searchNeeds"]
    assert len(found["nodes"]) == 50
    assert len(many) == len(few)


async def some_organisations(house: House) -> None:
    async with house.database.unit_of_work() as session:
        sunny = await builders.organisation(session, "暖阳助老服务社", about="为老人上门助浴。")
        session.add(OrganisationField(organisation_id=sunny, tag_code="bathing_help"))
        for number in range(3):
            await builders.organisation(session, f"徐汇第{number}社工站", area_code=city.XUHUI)
        await builders.organisation(session, "等候核验的助浴社", verified=False)


def names(found: dict[str, Any]) -> list[str]:
    return [node["organisation"]["name"] for node in found["nodes"]]


async def test_organisations_are_found_by_word_sound_area_and_field_with_counts(house: House) -> None:
    await some_organisations(house)
    await rebuild(house.database, house.search)
    async with graph_client(house) as client:
        for wishes in (
            {"text": "助浴"},
            {"text": "nuanyang"},
            {"field": "elderly_care"},
            {"area": city.CHANGNING},
        ):
            found = (await client.data(operation(ORGANISATIONS), wishes=wishes))["searchOrganisations"]
            assert names(found) == ["暖阳助老服务社"], wishes
        everything = (await client.data(operation(ORGANISATIONS)))["searchOrganisations"]
        words = (await client.data(operation(ORGANISATIONS), wishes={"text": "助浴"}))["searchOrganisations"]
    districts = [(one["code"], one["count"]) for one in everything["byDistrict"]]
    assert districts == [(city.XUHUI, 3), (city.CHANGNING, 1)]
    assert [one["code"] for one in everything["byField"]] == ["bathing_help", "elderly_care"]
    assert words["nodes"][0]["highlights"] == [{"field": "DESCRIPTION", "start": 5, "end": 7}]


@pytest.mark.parametrize("wishes", [None, {"text": "社工站"}])
async def test_organisations_are_paged_by_key_and_a_cursor_is_good_for_its_search_alone(
    house: House, wishes: dict[str, Any] | None
) -> None:
    await some_organisations(house)
    await rebuild(house.database, house.search)
    seen: list[str] = []
    after, more = None, True
    async with graph_client(house) as client:
        while more:
            answer = await client.data(operation(ORGANISATIONS), wishes=wishes, first=2, after=after)
            found = answer["searchOrganisations"]
            seen += names(found)
            after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
        assert len(seen) == len(set(seen)) == found["totalCount"] == (4 if wishes is None else 3)
        answer = await client.ask(operation(ORGANISATIONS), wishes={"text": "助浴"}, after=after)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["cursor_is_invalid"]


async def test_without_the_engine_organisations_are_found_by_name_and_the_answer_says_so(
    house: House,
) -> None:
    await some_organisations(house)
    async with graph_client(house) as client:
        found = (await client.data(operation(ORGANISATIONS), wishes={"text": "暖阳"}))["searchOrganisations"]
        answer = await client.ask(operation(ORGANISATIONS), wishes={"field": "nonsense"})
    assert (names(found), found["isReduced"], found["byDistrict"]) == (["暖阳助老服务社"], True, [])
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["input_is_invalid"]
