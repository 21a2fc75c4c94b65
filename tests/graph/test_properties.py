"""Property services over GraphQL, by the named operations: from the compound to a fact by a program's token, and closed doors for others."""

from functools import partial
from typing import Any

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from tests import city
from tests.delivery.properties import scene
from tests.graph import client

ask_as = partial(client.ask_as, "properties")


async def test_from_a_compound_to_what_was_kept(house: House) -> None:
    at = await scene.build(house)
    place = {
        "areaCode": city.JIANGSU_COMMUNITY,
        "name": "月村",
        "address": "江苏路 480 弄",
        "households": 300,
        "buildings": 6,
    }
    made = (await ask_as(house, at.worker, "register_compound", input=place))["compound"]
    assert made["builtYear"] is None and made["owners"] == 0
    fixed = {**place, "compoundId": made["id"], "builtYear": 1931}
    assert (await ask_as(house, at.worker, "correct_compound", input=fixed))["compound"]["builtYear"] == 1931
    own = {"compoundId": made["id"]}
    claim = (await ask_as(house, at.outsider, "claim_home", input={**own, "home": "3号楼501室"}))["claim"]
    (waiting,) = (await ask_as(house, at.worker, "waiting_owner_claims"))["nodes"]
    assert (waiting["name"], waiting["home"]) == ("路人", "3号楼501室")
    decision = {"claimId": claim["id"], "isConfirmed": True}
    assert (await ask_as(house, at.worker, "decide_owner_claim", input=decision))["claim"][
        "state"
    ] == "CONFIRMED"
    (mine,) = await ask_as(house, at.outsider, "my_owner_claims", **own)
    assert mine["state"] == "CONFIRMED"
    wish = {**own, "part": "SECURITY", "text": "加装充电桩", "idempotencyKey": "one"}
    demand = (await ask_as(house, at.outsider, "raise_property_demand", input=wish))["demand"]
    draft = {
        **own,
        "companyId": global_id("Organisation", at.organisation_id),
        "fee": "２．２０",
        "startsOn": "2026-01-01",
        "endsOn": "2027-01-31",
        "standards": ["stairs_swept"],
    }
    contract = (await ask_as(house, at.worker, "draft_property_contract", input=draft))["contract"]
    assert (contract["state"], contract["fee"]["amount"]) == ("DRAFT", "2.20")
    assert contract["commitments"][0]["text"] == "Stairs and landings are swept"
    its = {"propertyContractId": contract["id"]}
    await ask_as(house, at.worker, "add_property_standards", input={**its, "codes": ["lifts_maintained"]})
    promise = {
        **its,
        "part": "SECURITY",
        "text": "充电桩十个",
        "unit": "times",
        "direction": "AT_LEAST",
        "target": 10,
        "per": "YEAR",
        "demandId": demand["id"],
    }
    whole = (await ask_as(house, at.worker, "add_property_commitment", input=promise))["contract"]
    assert [one["origin"] for one in whole["commitments"]] == ["standard", "standard", "demand"]
    gone = await ask_as(house, at.worker, "remove_property_commitment", input={**its, "number": 2})
    assert [one["number"] for one in gone["contract"]["commitments"]] == [1, 3]
    for viewer in (None, at.rival, at.stranger_owner):
        assert await ask_as(house, viewer, "property_contract", id=contract["id"]) is None
    await ask_as(house, at.worker, "agree_for_owners", **its)
    agreed = (await ask_as(house, at.manager, "agree_for_company", **its))["contract"]
    assert (agreed["state"], agreed["talkIsOpen"]) == ("IN_FORCE", True)
    source = {**own, "name": "巡查", "kind": "INSPECTION"}
    source_id = (await ask_as(house, at.worker, "register_fact_source", input=source))["source"]["id"]
    line_id = whole["commitments"][0]["id"]
    fact = {
        "sourceId": source_id,
        "commitmentId": line_id,
        "fromOn": "2026-11-15",
        "untilOn": "2026-11-21",
        "value": 6,
        "idempotencyKey": "week-47",
    }
    refused = await ask_as(house, at.worker, "post_property_fact", ("read",), input=fact)
    assert refused["code"] == "token_may_not_write"
    posted = (await ask_as(house, at.worker, "post_property_fact", input=fact))["fact"]
    assert (await ask_as(house, at.worker, "post_property_fact", input=fact))["fact"]["id"] == posted["id"]
    right = {
        **fact,
        "value": 7,
        "idempotencyKey": "week-47-corrected",
        "correctsId": posted["id"],
        "note": "漏记一次",
    }
    assert (await ask_as(house, at.worker, "post_property_fact", input=right))["fact"][
        "correctsId"
    ] == posted["id"]
    public = await ask_as(house, None, "property_contract", id=contract["id"])
    (result,) = public["commitments"][0]["results"]
    assert (result["kind"], result["verdict"], result["value"]) == ("INSPECTION", "KEPT", 7)
    listed = (await ask_as(house, at.manager, "property_facts", commitmentId=line_id))["nodes"]
    assert len(listed) == 2
    said = {**its, "text": "感谢保洁", "idempotencyKey": "one"}
    message = (await ask_as(house, at.outsider, "write_renewal_message", input=said))["renewalMessage"]
    assert message["side"] == "OWNER"
    hidden = await ask_as(
        house, at.worker, "hide_renewal_message", input={"messageId": message["id"], "reason": "重复"}
    )
    assert (hidden["renewalMessage"]["text"], hidden["renewalMessage"]["hiddenReason"]) == (None, "重复")
    assert len((await ask_as(house, at.manager, "renewal_messages", **its))["nodes"]) == 1
    ended = await ask_as(house, at.worker, "end_property_contract", input={**its, "reason": "另行选聘"})
    assert ended["contract"]["state"] == "ENDED"
    assert (await ask_as(house, at.worker, "end_fact_source", sourceId=source_id))["source"]["endedAt"]
    assert (await ask_as(house, at.outsider, "end_ownership", claimId=claim["id"]))["claim"][
        "state"
    ] == "ENDED"


async def test_demands_are_supported_and_declined(house: House) -> None:
    at = await scene.build(house)
    await scene.drafted(house, at)
    key = global_id("PropertyDemand", await scene.demand(house, at.owner, at.compound_id))
    wanted = (await ask_as(house, at.second_owner, "support_property_demand", demandId=key))["demand"]
    assert (wanted["wantedBy"], wanted["isSupported"], wanted["isMine"]) == (2, True, False)
    back = (await ask_as(house, at.second_owner, "withdraw_demand_support", demandId=key))["demand"]
    assert back["wantedBy"] == 1
    no = {"demandId": key, "reason": "电力不足"}
    assert (await ask_as(house, at.owner, "decline_property_demand", input=no))["code"] == "not_permitted"
    assert (await ask_as(house, at.rival, "decline_property_demand", input=no))["code"] == "not_found"
    assert (await ask_as(house, None, "support_property_demand", demandId=key))["code"] == "sign_in_needed"
    declined = (await ask_as(house, at.manager, "decline_property_demand", input=no))["demand"]
    assert (declined["state"], declined["declineReason"]) == ("DECLINED", "电力不足")


async def test_lists_are_public_or_for_their_people(house: House) -> None:
    at = await scene.build(house)
    await scene.agreed(house, at)
    compound: dict[str, Any] = {"compoundId": global_id("Compound", at.compound_id)}
    names = [one["name"] for one in (await ask_as(house, None, "compounds"))["nodes"]]
    assert names == ["愚园新村", "武夷花园"] or names == ["武夷花园", "愚园新村"]
    assert (await ask_as(house, None, "compound", id=compound["compoundId"]))["contracts"][0][
        "state"
    ] == "IN_FORCE"
    for viewer in (at.owner, at.manager, at.worker):
        mine = (await ask_as(house, viewer, "my_compounds"))["nodes"]
        assert [one["name"] for one in mine] == ["愚园新村"]
        assert (await ask_as(house, viewer, "property_demands", **compound))["nodes"] == []
    for other in (None, at.rival, at.stranger_owner, at.outsider):
        assert await ask_as(house, other, "property_demands", **compound) == "not_found"
    assert await ask_as(house, None, "my_compounds") == "sign_in_needed"
    assert len((await ask_as(house, at.manager, "company_property_contracts"))["nodes"]) == 1
    assert len((await ask_as(house, at.worker, "community_property_contracts"))["nodes"]) == 1
    assert (await ask_as(house, at.rival, "company_property_contracts"))["nodes"] == []
    assert len(await ask_as(house, None, "property_standards")) >= 20
    await scene.source(house, at.worker, at.compound_id)
    assert [one["isMine"] for one in await ask_as(house, None, "fact_sources", **compound)] == [False]
    assert [one["isMine"] for one in await ask_as(house, at.worker, "my_fact_sources")] == [True]
    assert await ask_as(house, None, "compound_comparison", **compound) == []


async def test_bad_input_is_a_problem_and_nothing_is_lost(house: House) -> None:
    at = await scene.build(house)
    wish = {
        "compoundId": global_id("Compound", at.compound_id),
        "part": "LIFTS",
        "text": "长" * 10_000,
        "idempotencyKey": "one",
    }
    refused = await ask_as(house, at.owner, "raise_property_demand", input=wish)
    assert refused["fields"][0]["field"] == "text"
    wish["compoundId"] = global_id("Organisation", at.organisation_id)
    assert (await ask_as(house, at.owner, "raise_property_demand", input=wish))["code"] == "not_found"
