"""Service lists over GraphQL, by the named operations: from a buyer to a tendered item, and closed doors for others."""

from datetime import timedelta
from typing import Any

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from tests import buying, city
from tests.graph.client import api_token, graph_client, operation
from tests.procurement.lists import scene

ITEM = {
    "title": "社区助浴服务",
    "description": "由持证护理员上门协助洗浴。",
    "categoryCode": "bathing_help",
    "audienceCode": "older_people",
    "areaCode": city.JIANGSU_ROAD,
    "peopleServed": 320,
    "budget": "２０万",
    "quantity": 3000,
    "unit": "人次",
    "plannedTenderOn": "2027-02-01",
    "startsOn": "2027-04-01",
    "endsOn": "2028-03-31",
    "renewal": "YEARLY",
    "standards": "护理员持证上岗。",
}


async def ask_as(house: House, viewer: Viewer | None, name: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of lists; an error's code where there is none."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"lists/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


async def test_from_a_buyer_to_an_edition_in_force(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
    buyer = {"areaCode": city.JIANGSU_ROAD, "name": "江苏路街道办事处", "contactPhone": "021-62510000"}
    registered = (await ask_as(house, officer, "register_buyer", input=buyer))["buyer"]
    (listed,) = (await ask_as(house, None, "buyers", areaCode=city.CHANGNING))["nodes"]
    assert (listed["id"], listed["area"]["code"]) == (registered["id"], city.JIANGSU_ROAD)
    key = str(new_id())
    draft = {
        "buyerId": registered["id"], "title": "三年清单", "startsOn": "2027-01-01", "endsOn": "2029-12-31",
        "idempotencyKey": key,
    }  # fmt: skip
    begun = [(await ask_as(house, officer, "begin_service_list", input=draft))["list"] for _ in range(2)]
    assert begun[0]["id"] == begun[1]["id"]
    edition_id = begun[0]["editions"][0]["id"]
    added = await ask_as(house, officer, "add_list_item", input={"editionId": edition_id, "item": ITEM})
    (item,) = added["edition"]["items"]
    assert item["budget"] == {"amount": "200000.00", "currency": "CNY"}
    changed = {"editionId": edition_id, "itemId": item["id"], "item": {**ITEM, "quantity": 3600}}
    told = (await ask_as(house, officer, "change_list_item", input=changed))["edition"]
    assert told["items"][0]["quantity"] == 3600
    other = await ask_as(house, officer, "add_list_item", input={"editionId": edition_id, "item": ITEM})
    gone = {"editionId": edition_id, "itemId": other["edition"]["items"][1]["id"]}
    assert (await ask_as(house, officer, "remove_list_item", input=gone))["edition"]["itemCount"] == 1
    short = await ask_as(
        house, officer, "open_list_consultation", input={"editionId": edition_id, "endsOn": "2026-11-29"}
    )
    assert (short["code"], short["article"]) == (
        "consultation_is_too_short", "《政府采购法实施条例》第十五条",
    )  # fmt: skip
    assert "Mon 30 Nov" in short["message"]
    opened = await ask_as(
        house, officer, "open_list_consultation", input={"editionId": edition_id, "endsOn": "2026-11-30"}
    )
    assert opened["edition"]["state"] == "CONSULTATION"
    clock.advance(timedelta(days=9))
    final = {"editionId": edition_id, "answer": scene.ANSWER}
    done = (await ask_as(house, officer, "finalise_list_edition", input=final))["edition"]
    assert (done["state"], len(done["contentHash"])) == ("FINAL", 64)
    (planned,) = (await ask_as(house, None, "planned_items", filter={"categoryCode": "elderly_care"}))[
        "nodes"
    ]
    assert (planned["item"]["id"], planned["buyer"]["name"]) == (item["id"], "江苏路街道办事处")
    assert (await ask_as(house, None, "list_item", id=item["id"]))["renewal"] == "YEARLY"
    assert (await ask_as(house, None, "list_edition", id=edition_id))["items"][0]["id"] == item["id"]
    assert (await ask_as(house, None, "service_list", id=begun[0]["id"]))["inForce"] == {"number": 1}
    second = {"listId": begun[0]["id"], "reason": "经费调整"}
    drafted = (await ask_as(house, officer, "begin_list_edition", input=second))["edition"]
    assert (drafted["number"], drafted["itemCount"]) == (2, 1)
    off = {"editionId": drafted["id"], "reason": "暂缓"}
    assert (await ask_as(house, officer, "withdraw_list_edition", input=off))["edition"][
        "state"
    ] == "WITHDRAWN"


async def test_comments_answers_and_followers(house: House) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    await scene.consult(house, at)
    edition = global_id("ListEdition", at.edition_id)
    resident, moderator = await scene.resident(house), await scene.moderator(house)
    async with house.database.unit_of_work() as session:
        organisation_id, manager = await buying.supplier(session)
    wish = {
        "editionId": edition,
        "text": "次数太少",
        "idempotencyKey": "one",
        "itemId": global_id("ListItem", item_id),
    }
    said = [(await ask_as(house, resident, "comment_on_list", input=wish))["comment"] for _ in range(2)]
    assert said[0]["id"] == said[1]["id"] and said[0]["isMine"]
    answer = {"commentId": said[0]["id"], "answer": "已采纳"}
    assert (await ask_as(house, at.officer, "answer_list_comment", input=answer))["comment"][
        "answer"
    ] == "已采纳"
    of_organisation = {
        "editionId": edition, "text": "广告", "idempotencyKey": "two",
        "organisationId": global_id("Organisation", organisation_id),
    }  # fmt: skip
    spam = (await ask_as(house, manager, "comment_on_list", input=of_organisation))["comment"]
    assert spam["organisation"] == "暖阳助老服务社"
    hide = {"commentId": spam["id"], "reason": "广告"}
    assert (await ask_as(house, resident, "hide_list_comment", input=hide))["code"] == "not_permitted"
    assert (await ask_as(house, moderator, "hide_list_comment", input=hide))["comment"][
        "hiddenReason"
    ] == "广告"
    listed = await ask_as(house, None, "list_comments", editionId=edition)
    assert [one["text"] for one in listed["nodes"]] == ["次数太少", None] and listed["totalCount"] == 2
    follow = {
        "itemId": global_id("ListItem", item_id), "organisationId": global_id("Organisation", organisation_id),
    }  # fmt: skip
    followed = (await ask_as(house, manager, "follow_item", input=follow))["item"]
    assert followed["followedBy"] == [follow["organisationId"]]
    assert [one["id"] for one in (await ask_as(house, manager, "followed_items"))["nodes"]] == [
        follow["itemId"]
    ]
    assert (await ask_as(house, resident, "follow_item", input=follow))["code"] == "not_found"
    assert (await ask_as(house, manager, "unfollow_item", input=follow))["item"]["followedBy"] == []


async def test_what_changed_and_how_true_a_list_was(house: House, clock: FixedClock) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    await scene.make_final(house, clock, at)
    second = await scene.next_edition(house, at)
    await scene.change(house, at, item_id, second, budget_fen=25_000_000, unit="次")
    await scene.add(house, at, edition_id=second, title="助餐")
    await scene.make_final(house, clock, at, second)
    list_id = global_id("ServiceList", at.list_id)
    told = await ask_as(house, None, "list_difference", listId=list_id, to=2)
    assert told == await ask_as(house, None, "list_difference", listId=list_id, to=2, since=1)
    assert [one["title"] for one in told["added"]] == ["助餐"]
    assert told["changed"][0]["fields"] == [
        {"field": "budget", "old": "200000.00", "new": "250000.00"},
        {"field": "unit", "old": "人次", "new": "次"},
    ]
    assert told["budgetChange"]["amount"] == "250000.00"
    figures = await ask_as(house, None, "list_stability", listId=list_id)
    assert (figures["items"], figures["due"], figures["shareOnTime"]) == (2, 0, None)
    assert figures["budgetDrift"] == 0.125
    buyer = await ask_as(house, None, "buyer_stability", buyerId=global_id("Buyer", at.buyer_id))
    assert buyer == figures


async def test_strangers_and_outsiders_see_no_draft_and_change_nothing(house: House) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    edition, item = global_id("ListEdition", at.edition_id), global_id("ListItem", item_id)
    outsider = await scene.officer_elsewhere(house)
    for viewer in (None, outsider):
        assert (await ask_as(house, viewer, "service_lists"))["nodes"] == []
        for name, key in (
            ("service_list", global_id("ServiceList", at.list_id)),
            ("list_edition", edition),
            ("list_item", item),
        ):
            assert await ask_as(house, viewer, name, id=key) is None
        assert await ask_as(house, viewer, "list_comments", editionId=edition) == "not_found"
    assert len((await ask_as(house, at.officer, "service_lists"))["nodes"]) == 1
    buyer = {
        "buyerId": global_id("Buyer", at.buyer_id),
        "title": "x",
        "startsOn": "2027-01-01",
        "endsOn": "2027-12-31",
    }
    assert (await ask_as(house, outsider, "begin_service_list", input=buyer))["code"] == "not_permitted"
    for name, fields in (
        ("begin_list_edition", {"listId": global_id("ServiceList", at.list_id), "reason": "x"}),
        ("add_list_item", {"editionId": edition, "item": ITEM}),
        ("change_list_item", {"editionId": edition, "itemId": item, "item": ITEM}),
        ("remove_list_item", {"editionId": edition, "itemId": item}),
        ("open_list_consultation", {"editionId": edition, "endsOn": "2026-12-20"}),
        ("finalise_list_edition", {"editionId": edition, "answer": "x"}),
        ("withdraw_list_edition", {"editionId": edition, "reason": "x"}),
        ("comment_on_list", {"editionId": edition, "text": "x", "idempotencyKey": "x"}),
    ):
        assert (await ask_as(house, outsider, name, input=fields))["code"] == "not_found", name
        refused = await ask_as(house, None, name, input=fields)
        assert "sign_in_needed" in (refused if isinstance(refused, str) else refused["code"]), name


async def test_bad_input_is_named_by_field(house: House) -> None:
    at = await scene.begun(house)
    wrong = {**ITEM, "budget": "1,00", "quantity": 0}
    refused = await ask_as(
        house, at.officer, "add_list_item",
        input={"editionId": global_id("ListEdition", at.edition_id), "item": wrong},
    )  # fmt: skip
    assert [(one["field"], one["code"]) for one in refused["fields"]] == [
        ("budget", "amount"),
        ("quantity", "greater_than_equal"),
    ]
