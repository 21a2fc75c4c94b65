"""Lotteries over GraphQL, by the named operations: from the promise to the record, and closed doors for others."""

import json
from datetime import timedelta
from typing import Any

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from matching import lottery as draws
from tests.graph.client import api_token, graph_client, operation
from tests.staffing import lottery_scene as scene


async def ask_as(house: House, viewer: Viewer | None, name: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of lotteries."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"lotteries/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


async def test_from_the_promise_to_a_record_that_anybody_can_check(house: House, clock: FixedClock) -> None:
    at = await scene.concert(house)
    shift_id, closes_at = global_id("Shift", at.shift_id), (clock.now() + timedelta(days=1)).isoformat()
    draft = {"shiftId": shift_id, "closesAt": closes_at, "firstTimerTickets": 3}
    opened = (await ask_as(house, at.organiser, "open_lottery", input=draft))["lottery"]
    assert (opened["state"], opened["places"], opened["entries"]) == ("OPEN", 2, 0)
    me, other = await scene.volunteer(house), await scene.volunteer(house, "陈晨")
    wish = {"lotteryId": opened["id"], "idempotencyKey": "one"}
    for _ in range(2):
        mine = (await ask_as(house, me, "enter_lottery", input=wish))["lottery"]["myEntry"]
        assert (mine["number"], mine["tickets"], mine["placeInOrder"]) == (1, 3, None)
    await ask_as(house, other, "enter_lottery", input=wish)
    left = (await ask_as(house, other, "leave_lottery", lotteryId=opened["id"]))["lottery"]
    assert (left["myEntry"], left["entries"]) == (None, 1)
    assert (await ask_as(house, None, "lottery_of_shift", shiftId=shift_id))["commitment"] == opened[
        "commitment"
    ]
    await scene.close_and_draw(house, clock)
    drawn = await ask_as(house, None, "lottery", id=opened["id"])
    assert (drawn["state"], drawn["myEntry"], drawn["draw"]["order"]) == ("DRAWN", None, [1])
    published = json.loads(drawn["draw"]["json"])
    assert draws.verify(published) == () and published["commitment"] == opened["commitment"]
    (listed,) = await ask_as(house, me, "my_lotteries")
    assert listed["myEntry"]["placeInOrder"] == 1 and listed["myEntry"]["signUpId"]


async def test_strangers_and_outsiders_open_and_call_off_nothing(house: House, clock: FixedClock) -> None:
    at = await scene.concert(house)
    outsider = await scene.volunteer(house)
    closes_at = (clock.now() + timedelta(days=1)).isoformat()
    draft = {"shiftId": global_id("Shift", at.shift_id), "closesAt": closes_at}
    refused = await ask_as(house, outsider, "open_lottery", input=draft)
    assert refused["code"] == "not_permitted"
    lottery_id = global_id("Lottery", await scene.open_for(house, at))
    off = {"lotteryId": lottery_id, "reason": "不想办了"}
    assert (await ask_as(house, outsider, "call_off_lottery", input=off))["code"] == "not_permitted"
    for name, variables in (
        ("open_lottery", {"input": draft}),
        ("call_off_lottery", {"input": off}),
        ("enter_lottery", {"input": {"lotteryId": lottery_id, "idempotencyKey": "k"}}),
        ("leave_lottery", {"lotteryId": lottery_id}),
        ("my_lotteries", {}),
    ):
        answer = await ask_as(house, None, name, **variables)
        assert "sign_in_needed" in (answer if isinstance(answer, str) else answer["code"])
    ended = (await ask_as(house, at.organiser, "call_off_lottery", input=off))["lottery"]
    assert (ended["state"], ended["callOffReason"]) == ("CALLED_OFF", "不想办了")


async def test_bad_input_is_named_by_field(house: House) -> None:
    at = await scene.concert(house)
    draft = {"shiftId": global_id("Shift", at.shift_id), "closesAt": "2026-11-23T10:00:00+08:00"}
    refused = await ask_as(house, at.organiser, "open_lottery", input={**draft, "firstTimerTickets": 11})
    assert [one["field"] for one in refused["fields"]] == ["firstTimerTickets"]
    early = {**draft, "closesAt": "2026-11-22T10:00:00+08:00"}
    assert (await ask_as(house, at.organiser, "open_lottery", input=early))[
        "code"
    ] == "lottery_closes_too_soon"
