"""Contracts and call-offs over GraphQL, by the named operations: from the award to the end, and closed doors for others."""

from datetime import timedelta
from typing import Any

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from tests import delivering
from tests.graph.client import api_token, graph_client, operation
from tests.procurement.contracts import scene


async def ask_as(house: House, viewer: Viewer | None, name: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of contracts."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"contracts/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


async def test_from_the_award_to_the_final_acceptance(house: House) -> None:
    at = await scene.awarded(house)
    (waiting,) = await ask_as(house, at.officer, "awards_to_contract")
    assert waiting["price"]["amount"] == "100000.00"
    drafted = (await ask_as(house, at.officer, "draft_contract", awardId=waiting["awardId"]))["contract"]
    assert (drafted["state"], drafted["status"]) == ("DRAFT", "PENDING")
    assert [one["value"]["amount"] for one in drafted["milestones"]] == ["30000.00", "40000.00", "30000.00"]
    own = {"contractId": drafted["id"]}
    assert await ask_as(house, None, "contract", id=drafted["id"]) is None
    await ask_as(house, at.officer, "sign_contract_for_buyer", **own)
    await ask_as(house, at.supplier, "sign_contract_for_supplier", **own)
    public = (await ask_as(house, at.officer, "publish_contract", **own))["contract"]
    assert (public["state"], len(public["contentHash"])) == ("ACTIVE", 64)
    (listed,) = (await ask_as(house, None, "contracts", supplierId=public["supplierId"]))["nodes"]
    assert listed["id"] == public["id"]
    for name, viewer in (("desk_contracts", at.officer), ("supplier_contracts", at.supplier)):
        assert [one["id"] for one in (await ask_as(house, viewer, name))["nodes"]] == [public["id"]]
    step = public["milestones"][0]["id"]
    told = {"milestoneId": step, "text": "完成入户评估"}
    await ask_as(house, at.supplier, "report_milestone", input=told)
    sent_back = await ask_as(
        house,
        at.officer,
        "decide_milestone",
        input={"milestoneId": step, "isAccepted": False, "reason": "缺"},
    )
    assert sent_back["contract"]["milestones"][0]["state"] == "SENT_BACK"
    await ask_as(house, at.supplier, "report_milestone", input=told)
    accepted = {"milestoneId": step, "isAccepted": True}
    await ask_as(house, at.officer, "decide_milestone", input=accepted)
    payment = {
        "milestoneId": step,
        "amount": "３０，０００．００",
        "paidOn": "2026-11-22",
        "reference": "转账0001",
        "idempotencyKey": "one",
    }
    paid = (await ask_as(house, at.officer, "record_payment", input=payment))["contract"]
    assert paid["paid"]["amount"] == "30000.00"
    too_much = await ask_as(house, at.officer, "record_payment", input={**payment, "idempotencyKey": "two"})
    assert too_much["code"] == "payment_is_too_much"
    undo = {"paymentId": paid["payments"][0]["id"], "reason": "重复录入", "idempotencyKey": "three"}
    undone = (await ask_as(house, at.officer, "reverse_payment", input=undo))["contract"]
    assert [one["amount"]["amount"] for one in undone["payments"]] == ["30000.00", "-30000.00"]
    for other in public["milestones"][1:]:
        await ask_as(house, at.supplier, "report_milestone", input={**told, "milestoneId": other["id"]})
        await ask_as(house, at.officer, "decide_milestone", input={**accepted, "milestoneId": other["id"]})
    final = {"contractId": public["id"], "acceptance": "全部达标"}
    unheard = await ask_as(house, at.officer, "accept_contract", input=final)
    assert unheard["code"] == "users_are_not_heard" and "第二十四条" in unheard["article"]
    opinion = {"contractId": public["id"], "received": True, "isSatisfied": True, "text": "很细心"}
    said = await ask_as(house, await scene.resident(house), "give_opinion", input=opinion)
    assert said["contract"]["peopleHeard"] == 1
    over = (await ask_as(house, at.officer, "accept_contract", input=final))["contract"]
    assert (over["state"], over["status"], over["opinions"][0]["text"]) == (
        "ACCEPTED",
        "TERMINATED",
        "很细心",
    )


async def test_changes_and_an_early_end_take_two_officers(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = global_id("Contract", await scene.signed(house, at))
    words = {"contractId": contract_id, "title": "增加十户", "what": "新增十户", "reason": "需要增加"}
    refused = await ask_as(house, at.officer, "propose_change", input={**words, "added": "10,000.01"})
    assert refused["code"] == "supplements_are_too_much" and refused["article"] == "《政府采购法》第四十九条"
    asked = await ask_as(house, at.officer, "propose_change", input={**words, "added": "1万"})
    change_id = asked["contract"]["changes"][0]["id"]
    decision = {"changeId": change_id, "isApproved": True}
    assert (await ask_as(house, at.officer, "decide_change", input=decision))[
        "code"
    ] == "second_person_decides"
    assert (await ask_as(house, None, "contract", id=contract_id))["changes"] == []
    changed = (await ask_as(house, at.second, "decide_change", input=decision))["contract"]
    assert (changed["added"]["amount"], len(changed["milestones"])) == ("10000.00", 4)
    early = {"contractId": contract_id, "what": "按实结算", "reason": "社会组织注销"}
    asked = await ask_as(house, at.officer, "propose_termination", input=early)
    decision["changeId"] = asked["contract"]["changes"][1]["id"]
    ended = (await ask_as(house, at.second, "decide_change", input=decision))["contract"]
    assert (ended["state"], ended["terminationReason"]) == ("TERMINATED", "社会组织注销")


async def test_a_second_competition_and_its_secret(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=2)
    lot_id = global_id("Lot", at.lot_id)
    draft = {
        "lotId": lot_id,
        "way": "COMPETITION",
        "title": "华阳路街道助浴",
        "description": "二十户",
        "budget": "30000",
        "startsOn": "2026-12-01",
        "endsOn": "2027-02-28",
        "idempotencyKey": "one",
        "offersEndAt": (clock.now() + timedelta(days=5)).isoformat(),
        "priceWeight": 40,
    }
    opened = (await ask_as(house, at.officer, "open_call_off", input=draft))["callOff"]
    (first_id, first), (second_id, second) = at.suppliers
    assert [one["id"] for one in await ask_as(house, first, "call_offs_to_offer")] == [opened["id"]]
    for organisation_id, viewer, price in ((first_id, first, "20000"), (second_id, second, "2.5万")):
        wish = {
            "callOffId": opened["id"],
            "supplierId": global_id("Organisation", organisation_id),
            "price": price,
            "text": "两人同行",
        }
        offered = (await ask_as(house, viewer, "offer_for_call_off", input=wish))["callOff"]
        assert [one["supplierId"] for one in offered["offers"]] == [wish["supplierId"]]
    for reader in (None, at.officer, await scene.resident(house)):
        assert (await ask_as(house, reader, "call_off", id=opened["id"]))["offers"] == []
    decision: dict[str, Any] = {"callOffId": opened["id"], "quality": []}
    early = await ask_as(house, at.officer, "decide_call_off", input=decision)
    assert early["code"] == "offers_are_still_secret"
    clock.advance(timedelta(days=5))
    assert (await ask_as(house, None, "call_off", id=opened["id"]))["offers"] == []
    seen = (await ask_as(house, at.officer, "call_off", id=opened["id"]))["offers"]
    decision["quality"] = [
        {"offerId": one["id"], "points": 60 if one["price"]["amount"] == "20000.00" else 90} for one in seen
    ]
    decided = (await ask_as(house, at.officer, "decide_call_off", input=decision))["callOff"]
    assert (decided["state"], decided["supplier"]) == ("DECIDED", "社工站2")
    public = await ask_as(house, None, "call_off", id=opened["id"])
    assert [one["points"] for one in public["offers"]] == ["86.0000", "76.0000"]
    assert public["contract"] is None, "the order is not published yet"
    (listed,) = (await ask_as(house, None, "call_offs", lotId=lot_id))["nodes"]
    assert listed["id"] == opened["id"]


async def test_users_ratings_have_the_weight_that_was_stated(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=2)
    (first_id, first), (second_id, second) = at.suppliers
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, second_id)
    call_off_id = await scene.competition(house, at, price_weight=70, rating_weight=30)
    for party in ((first_id, first), (second_id, second)):
        await scene.offer(house, party, call_off_id, 2_000_000)
    clock.advance(timedelta(days=5))
    key = global_id("CallOff", call_off_id)
    early = await ask_as(house, at.officer, "call_off", id=key)
    assert early["ratingWeight"] == 30 and [one["ratingLow"] for one in early["offers"]] == [None, None]
    done = (await ask_as(house, at.officer, "decide_call_off", input={"callOffId": key}))["callOff"]
    assert done["supplier"] == "社工站2"
    assert [one["ratingLow"] for one in done["offers"]] == [4.4, 3.3802]
    assert [one["points"] for one in done["offers"]] == ["95.5000", "87.8515"]


async def test_a_direct_choice_is_informed_by_users_ratings(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=2)
    (_, _), (second_id, _) = at.suppliers
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, second_id)
    lot = global_id("Lot", at.lot_id)
    for viewer in (None, at.officer):
        first, second = await ask_as(house, viewer, "framework_suppliers", lotId=lot)
        assert (first["place"], first["isPrior"], first["raters"], first["wanted"]) == (1, True, 0, 10)
        assert (second["supplierId"], second["isPrior"]) == (global_id("Organisation", second_id), False)
        assert (second["rating"], second["ratingLow"], second["ratingHigh"]) == (4.6, 4.4, 4.8)


async def test_a_competition_that_nobody_answers_is_ended(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=1)
    call_off_id = await scene.competition(house, at)
    clock.advance(timedelta(days=5))
    end = {"callOffId": global_id("CallOff", call_off_id), "reason": "无人响应"}
    ended = (await ask_as(house, at.officer, "end_call_off", input=end))["callOff"]
    assert (ended["state"], ended["basis"]) == ("ENDED", "无人响应")


async def test_strangers_and_outsiders_change_nothing(house: House, clock: FixedClock) -> None:
    at = await scene.awarded(house)
    draft = await scene.drafted(house, at)
    contract_id = global_id("Contract", draft)
    step = global_id("Milestone", (await scene.steps(house, draft))[0].id)
    outsider = await scene.resident(house)
    key = str(new_id())
    money = {"amount": "1", "paidOn": "2026-11-22", "reference": "1", "idempotencyKey": key}
    doors: dict[str, dict[str, Any]] = {
        "sign_contract_for_buyer": {"contractId": contract_id},
        "sign_contract_for_supplier": {"contractId": contract_id},
        "publish_contract": {"contractId": contract_id},
        "report_milestone": {"input": {"milestoneId": step, "text": "x"}},
        "decide_milestone": {"input": {"milestoneId": step, "isAccepted": True}},
        "record_payment": {"input": {"milestoneId": step, **money}},
        "accept_contract": {"input": {"contractId": contract_id, "acceptance": "x"}},
        "propose_termination": {"input": {"contractId": contract_id, "what": "x", "reason": "x"}},
    }
    for name, variables in doors.items():
        for viewer in (None, outsider):
            assert (await ask_as(house, viewer, name, **variables))["code"] == "not_found"
    for name in ("desk_contracts", "supplier_contracts", "awards_to_contract", "call_offs_to_offer"):
        assert await ask_as(house, None, name) == "sign_in_needed"
        found = await ask_as(house, outsider, name)
        assert (found if isinstance(found, list) else found["nodes"]) == []
    award = {"awardId": global_id("Award", at.award_id)}
    assert (await ask_as(house, outsider, "draft_contract", **award))["code"] == "not_permitted"
    row = await scene.contract(house, draft)
    assert row.buyer_signed_at is None and row.supplier_signed_at is None
