"""Staffing over GraphQL, by the named operations: from the pool to the offers, and closed doors for others."""

from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id, key_of
from marketplace.identity.viewer import Viewer
from tests.graph.client import GraphClient, api_token, graph_client, operation
from tests.staffing import scene
from tests.volunteering import scene as signing_up


async def ask_as(house: House, viewer: Viewer | None, name: str, *scopes: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of staffing."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), *(scopes or ("read", "write")))
    async with graph_client(house, token=token) as client:
        return await _first(client, name, variables)


async def _first(client: GraphClient, name: str, variables: dict[str, Any]) -> Any:
    answer = await client.ask(operation(f"staffing/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


def _need(at: scene.Scene) -> str:
    return global_id("Need", at.need_id)


async def test_from_the_pool_to_an_accepted_offer(house: House) -> None:
    at = await scene.festival(house, 2)
    me = await scene.volunteer(house)
    draft = {"needId": _need(at), "idempotencyKey": "one", "mostShifts": 1}
    entry = (await ask_as(house, me, "join_pool", input=draft))["poolEntry"]
    assert (entry["mostShifts"], entry["shiftIds"]) == (1, [])
    assert await ask_as(house, me, "my_pool_entry", needId=_need(at)) == entry
    shown = await ask_as(house, at.organiser, "staffing", needId=_need(at))
    assert (shown["pool"], [shift["missing"] for shift in shown["shifts"]]) == (1, [1, 1])
    started = await ask_as(
        house, at.organiser, "start_assignment_run", input={"needId": _need(at), "seed": 5}
    )
    run = started["assignmentRun"]
    assert (run["seed"], run["isOptimal"], run["minimumPlaces"], run["sentAt"]) == (5, True, 1, None)
    assert sum(shift["peopleAfter"] - shift["peopleBefore"] for shift in run["shifts"]) == 1
    (proposal,) = [one for shift in run["shifts"] for one in shift["proposals"]]
    assert proposal["state"] == "PROPOSED"
    assert round(sum(factor["points"] for factor in proposal["why"]["factors"]), 1) == proposal["points"]
    check = await ask_as(house, at.organiser, "check_assignment_run", runId=run["id"])
    assert check == {"isIdentical": True, "isUpToDate": True}
    sent = (await ask_as(house, at.organiser, "send_offers", runId=run["id"]))["assignmentRun"]
    assert sent["sentAt"]
    (proposal,) = [one for shift in sent["shifts"] for one in shift["proposals"]]
    assert proposal["state"] == "OFFERED"
    sign_up = await scene.sign_up_of(house, me, _key(run["id"]))
    why = await ask_as(house, me, "why_offered", signUpId=global_id("SignUp", sign_up))
    assert why["score"]["score"] == proposal["points"]
    assert all(
        factor["sentence"] and not factor["sentence"].startswith("why.") for factor in why["score"]["factors"]
    )
    await signing_up.accept(house, me, sign_up)
    again = await ask_as(house, at.organiser, "assignment_run", id=run["id"])
    assert [one["state"] for shift in again["shifts"] for one in shift["proposals"]] == ["ACCEPTED"]
    assert (await ask_as(house, me, "leave_pool", needId=_need(at)))["poolEntry"] is None
    listed = await ask_as(house, at.organiser, "assignment_runs", needId=_need(at))
    assert [one["id"] for one in listed["nodes"]] == [run["id"]]


async def test_roles_are_added_and_ended(house: House) -> None:
    at = await scene.festival(house)
    wanted = {"needId": _need(at), "name": "急救员", "qualificationCode": "first_aid", "minimumPeople": 2}
    shown = (await ask_as(house, at.organiser, "add_need_role", input=wanted))["staffing"]
    (role,) = shown["roles"]
    assert (role["name"], role["minimumPeople"], role["qualificationCode"]) == ("急救员", 2, "first_aid")
    assert (await ask_as(house, at.organiser, "add_need_role", input=wanted))[
        "code"
    ] == "role_is_there_already"
    unknown = {**wanted, "qualificationCode": "kite_flying"}
    assert (await ask_as(house, at.organiser, "add_need_role", input=unknown))["fields"][0][
        "field"
    ] == "qualification"
    ended = await ask_as(house, at.organiser, "remove_need_role", roleId=role["id"])
    assert ended["staffing"]["roles"] == []


async def test_a_dropped_proposal_stays_at_home(house: House) -> None:
    at = await scene.festival(house, 1)
    await scene.joined(house, at, 1)
    run = (await ask_as(house, at.organiser, "start_assignment_run", input={"needId": _need(at)}))[
        "assignmentRun"
    ]
    (proposal,) = run["shifts"][0]["proposals"]
    dropped = await ask_as(house, at.organiser, "drop_proposal", proposalId=proposal["id"])
    assert dropped["assignmentRun"]["shifts"][0]["proposals"][0]["state"] == "DROPPED"


@pytest.mark.parametrize("visitor", ["stranger", "outsider", "member"])
async def test_doors_of_runs_stay_closed(house: House, visitor: str) -> None:
    at = await scene.festival(house)
    (member,) = await scene.joined(house, at, 1)
    run_id = global_id("AssignmentRun", await scene.start(house, at))
    who = {"stranger": None, "outsider": await scene.volunteer(house, "路人"), "member": member}[visitor]
    refused = "sign_in_needed" if who is None else "not_permitted"
    hidden = "sign_in_needed" if who is None else "not_found"
    assert await ask_as(house, who, "staffing", needId=_need(at)) == refused
    assert await ask_as(house, who, "assignment_runs", needId=_need(at)) == refused
    assert await ask_as(house, who, "assignment_run", id=run_id) is None
    assert await ask_as(house, who, "check_assignment_run", runId=run_id) == hidden
    assert (await ask_as(house, who, "send_offers", runId=run_id))["code"] == hidden
    started = await ask_as(house, who, "start_assignment_run", input={"needId": _need(at)})
    assert started["code"] == refused
    entry = await ask_as(house, who, "my_pool_entry", needId=_need(at))
    assert (entry is not None) == (visitor == "member")


async def test_a_program_that_may_only_look_starts_no_run(house: House) -> None:
    at = await scene.festival(house)
    answer = await ask_as(house, at.organiser, "start_assignment_run", "read", input={"needId": _need(at)})
    assert answer["code"] == "token_may_not_write"


def _key(run_id: str) -> UUID:
    found: UUID = key_of("AssignmentRun", run_id)  # type: ignore[arg-type]
    return found
