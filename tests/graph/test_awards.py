"""Results, objections and complaints over GraphQL, by the named operations, and closed doors for others."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.procurement.evaluation.report import read_report, verify_ranking
from tests.graph.client import api_token, graph_client, operation
from tests.procurement.awards import scene as scenes


@pytest.fixture
def backend() -> str:
    return "sqlite"


async def ask_as(house: House, viewer: Viewer | None, name: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of awards."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"awards/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


def _bid_lot(key: UUID) -> str:
    return str(global_id("BidLot", key))


async def test_from_the_report_to_the_next_in_rank(house: House, clock: FixedClock) -> None:
    it = await scenes.evaluated(house)
    tender_id, lot_id = global_id("Tender", it.scene.tender.id), global_id("Lot", it.lot_id)
    officer = it.scene.officer
    assert await ask_as(house, None, "tender_results", tenderId=tender_id) == "not_found"
    desk = await ask_as(house, officer, "award_desk", tenderId=tender_id)
    assert [one["total"] for one in desk["lots"][0]["ranking"]] == ["90.40", "88.40", "84.00"]
    wrong = {"lotId": lot_id, "bidLotIds": [_bid_lot(it.ranked[1])], "reason": "它更近"}
    refused = await ask_as(house, officer, "award_lot", input=wrong)
    assert refused["code"] == "another_is_next" and refused["article"]
    right = {**wrong, "bidLotIds": [_bid_lot(it.ranked[0])]}
    (award,) = (await ask_as(house, officer, "award_lot", input=right))["results"]["lots"][0]["awards"]
    assert (award["state"], award["place"], award["price"]["amount"]) == ("PENDING", 1, "125000.00")
    assert await ask_as(house, None, "award", id=award["id"]) is None
    published = await ask_as(house, officer, "publish_awards", input={"tenderId": tender_id})
    assert len(published["results"]["notices"]) == 1
    public = await ask_as(house, None, "tender_results", tenderId=tender_id)
    assert public["lots"][0]["awards"][0]["state"] == "ACTIVE" and len(public["panel"]) == 3
    again = await ask_as(house, None, "ranking_with_price_weight", tenderId=tender_id, percent=60)
    assert verify_ranking(read_report(json.loads(again["lots"][0]["reportJson"]))) == ()
    assert [one["total"] for one in again["lots"][0]["withPriceWeight"]] == ["92.00", "89.20", "81.20"]
    loser = scenes.winner(it, 3)[1]
    (own,) = await ask_as(house, loser, "my_bid_results", tenderId=tender_id)
    assert (own["place"], own["of"], own["total"], own["isAwarded"]) == (3, 3, "84.00", False)
    assert await ask_as(house, it.scene.outsider[1], "my_bid_results", tenderId=tender_id) == []
    winner = scenes.winner(it)[1]
    gone = {"awardId": award["id"], "reason": "人手不足"}
    assert (await ask_as(house, loser, "decline_award", input=gone))["code"] == "not_found"
    declined = (await ask_as(house, winner, "decline_award", input=gone))["award"]
    assert (declined["state"], declined["endedFor"]) == ("CANCELLED", "declined")
    ended = await ask_as(house, officer, "end_lot", input={"lotId": lot_id, "reason": "算了"})
    assert ended["code"] == "somebody_is_still_next"
    second = {**wrong, "bidLotIds": [_bid_lot(it.ranked[1])]}
    awards = (await ask_as(house, officer, "award_lot", input=second))["results"]["lots"][0]["awards"]
    assert awards[1]["replacesId"] == award["id"]
    await ask_as(house, officer, "publish_awards", input={"tenderId": tender_id})
    late = {"awardId": awards[1]["id"], "reason": "没签"}
    assert (await ask_as(house, officer, "note_not_signed", input=late))["code"] == "signing_has_time_left"
    clock.advance(timedelta(days=40))
    assert (await ask_as(house, officer, "note_not_signed", input=late))["award"]["endedFor"] == "not_signed"


async def test_a_correction_takes_two_officers(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    wrong = {
        "awardId": global_id("Award", award_id),
        "reason": "算错了",
        "successorId": _bid_lot(it.ranked[1]),
    }
    proposed = (await ask_as(house, it.scene.officer, "propose_correction", input=wrong))["award"]
    (correction,) = proposed["corrections"]
    assert not (await ask_as(house, None, "award", id=proposed["id"]))["corrections"]
    decision = {"correctionId": correction["id"], "isApproved": True, "reason": "复核属实"}
    own = await ask_as(house, it.scene.officer, "decide_correction", input=decision)
    assert own["code"] == "correction_needs_another"
    done = (await ask_as(house, it.scene.colleague, "decide_correction", input=decision))["award"]
    assert done["endedFor"] == "corrected"
    assert (await ask_as(house, None, "award", id=proposed["id"]))["corrections"][0]["isApproved"]


async def test_an_objection_becomes_a_complaint_and_the_process_rests(house: House) -> None:
    scene = await scenes.tender(house, opened=True)
    organisation_id, manager = scene.suppliers[0]
    tender_id = global_id("Tender", scene.tender.id)
    windows = await ask_as(house, manager, "objection_windows", tenderId=tender_id)
    assert {one["about"] for one in windows} == {"FILE", "PROCESS"}
    raised = {
        "tenderId": tender_id, "organisationId": global_id("Organisation", organisation_id), "about": "PROCESS",
        "text": "开标时间有误", "wish": "重新开标", "idempotencyKey": "one",
    }  # fmt: skip
    first = (await ask_as(house, manager, "raise_objection", input=raised))["objection"]
    assert (await ask_as(house, manager, "raise_objection", input=raised))["objection"]["id"] == first["id"]
    other = {**raised, "about": "FILE", "idempotencyKey": "two"}
    second = (await ask_as(house, manager, "raise_objection", input=other))["objection"]
    gone = await ask_as(house, manager, "withdraw_objection", objectionId=second["id"])
    assert gone["objection"]["state"] == "WITHDRAWN"
    assert await ask_as(house, None, "objection", id=first["id"]) is None
    waiting = await ask_as(house, scene.officer, "objections_to_answer", first=10)
    assert [one["id"] for one in waiting["nodes"]] == [first["id"]]
    assert waiting["nodes"][0]["supplier"] == scenes.NAMES[0]
    answer = {"objectionId": first["id"], "answer": "时间无误", "isUpheld": False}
    assert (await ask_as(house, scene.officer, "answer_objection", input=answer))["objection"]["answer"]
    assert (await ask_as(house, None, "objection", id=first["id"]))["supplier"] is None
    wish = {"objectionId": first["id"], "text": "没有回应", "wish": "请处理", "idempotencyKey": "c"}
    complaint = (await ask_as(house, manager, "complain", input=wish))["objection"]
    supervisor = scene.supervisor
    listed = await ask_as(house, supervisor, "complaints_to_decide", first=10)
    assert [one["id"] for one in listed["nodes"]] == [complaint["id"]]
    rest = {"complaintId": complaint["id"], "reason": "影响结果", "days": 31}
    assert (await ask_as(house, supervisor, "suspend_tender", input=rest))["code"] == "suspension_is_too_long"
    resting = await ask_as(house, supervisor, "suspend_tender", input={**rest, "days": 10})
    assert resting["objection"]["suspendedUntil"]
    lifted = await ask_as(house, supervisor, "resume_tender", complaintId=complaint["id"])
    assert lifted["objection"]["suspendedUntil"] is None
    decision = {"complaintId": complaint["id"], "answer": "投诉成立", "isUpheld": True, "remedy": "RETENDER"}
    assert (await ask_as(house, supervisor, "decide_complaint", input=decision))["objection"][
        "remedy"
    ] == "retender"
    late = await ask_as(house, manager, "withdraw_complaint", complaintId=complaint["id"])
    assert late["code"] == "objection_is_settled"
    public = await ask_as(house, None, "tender_objections", tenderId=tender_id)
    assert {one["supplier"] for one in public} == {scenes.NAMES[0]}
    assert len(await ask_as(house, manager, "my_objections")) == 3
    assert await ask_as(house, supervisor, "process_accesses", tenderId=tender_id) == []


async def test_strangers_and_outsiders_decide_nothing(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    outsider = it.scene.outsider[1]
    tender_id, award = global_id("Tender", it.scene.tender.id), global_id("Award", award_id)
    bad = {"lotId": global_id("Lot", it.lot_id), "bidLotIds": [_bid_lot(it.ranked[1])], "reason": "x"}
    for name, variables, code in (
        ("award_lot", {"input": bad}, "not_permitted"),
        ("publish_awards", {"input": {"tenderId": tender_id}}, "not_permitted"),
        ("end_lot", {"input": {"lotId": bad["lotId"], "reason": "x"}}, "not_permitted"),
        ("note_not_signed", {"input": {"awardId": award, "reason": "x"}}, "not_permitted"),
        ("propose_correction", {"input": {"awardId": award, "reason": "x"}}, "not_permitted"),
        ("award_desk", {"tenderId": tender_id}, "not_permitted"),
        ("process_accesses", {"tenderId": tender_id}, "not_permitted"),
    ):
        answer = await ask_as(house, outsider, name, **variables)
        assert (answer if isinstance(answer, str) else answer["code"]) == code, name
        answer = await ask_as(house, None, name, **variables)
        assert (answer if isinstance(answer, str) else answer["code"]) == "sign_in_needed", name
