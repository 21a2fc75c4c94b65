"""Deliveries over GraphQL, by the named operations: from the plan to the acceptance, and closed doors for others."""

import base64
from datetime import timedelta
from functools import partial
from typing import Any

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.kernel.clock import FixedClock
from tests.delivery.deliveries import scene
from tests.graph import client

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


ask_as = partial(client.ask_as, "deliveries")


def plan_of(at: scene.Scene, clock: FixedClock, **facts: Any) -> dict[str, Any]:
    return {
        "contractId": global_id("Contract", at.under.id),
        "title": "上门助浴",
        "promised": "协助洗浴一次",
        "place": "江苏路 480 弄",
        "areaCode": "310105002003",
        "receiver": "PERSON",
        "servedBy": "两名护理员",
        "startsAt": clock.now().isoformat(),
        "endsAt": (clock.now() + timedelta(hours=1)).isoformat(),
        "commitments": [{"text": "服务时长", "unit": "分钟", "target": 60}],
        "recipients": [{"phone": "13800138000", "name": "林奶奶"}],
        "idempotencyKey": "one",
        **facts,
    }


async def test_from_the_plan_to_the_acceptance(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    asked = plan_of(at, clock, weeks=2)
    planned = (await ask_as(house, at.member, "plan_deliveries", input=asked))["deliveries"]
    again = (await ask_as(house, at.member, "plan_deliveries", input=asked))["deliveries"]
    assert [one["id"] for one in planned] == [one["id"] for one in again] and len(planned) == 2
    own = {"deliveryId": planned[0]["id"]}
    (named,) = await ask_as(house, at.member, "delivery_recipients", **own)
    assert (named["name"], named["phone"]) == ("林奶奶", "138****8000")
    added = await ask_as(house, at.member, "add_delivery_recipient", input={**own, "phone": "13900139000"})
    assert added["delivery"]["recipients"] == 2
    seats = await ask_as(house, at.member, "add_delivery_seats", input={**own, "seats": 2})
    assert seats["delivery"]["recipients"] == 4
    rows = await ask_as(house, at.member, "delivery_recipients", **own)
    fewer = await ask_as(house, at.member, "remove_delivery_recipient", recipientId=rows[-1]["id"])
    assert fewer["delivery"]["recipients"] == 3
    photo = {**own, "kind": "PHOTO", "content": base64.b64encode(PNG).decode(), "fileName": "门口.png"}
    shown = await ask_as(house, at.member, "add_delivery_evidence", input=photo)
    (piece,) = shown["delivery"]["evidence"]
    assert (piece["contentType"], piece["fileName"]) == ("image/png", "门口.png")
    broken = await ask_as(house, at.member, "add_delivery_evidence", input={**photo, "content": "§"})
    assert broken["fields"][0]["code"] == "base64"
    gone = await ask_as(house, at.member, "remove_delivery_evidence", evidenceId=piece["id"])
    assert gone["delivery"]["evidence"] == []
    missing = await ask_as(house, at.member, "record_delivery", input={**own, "minutes": 120})
    assert missing["fields"][0]["field"] == "actuals.1"
    told = {**own, "minutes": 120, "actuals": [{"number": 1, "actual": 60}]}
    done = (await ask_as(house, at.member, "record_delivery", input=told))["delivery"]
    assert (done["state"], done["commitments"][0]["isKept"]) == ("DONE", True)
    (mine,) = (await ask_as(house, at.lady, "my_deliveries", shelf="TO_CONFIRM"))["nodes"]
    assert mine["id"] == own["deliveryId"] and mine["mayConfirm"] and not mine["mayRecord"]
    confirmed = (await ask_as(house, at.lady, "confirm_delivery", **own))["delivery"]
    assert (confirmed["state"], confirmed["confirmedAs"]) == ("CONFIRMED", "recipient")
    disputed = await ask_as(house, at.lady, "dispute_delivery", input={**own, "text": "只来了一个人"})
    assert disputed["delivery"]["state"] == "DISPUTED"
    contract = {"contractId": asked["contractId"]}
    (waiting,) = (await ask_as(house, at.officer, "contract_deliveries", **contract, shelf="TO_DECIDE"))[
        "nodes"
    ]
    assert waiting["mayDecide"]
    refused = await ask_as(house, at.manager, "decide_delivery", input={**own, "isAccepted": True})
    assert refused["code"] == "provider_does_not_accept"
    back = await ask_as(house, at.officer, "decide_delivery", input={**own, "isAccepted": False})
    assert back["code"] == "reason_is_missing"
    accepted = await ask_as(house, at.officer, "decide_delivery", input={**own, "isAccepted": True})
    assert accepted["delivery"]["state"] == "ACCEPTED"
    summary = await ask_as(house, at.officer, "contract_delivery_summary", **contract)
    assert (summary["planned"], summary["done"], summary["accepted"]) == (2, 1, 1)
    assert (summary["commitmentsKept"], summary["commitmentsTold"], summary["minutes"]) == (1, 1, 120)


async def test_what_is_coming_is_moved_and_cancelled_and_stands_in_the_calendar(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    (made,) = (await ask_as(house, at.manager, "plan_deliveries", input=plan_of(at, clock)))["deliveries"]
    own = {"deliveryId": made["id"]}
    later = clock.now() + timedelta(days=2)
    moved = await ask_as(
        house,
        at.manager,
        "move_delivery",
        input={
            **own,
            "startsAt": later.isoformat(),
            "endsAt": (later + timedelta(hours=1)).isoformat(),
            "place": "社区中心",
        },
    )
    assert moved["delivery"]["place"] == "社区中心"
    days = {"fromDay": "2026-11-01", "before": "2026-12-01"}
    assert len(await ask_as(house, at.manager, "delivery_calendar", **days)) == 1
    (coming,) = (await ask_as(house, at.manager, "provider_deliveries", shelf="COMING"))["nodes"]
    assert coming["id"] == made["id"]
    (near,) = (await ask_as(house, at.worker, "community_deliveries", shelf="COMING"))["nodes"]
    assert near["id"] == made["id"]
    backlog = await ask_as(house, at.manager, "provider_backlog")
    assert {one["shelf"]: one["count"] for one in backlog}["COMING"] == 1
    off = await ask_as(house, at.manager, "cancel_delivery", input={**own, "reason": "护理员生病"})
    assert off["delivery"]["state"] == "CANCELLED"


async def test_several_are_accepted_at_once(house: House) -> None:
    at = await scene.people(house)
    ids = [global_id("Delivery", await scene.done(house, at)) for _one in range(2)]
    taken = await ask_as(house, at.officer, "accept_deliveries", input={"deliveryIds": ids})
    assert [one["state"] for one in taken["deliveries"]] == ["ACCEPTED", "ACCEPTED"]
    nobody = await ask_as(house, at.officer, "accept_deliveries", input={"deliveryIds": []})
    assert nobody["fields"][0]["code"] == "too_short"
    closed = await ask_as(house, at.outsider, "accept_deliveries", input={"deliveryIds": ids})
    assert closed["code"] == "not_found"


async def test_doors_are_closed_to_strangers_and_outsiders(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    own = {"deliveryId": global_id("Delivery", await scene.done(house, at))}
    contract = {"contractId": global_id("Contract", at.under.id)}
    for viewer, refusal in ((None, "sign_in_needed"), (at.outsider, "not_found")):
        assert await ask_as(house, viewer, "delivery", id=own["deliveryId"]) is None
        assert await ask_as(house, viewer, "delivery_recipients", **own) == refusal
        assert await ask_as(house, viewer, "contract_delivery_summary", **contract) == refusal
        for name, input in (
            ("cancel_delivery", {"reason": "不想去"}),
            ("record_delivery", {"minutes": 1}),
            ("add_delivery_recipient", {"phone": "13800138000"}),
            ("add_delivery_seats", {"seats": 1}),
            ("add_delivery_evidence", {"kind": "ARRIVED"}),
            ("dispute_delivery", {"text": "没有来"}),
            ("decide_delivery", {"isAccepted": True}),
        ):
            assert (await ask_as(house, viewer, name, input={**own, **input}))["code"] == refusal, name
        assert (await ask_as(house, viewer, "confirm_delivery", **own))["code"] == refusal
    seen = await ask_as(house, at.lady, "delivery", id=own["deliveryId"])
    assert seen["title"] == "上门助浴" and not seen["mayDecide"]
    long = {**plan_of(at, clock), "promised": "好" * 5_000}
    refused = await ask_as(house, at.manager, "plan_deliveries", input=long)
    assert refused["fields"][0]["field"] == "promised"
    both = {**plan_of(at, clock), "needId": global_id("Need", at.under.id)}
    refused = await ask_as(house, at.manager, "plan_deliveries", input=both)
    assert refused["fields"][0]["code"] == "one_origin"
