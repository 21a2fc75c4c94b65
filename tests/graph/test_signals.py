"""Whistles and wishes over GraphQL, by the named operations: the way through, and closed doors for others."""

from functools import partial

import pytest

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.kernel.ids import new_id
from tests import builders, city, delivering
from tests.delivering import SERVICE
from tests.delivery.signals import scene
from tests.graph import client
from tests.procurement.lists import scene as list_scene

ask_as = partial(client.ask_as, "signals")


async def test_the_buyer_reads_and_answers_a_whistle_and_others_do_not(house: House) -> None:
    under, whistle_id = await scene.blown(house)
    given = global_id("Whistle", whistle_id)
    (listed,) = (await ask_as(house, under.officer, "whistles"))["nodes"]
    assert (listed["id"], listed["kind"], listed["state"]) == (given, "COMMITMENTS_SLIP", "OPEN")
    assert (listed["facts"]["kept"], listed["facts"]["newest"]) == (2, None)
    async with house.database.unit_of_work() as session:
        outsider = await builders.viewer(session)
    answer = {"whistleId": given, "answer": "已约谈"}
    assert await ask_as(house, None, "whistles") == "sign_in_needed"
    for viewer in (None, outsider):
        assert await ask_as(house, viewer, "whistle", id=given) is None
    assert (await ask_as(house, None, "answer_whistle", input=answer))["code"] == "sign_in_needed"
    assert (await ask_as(house, outsider, "answer_whistle", input=answer))["code"] == "not_found"
    assert (await ask_as(house, under.manager, "answer_whistle", input=answer))["code"] == "not_permitted"
    long = await ask_as(house, under.officer, "answer_whistle", input=answer | {"answer": "长" * 10_000})
    assert long["fields"][0]["field"] == "answer"
    done = await ask_as(house, under.officer, "answer_whistle", input=answer)
    assert (done["whistle"]["state"], done["whistle"]["answer"]) == ("ANSWERED", "已约谈")
    again = await ask_as(house, under.officer, "answer_whistle", input=answer)
    assert again["code"] == "whistle_is_answered_already"
    wrong = {"whistleId": global_id("Contract", under.id), "answer": "已约谈"}
    assert (await ask_as(house, under.officer, "answer_whistle", input=wrong))["code"] == "not_found"


async def test_falls_tell_both_sides(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.fallen(session, under)
    await scene.watch(house)
    (row,) = (await ask_as(house, under.manager, "whistles"))["nodes"]
    assert (row["facts"]["earlier"]["ratings"], row["facts"]["newest"]["mean"]) == (30, 20_000)


async def test_a_resident_wishes_and_takes_it_back(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident, other = await builders.viewer(session), await builders.viewer(session, "别人")
    assert (await ask_as(house, None, "wish_for_service", input={"serviceType": SERVICE}))[
        "code"
    ] == "sign_in_needed"
    made = (await ask_as(house, resident, "wish_for_service", input={"serviceType": SERVICE}))["wish"]
    assert (made["areaCode"], made["state"], made["service"]) == (
        city.JIANGSU_COMMUNITY,
        "OPEN",
        "Care for older people",
    )
    again = await ask_as(house, resident, "wish_for_service", input={"serviceType": SERVICE, "text": "周末"})
    assert (again["wish"]["id"], again["wish"]["text"]) == (made["id"], "周末")
    assert (await ask_as(house, other, "withdraw_service_wish", wishId=made["id"]))["code"] == "not_found"
    assert [one["id"] for one in (await ask_as(house, resident, "my_service_wishes"))["nodes"]] == [
        made["id"]
    ]
    gone = await ask_as(house, resident, "withdraw_service_wish", wishId=made["id"])
    assert (gone["wish"]["state"], gone["wish"]["text"]) == ("WITHDRAWN", None)
    unknown = await ask_as(house, resident, "wish_for_service", input={"serviceType": "no_such"})
    assert unknown["fields"][0]["field"] == "serviceType"


@pytest.mark.parametrize("code", ["1", "changning", "3" * 300])
async def test_an_area_that_is_none_is_not_found(house: House, code: str) -> None:
    assert await ask_as(house, None, "asked_for_most", areaCode=code) == "not_found"


async def test_wishes_become_a_need_or_an_item(house: House) -> None:
    at = await list_scene.begun(house)
    people = await scene.wished(house, 6)
    await scene.wished(house, 7, "bathing_help")
    worker = await scene.worker(house)
    asked = await ask_as(house, None, "asked_for_most", areaCode=city.JIANGSU_ROAD)
    assert {one["serviceType"]: one["atLeast"] for one in asked} == {SERVICE: 5, "bathing_help": 5}
    need = {
        "serviceType": SERVICE,
        "areaCode": city.JIANGSU_COMMUNITY,
        "title": "陪老人散步",
        "description": "每周一次",
        "place": "江苏居委会",
        "idempotencyKey": "one",
    }
    assert (await ask_as(house, people[0], "take_up_wishes_as_need", input=need))["code"] == "not_permitted"
    made = await ask_as(house, worker, "take_up_wishes_as_need", input=need)
    assert made["needId"] and made["itemId"] is None
    assert await ask_as(house, worker, "take_up_wishes_as_need", input=need) == made
    late = await ask_as(house, worker, "take_up_wishes_as_need", input=need | {"idempotencyKey": "two"})
    assert late["code"] == "too_few_wishes"
    item = {
        "title": "社区助浴服务",
        "description": "上门协助洗浴",
        "categoryCode": "bathing_help",
        "areaCode": city.JIANGSU_ROAD,
        "budget": "20万",
        "quantity": 3000,
        "unit": "人次",
        "plannedTenderOn": "2027-02-01",
        "startsOn": "2027-04-01",
        "endsOn": "2028-03-31",
        "standards": "持证上岗",
    }
    given = {"editionId": global_id("ListEdition", at.edition_id), "item": item, "idempotencyKey": "one"}
    faulty = await ask_as(
        house, at.officer, "take_up_wishes_as_item", input=given | {"item": item | {"budget": "很多"}}
    )
    assert faulty["fields"][0]["field"] == "budget"
    assert (await ask_as(house, worker, "take_up_wishes_as_item", input=given))["code"] == "not_permitted"
    nowhere = given | {"editionId": global_id("ListEdition", new_id())}
    assert (await ask_as(house, at.officer, "take_up_wishes_as_item", input=nowhere))["code"] == "not_found"
    made = await ask_as(house, at.officer, "take_up_wishes_as_item", input=given)
    assert made["itemId"] and made["needId"] is None
    assert await ask_as(house, None, "asked_for_most") == []
    (mine,) = (await ask_as(house, people[0], "my_service_wishes"))["nodes"]
    assert (mine["state"], mine["needId"]) == ("TAKEN_UP", None)
