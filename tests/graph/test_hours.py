"""Check-in and hours through the graph: the whole loop, three visitors at every door, and input that is refused in words."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.hours.states import Direction
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from tests import builders, city
from tests.graph.client import api_token, graph_client, operation
from tests.hours import scene as scenes
from tests.hours.scene import Scene

HOUR = timedelta(hours=1)


@pytest.fixture
async def scene(house: House, clock: FixedClock) -> AsyncIterator[Scene]:
    yield await scenes.build(house, clock)


async def ask(scene: Scene, viewer: Viewer | None, name: str, **variables: Any) -> dict[str, Any]:
    """The answer to a named operation, asked by that person's program, or by a stranger."""
    token = None
    if viewer is not None:
        async with scene.house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(scene.house, token=token) as client:
        return await client.ask(operation(f"hours/{name}"), **variables)


async def answer(scene: Scene, viewer: Viewer | None, name: str, **given: Any) -> dict[str, Any]:
    """What one command came to: its payload, or the problem."""
    asked = await ask(scene, viewer, name, input=given)
    assert "errors" not in asked, asked
    (result,) = asked["data"].values()
    assert isinstance(result, dict)
    return result


def shift(scene: Scene) -> str:
    return global_id("Shift", scene.shift_id)


def sign_up(scene: Scene) -> str:
    return global_id("SignUp", scene.sign_up_id)


async def test_a_volunteer_comes_goes_and_owns_the_hours(scene: Scene) -> None:
    scene.at(timedelta(minutes=20))
    came = await answer(scene, scene.volunteer, "check_in", code=scene.token(), idempotencyKey="once")
    assert (came["attendance"]["lateMinutes"], came["attendance"]["checkInMethod"]) == (20, "QR")
    doors = (await ask(scene, scene.volunteer, "check_in_doors"))["data"]["checkInDoors"]
    assert [(door["shiftId"], door["step"]) for door in doors] == [(shift(scene), "OUT")]
    scene.at(2 * HOUR)
    await answer(scene, scene.volunteer, "check_out", code=scene.digits(Direction.OUT), shiftId=shift(scene))
    mine = (await ask(scene, scene.volunteer, "my_hours"))["data"]["myHours"]
    assert mine == {
        "minutes": 100,
        "years": [{"year": 2026, "minutes": 100}],
        "stars": 0,
        "minutesToNextStar": 5900,
    }
    entries = await ask(scene, scene.volunteer, "ledger_entries")
    (entry,) = entries["data"]["ledgerEntries"]["nodes"]
    assert (entry["minutes"], entry["grade"], entry["servedOn"]) == (100, "A", "2026-11-24")


async def test_the_screen_shows_organisers_the_codes_and_who_is_in(scene: Scene) -> None:
    await scene.come()
    screen = (await ask(scene, scene.organiser, "check_in_screen", shiftId=shift(scene)))["data"][
        "checkInScreen"
    ]
    assert (screen["token"], screen["shortCode"]) == (scene.token(), scene.digits())
    assert [(row["name"], row["state"]) for row in screen["roll"]] == [("林小满", "CHECKED_IN")]


async def test_the_screen_is_for_organisers(scene: Scene) -> None:
    for viewer, code in ((None, "sign_in_needed"), (scene.volunteer, "not_permitted")):
        refused = await ask(scene, viewer, "check_in_screen", shiftId=shift(scene))
        assert refused["data"] == {"checkInScreen": None}
        assert refused["errors"][0]["extensions"]["code"] == code
    for wrong in ("nonsense", global_id("Shift", scene.need_id), global_id("Need", scene.shift_id)):
        missing = await ask(scene, scene.organiser, "check_in_screen", shiftId=wrong)
        assert missing == {"data": {"checkInScreen": None}}


async def test_by_hand_then_review_by_another_organiser(scene: Scene) -> None:
    for name, at in (("check_in_by_hand", timedelta(0)), ("check_out_by_hand", 2 * HOUR)):
        scene.at(at)
        done = await answer(scene, scene.organiser, name, signUpId=sign_up(scene), reason="没带手机")
        assert done["attendance"]["id"]
    reviews = await ask(scene, scene.colleague, "hour_reviews")
    (review,) = reviews["data"]["hourReviews"]["nodes"]
    assert review["cause"] == "BY_HAND"
    own = await answer(
        scene, scene.organiser, "decide_review", reviewId=review["id"], minutes=120, reason="在场"
    )
    assert own["code"] == "not_by_the_same_person"
    decided = await answer(
        scene, scene.colleague, "decide_review", reviewId=review["id"], minutes=120, reason="在场"
    )
    assert decided["review"]["minutes"] == 120


async def test_hours_by_hand_wait_for_two_people(scene: Scene) -> None:
    scene.at(3 * HOUR)
    given = {
        "personId": global_id("Person", scene.volunteer.signed_in()),
        "needId": global_id("Need", scene.need_id),
        "shiftId": shift(scene),
        "minutes": 90,
        "reason": "设备坏了",
        "idempotencyKey": "once",
    }
    first = await answer(scene, scene.organiser, "enter_hours", **given)
    assert await answer(scene, scene.organiser, "enter_hours", **given) == first
    request = first["request"]
    assert (request["approvals"], request["approvalsNeeded"], request["state"]) == (0, 2, "WAITING")
    own = await answer(scene, scene.organiser, "approve_hours", requestId=request["id"])
    assert (own["code"], "67" in own["article"]) == ("not_by_the_same_person", True)
    await answer(scene, scene.colleague, "approve_hours", requestId=request["id"])
    waiting = await ask(scene, scene.colleague, "hour_entry_requests")
    assert waiting["data"]["hourEntryRequests"]["nodes"][0]["approvals"] == 1
    async with scene.house.database.unit_of_work() as session:
        officer = await builders.viewer(session, "区里", Role.DISTRICT_OFFICER, city.CHANGNING)
    counted = await answer(scene, officer, "approve_hours", requestId=request["id"])
    assert counted["request"]["state"] == "COUNTED"


async def test_a_correction_is_asked_for_and_refused(scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    (entry,) = await scene.entries()
    asked = await answer(
        scene,
        scene.volunteer,
        "correct_hours",
        entryId=global_id("LedgerEntry", entry.id),
        minutes=60,
        reason="早退了",
    )
    refused = await answer(
        scene, scene.organiser, "refuse_hours", requestId=asked["request"]["id"], reason="记录无误"
    )
    assert refused["request"]["state"] == "REFUSED"


async def test_a_volunteer_asks_for_a_review(scene: Scene) -> None:
    scene.at(3 * HOUR)
    asked = await answer(scene, scene.volunteer, "ask_for_review", signUpId=sign_up(scene))
    assert asked["review"]["cause"] == "NO_CHECK_IN"


async def test_every_command_refuses_strangers_and_outsiders(scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    (entry,) = await scene.entries()
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
    entry_id = global_id("LedgerEntry", entry.id)
    hand = {"signUpId": sign_up(scene), "reason": "没带手机"}
    entered = {
        "personId": global_id("Person", scene.volunteer.signed_in()),
        "needId": global_id("Need", scene.need_id),
        "servedOn": "2026-11-01",
        "minutes": 30,
        "reason": "补录",
    }
    commands: list[tuple[str, dict[str, Any], str]] = [
        ("check_in", {"code": scene.token()}, "sign_up_is_not_confirmed"),
        ("check_out", {"code": scene.token(Direction.OUT)}, "sign_up_is_not_confirmed"),
        ("check_in_by_hand", hand, "not_permitted"),
        ("check_out_by_hand", hand, "not_permitted"),
        ("ask_for_review", {"signUpId": sign_up(scene)}, "not_found"),
        ("enter_hours", entered, "not_permitted"),
        ("correct_hours", {"entryId": entry_id, "minutes": 1, "reason": "更正"}, "not_found"),
    ]
    for name, given, code in commands:
        assert (await answer(scene, None, name, **given))["code"] == "sign_in_needed", name
        assert (await answer(scene, outsider, name, **given))["code"] == code, name
    assert len(await scene.entries()) == 1


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("check_in", {"code": ""}, "input_is_invalid"),
        ("check_in", {"code": "x" * 300}, "input_is_invalid"),
        ("check_in", {"code": "123456"}, "input_is_invalid"),
        ("check_in", {"code": "123456", "shiftId": "nonsense"}, "not_found"),
        ("check_in", {"code": "hello"}, "code_is_wrong"),
        ("check_in", {"code": "hello", "latitude": 91.0, "longitude": 0.0}, "input_is_invalid"),
        ("check_in", {"code": "hello", "latitude": 31.0}, "input_is_invalid"),
        ("check_in", {"code": "hello", "idempotencyKey": "a b"}, "input_is_invalid"),
        ("check_in_by_hand", {"signUpId": "nonsense", "reason": "理由"}, "not_found"),
        ("decide_review", {"reviewId": "nonsense", "minutes": 1, "reason": "理由"}, "not_found"),
        ("approve_hours", {"requestId": "nonsense"}, "not_found"),
        ("refuse_hours", {"requestId": global_id("HourReview", "x"), "reason": "理由"}, "not_found"),
        ("correct_hours", {"entryId": "nonsense", "minutes": 1, "reason": "理由"}, "not_found"),
        ("ask_for_review", {"signUpId": ""}, "not_found"),
    ],
)
async def test_bad_input_is_told_and_changes_nothing(
    scene: Scene, name: str, given: dict[str, Any], code: str
) -> None:
    scene.at(timedelta(0))
    problem = await answer(scene, scene.volunteer, name, **given)
    assert problem["code"] == code
    assert not problem["message"].startswith("error.")
    assert await scene.entries() == []


async def test_wrong_codes_are_counted_through_the_graph_too(scene: Scene) -> None:
    scene.at(timedelta(0))
    wrong = f"{(int(scene.digits()) + 1) % 10**6:06d}"
    codes = [
        (await answer(scene, scene.volunteer, "check_in", code=wrong, shiftId=shift(scene)))["code"]
        for _ in range(6)
    ]
    assert codes == ["code_is_wrong"] * 5 + ["too_many_wrong_codes"]


async def test_a_node_is_there_for_its_owner_and_the_organisers_only(scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    (entry,) = await scene.entries()
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
        tokens = {
            viewer.signed_in(): await api_token(session, viewer.signed_in(), "read")
            for viewer in (scene.volunteer, scene.organiser, outsider)
        }
    ids = [global_id("LedgerEntry", entry.id), global_id("Attendance", entry.source_id)]
    query = (
        "query($ids:[ID!]!){nodes(ids:$ids)"
        "{... on LedgerEntry{minutes need{title}} ... on Attendance{shift{startsAt}}}}"
    )
    for viewer, sees in ((scene.volunteer, True), (scene.organiser, True), (outsider, False), (None, False)):
        token = tokens[viewer.signed_in()] if viewer else None
        async with graph_client(scene.house, token=token) as client:
            nodes = (await client.data(query, ids=ids))["nodes"]
        if sees:
            assert nodes[0] == {"minutes": 120, "need": {"title": "陪老人就医"}}
            assert nodes[1]["shift"]["startsAt"] == "2026-11-24T10:00:00+08:00"
        else:
            assert nodes == [None, None]


async def test_a_token_that_only_reads_does_not_check_in(scene: Scene) -> None:
    scene.at(timedelta(0))
    async with scene.house.database.unit_of_work() as session:
        token = await api_token(session, scene.volunteer.signed_in(), "read")
    async with graph_client(scene.house, token=token) as client:
        asked = await client.ask(operation("hours/check_in"), input={"code": scene.token()})
    assert asked["data"]["checkIn"]["code"] == "token_may_not_write"
