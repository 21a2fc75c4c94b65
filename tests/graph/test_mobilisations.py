"""Mobilisations over GraphQL, by the named operations: from the start to the answers, and closed doors for others."""

from typing import Any

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from tests.graph.client import api_token, graph_client, operation
from tests.recommendations import scene as people
from tests.staffing import mobilisation_scene as scene


async def ask_as(house: House, viewer: Viewer | None, name: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of mobilisations."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"mobilisations/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


async def test_from_the_start_to_the_answers(house: House) -> None:
    at = await scene.flood(house, capacity=1)
    one = await people.volunteer(house)
    shift_id = global_id("Shift", at.shift_id)
    draft = {"shiftId": shift_id, "kind": "EMERGENCY", "reason": "暴雨红色预警"}
    started = (await ask_as(house, at.officer, "start_mobilisation", input=draft))["mobilisation"]
    assert (started["kind"], started["waves"], started["stoppedAt"]) == ("EMERGENCY", [], None)
    await scene.wave(house)
    (call,) = await ask_as(house, one, "my_calls")
    assert (call["state"], call["reason"]) == ("LIVE", "暴雨红色预警")
    answer = {"callId": call["id"], "accepted": True}
    answered = (await ask_as(house, one, "answer_call", input=answer))["call"]
    assert answered["state"] == "ACCEPTED" and answered["signUpId"]
    (seen,) = await ask_as(house, at.officer, "mobilisations_of_shift", shiftId=shift_id)
    assert (seen["stoppedBecause"], seen["placesTaken"]) == ("FILLED", 1)
    assert [(wave["called"], wave["accepted"], wave["unanswered"]) for wave in seen["waves"]] == [(1, 1, 0)]


async def test_strangers_and_outsiders_start_stop_see_and_answer_nothing(house: House) -> None:
    at = await scene.flood(house)
    one, outsider = await people.volunteer(house), await people.volunteer(house, "外人", invitable=False)
    shift_id = global_id("Shift", at.shift_id)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    mobilised = global_id("Mobilisation", mobilisation_id)
    draft = {"shiftId": shift_id, "kind": "DRILL", "reason": "练一练"}
    doors: dict[str, dict[str, Any]] = {
        "start_mobilisation": draft,
        "stop_mobilisation": {"mobilisationId": mobilised, "reason": "算了"},
        "answer_call": {"callId": global_id("Call", call.id), "accepted": True},
    }
    refusals = {"start_mobilisation": "not_permitted", "stop_mobilisation": "not_permitted"}
    for name, given in doors.items():
        assert (await ask_as(house, None, name, input=given))["code"] == "sign_in_needed"
        refused = await ask_as(house, outsider, name, input=given)
        assert refused["code"] == refusals.get(name, "not_found")
    for viewer in (None, outsider):
        assert await ask_as(house, viewer, "mobilisation", id=mobilised) is None
        assert await ask_as(house, viewer, "mobilisations_of_shift", shiftId=shift_id) == []
    assert await ask_as(house, outsider, "my_calls") == []
    assert (await scene.call_of(house, one, mobilisation_id)).answered_at is None
    stopped = await ask_as(house, at.officer, "stop_mobilisation", input=doors["stop_mobilisation"])
    assert stopped["mobilisation"]["stoppedBecause"] == "BY_HAND"
