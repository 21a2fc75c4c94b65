"""The volunteer's loop through the graph: sign up, wait, be offered a place, decide; errors come as data and change nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.volunteering.models import SignUp
from tests.graph.client import GraphClient, api_token, graph_client, operation
from tests.volunteering import scene


async def token_of(house: House, viewer: Viewer, *scopes: str) -> str:
    async with house.database.unit_of_work() as session:
        return await api_token(session, viewer.signed_in(), *(scopes or ("read", "write")))


async def do(client: GraphClient, name: str, **variables: Any) -> dict[str, Any]:
    """The single answer of a named operation of ours."""
    (answer,) = (await client.data(operation(f"sign_ups/{name}"), **variables)).values()
    given: dict[str, Any] = answer
    return given


async def sign_up(client: GraphClient, shift_id: UUID, key: str = "k", **facts: Any) -> dict[str, Any]:
    given = {"shiftId": global_id("Shift", shift_id), "idempotencyKey": key, **facts}
    return await do(client, "sign_up", input=given)


async def test_one_signs_up_and_sees_it_under_coming_shifts(house: House) -> None:
    at = await scene.shift(house, title="陪老人就医")
    me = await scene.volunteer(house)
    async with graph_client(house, token=await token_of(house, me)) as client:
        first = await sign_up(client, at.shift_id, message="我会量血压。")
        again = await sign_up(client, at.shift_id)
        coming = await do(client, "my_coming_sign_ups")
        found = await client.data(operation("nodes/node"), id=first["signUp"]["id"])
    assert first == again
    assert (first["signUp"]["state"], first["signUp"]["title"]) == ("CONFIRMED", "陪老人就医")
    assert coming["nodes"] == [first["signUp"]]
    assert found["node"]["id"] == first["signUp"]["id"]


async def test_the_waiting_list_through_the_graph(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    first, second = [await scene.volunteer(house, name) for name in ("甲", "乙")]
    held = await scene.join(house, first, at.shift_id)
    async with (
        graph_client(house, token=await token_of(house, first)) as holder,
        graph_client(house, token=await token_of(house, second)) as waiter,
    ):
        waiting = (await sign_up(waiter, at.shift_id))["signUp"]
        assert (waiting["state"], waiting["waitingPosition"]) == ("WAITING", 1)
        assert (await do(waiter, "accept_offer", signUpId=waiting["id"]))["code"] == "no_place_is_offered"
        left = await do(holder, "withdraw", signUpId=global_id("SignUp", held))
        assert left["signUp"]["state"] == "WITHDRAWN"
        offered = (await do(waiter, "my_coming_sign_ups"))["nodes"][0]
        assert offered["state"] == "OFFERED" and offered["offerExpiresAt"] is not None
        accepted = await do(waiter, "accept_offer", signUpId=waiting["id"])
        assert accepted["signUp"]["state"] == "CONFIRMED"
        assert [row["state"] for row in (await do(holder, "my_past_sign_ups"))["nodes"]] == ["WITHDRAWN"]


async def test_an_offer_can_be_left_to_the_next(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    first, second = [await scene.volunteer(house, name) for name in ("甲", "乙")]
    held = await scene.join(house, first, at.shift_id)
    waiting = await scene.join(house, second, at.shift_id)
    await scene.withdraw(house, first, held)
    async with graph_client(house, token=await token_of(house, second)) as client:
        answer = await do(client, "decline_offer", signUpId=global_id("SignUp", waiting))
    assert answer["signUp"]["state"] == "WITHDRAWN"
    assert await scene.places_taken(house, at.shift_id) == 0


async def test_an_organiser_decides_through_the_graph(house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    people = [await scene.volunteer(house, name) for name in ("甲", "乙", "丙")]
    ids = [global_id("SignUp", await scene.join(house, one, at.shift_id)) for one in people[:2]]
    shift_id = global_id("Shift", at.shift_id)
    async with graph_client(house, token=await token_of(house, at.organiser)) as client:
        approved = await do(client, "approve_sign_up", signUpId=ids[0])
        declined = await do(client, "decline_sign_up", input={"signUpId": ids[1], "reason": "人手已够"})
        added = await do(
            client,
            "add_to_shift",
            input={"shiftId": shift_id, "personId": global_id("Person", people[2].signed_in())},
        )
        released = await do(client, "release_sign_up", input={"signUpId": ids[0], "reason": "来电请假"})
        roster = await do(client, "sign_ups_of_shift", shiftId=shift_id)
    states = [answer["signUp"]["state"] for answer in (approved, declined, added, released)]
    assert states == ["CONFIRMED", "DECLINED", "CONFIRMED", "WITHDRAWN"]
    assert [(row["personName"], row["state"]) for row in roster["nodes"]] == [
        ("甲", "WITHDRAWN"),
        ("乙", "DECLINED"),
        ("丙", "CONFIRMED"),
    ]


async def test_a_clash_is_told_with_its_name_and_time_in_the_readers_language(house: House) -> None:
    one, other = await scene.shift(house, title="早餐配送"), await scene.shift(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, one.shift_id)
    async with graph_client(house, token=await token_of(house, me), language="zh-CN") as client:
        answer = await sign_up(client, other.shift_id)
    assert answer["code"] == "shift_clashes"
    assert "早餐配送" in answer["message"] and "11月24日 周二 10:00" in answer["message"]


async def test_a_refusal_by_law_cites_its_article(house: House) -> None:
    at = await scene.shift(house, is_risky=True)
    me = await scene.volunteer(house, birth_date=None)
    async with graph_client(house, token=await token_of(house, me)) as client:
        answer = await sign_up(client, at.shift_id)
        reasons = await client.data(
            operation("sign_ups/reasons_against"), shiftId=global_id("Shift", at.shift_id)
        )
    assert (answer["code"], answer["article"][:10]) == ("nobody_is_insured", "《志愿服务条例》第十"[:10])
    assert [reason["code"] for reason in reasons["reasonsAgainst"]] == [
        "nobody_is_insured",
        "birth_date_is_unknown",
    ]
    assert all(reason["article"] for reason in reasons["reasonsAgainst"])


async def test_others_see_no_roster_and_no_sign_up(house: House) -> None:
    at = await scene.shift(house)
    theirs = await scene.join(house, await scene.volunteer(house, "别人"), at.shift_id)
    me = await scene.volunteer(house)
    mine = await scene.join(house, me, at.shift_id)
    shift_id = global_id("Shift", at.shift_id)
    async with graph_client(house, token=await token_of(house, me)) as client:
        seen = await do(client, "sign_ups_of_shift", shiftId=shift_id)
        node = await client.data(operation("nodes/node"), id=global_id("SignUp", theirs))
    assert [row["id"] for row in seen["nodes"]] == [global_id("SignUp", mine)]
    assert node == {"node": None}
    async with graph_client(house) as stranger:
        assert (await do(stranger, "sign_ups_of_shift", shiftId=shift_id))["nodes"] == []
        answer = await stranger.ask(operation("sign_ups/my_coming_sign_ups"))
        assert answer["errors"][0]["extensions"]["code"] == "sign_in_needed"


@pytest.mark.parametrize(
    ("name", "variables", "code"),
    [
        ("sign_up", {"input": {"shiftId": "nonsense", "idempotencyKey": "k"}}, "not_found"),
        ("sign_up", {"input": {"shiftId": "U2hpZnQ6MQ", "idempotencyKey": "k"}}, "not_found"),
        ("sign_up", {"input": {"shiftId": "SHIFT", "idempotencyKey": ""}}, "input_is_invalid"),
        ("sign_up", {"input": {"shiftId": "SHIFT", "idempotencyKey": "k" * 65}}, "input_is_invalid"),
        (
            "sign_up",
            {"input": {"shiftId": "SHIFT", "idempotencyKey": "k", "message": "长" * 501}},
            "input_is_invalid",
        ),
        ("sign_up", {"input": {"shiftId": "PERSON", "idempotencyKey": "k"}}, "not_found"),
        ("withdraw", {"signUpId": "nonsense"}, "not_found"),
        ("withdraw", {"signUpId": "SIGN_UP"}, "not_found"),
        ("accept_offer", {"signUpId": "SIGN_UP"}, "not_found"),
        ("decline_offer", {"signUpId": ""}, "not_found"),
        ("approve_sign_up", {"signUpId": "SIGN_UP"}, "not_found"),
        ("decline_sign_up", {"input": {"signUpId": "SIGN_UP", "reason": "r"}}, "not_found"),
        ("decline_sign_up", {"input": {"signUpId": "SIGN_UP", "reason": " "}}, "input_is_invalid"),
        ("release_sign_up", {"input": {"signUpId": "SIGN_UP", "reason": "r" * 501}}, "input_is_invalid"),
        ("add_to_shift", {"input": {"shiftId": "SHIFT", "personId": "PERSON"}}, "not_permitted"),
        (
            "add_to_shift",
            {"input": {"shiftId": "SHIFT", "personId": "PERSON", "inSpiteOfClash": True}},
            "input_is_invalid",
        ),
        ("add_to_shift", {"input": {"shiftId": "SHIFT", "personId": "7"}}, "not_found"),
    ],
)
async def test_bad_input_is_a_clear_problem_and_changes_nothing(
    house: House, name: str, variables: dict[str, Any], code: str
) -> None:
    at = await scene.shift(house)
    other = await scene.volunteer(house, "别人")
    theirs = await scene.join(house, other, at.shift_id)
    real = {
        "SHIFT": global_id("Shift", at.shift_id),
        "SIGN_UP": global_id("SignUp", theirs),
        "PERSON": global_id("Person", other.signed_in()),
    }

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {inner: fill(one) for inner, one in value.items()}
        return real.get(value, value) if isinstance(value, str) else value

    async with graph_client(house, token=await token_of(house, await scene.volunteer(house))) as client:
        answer = await do(client, name, **fill(variables))
    assert answer["code"] == code
    assert answer["message"] and answer["message"] != f"error.{code}"
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignUp)) == 1
    assert (await scene.state_of(house, other, theirs)).value == "confirmed"


async def test_a_program_that_may_only_read_signs_nobody_up(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    async with graph_client(house, token=await token_of(house, me, "read")) as client:
        answer = await sign_up(client, at.shift_id)
    assert answer["code"] == "token_may_not_write"
    assert await scene.places_taken(house, at.shift_id) == 0


async def test_a_missing_shift_and_a_hidden_one_look_the_same(house: House) -> None:
    hidden = await scene.shift(house, published_at=None, starts_in=timedelta(days=3))
    me = await scene.volunteer(house)
    async with graph_client(house, token=await token_of(house, me)) as client:
        answers = [await sign_up(client, shift_id) for shift_id in (hidden.shift_id, new_id())]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "not_found"


async def test_a_shift_and_ones_own_sign_up_lead_to_each_other(house: House) -> None:
    at = await scene.shift(house, title="陪老人就医")
    me, other = await scene.volunteer(house), await scene.volunteer(house, "别人")
    await scene.join(house, other, at.shift_id)
    mine = await scene.join(house, me, at.shift_id)
    question = """query ($id: ID!) {
      node(id: $id) { ... on Shift { mySignUp { id state shift { placesTaken } need { title } } } }
    }"""
    async with graph_client(house, token=await token_of(house, me)) as client:
        answer = await client.data(question, id=global_id("Shift", at.shift_id))
    assert answer["node"]["mySignUp"] == {
        "id": global_id("SignUp", mine),
        "state": "CONFIRMED",
        "shift": {"placesTaken": 2},
        "need": {"title": "陪老人就医"},
    }
    async with graph_client(house) as stranger:
        answer = await stranger.data(question, id=global_id("Shift", at.shift_id))
    assert answer == {"node": {"mySignUp": None}}
