"""Sealed bids over GraphQL, by the named operations: from the openers' codes to the record, and closed doors for others."""

import base64
import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.phones import PURPOSE
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.procurement.bids import receipts
from marketplace.procurement.models import Access
from tests import builders, buying
from tests.graph.client import api_token, graph_client, operation
from tests.procurement.bids import scene


async def ask_as(house: House, viewer: Viewer | None, name: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of bids."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"bids/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


async def test_openers_are_named_make_codes_and_confirm_them(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, published_at=None)
        officer = await buying.officer(session)
        people, phones = [], []
        for n in range(5):
            phones.append(f"1390000000{n}")
            mark = house.vault.fingerprint(f"+861390000000{n}", PURPOSE)
            people.append(await builders.viewer(session, f"开标人{n}", phone_fingerprint=mark))
    tender_id = global_id("Tender", tender.id)
    draft = {"tenderId": tender_id, "phones": phones}
    assert (await ask_as(house, people[0], "name_openers", input=draft))["code"] == "not_found"
    named = await ask_as(house, officer, "name_openers", input=draft)
    assert named == {"names": [f"开标人{n}" for n in range(5)], "isReady": False}
    for n, one in enumerate(people):
        code = (await ask_as(house, one, "make_opener_code", tenderId=tender_id))["code"]
        typed = {"tenderId": tender_id, "code": code.lower()}
        place = (await ask_as(house, one, "confirm_opener_code", input=typed))["place"]
        assert (place["number"], place["keyReadyAt"] is not None) == (n + 1, n == 4)
    (listed,) = await ask_as(house, people[0], "my_openings")
    assert listed["codeConfirmedAt"] and not listed["isDue"]


async def test_a_bid_goes_from_draft_to_record(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    tender_id, mine = global_id("Tender", at.id), global_id("Organisation", one)
    ids = {"tenderId": tender_id, "organisationId": mine}
    offers = [{"lotId": global_id("Lot", at.tender.lot_ids[0]), "price": "１００，０００．００"}]
    draft = {**ids, "offers": offers, "conditions": ["registered"]}
    kept = (await ask_as(house, manager, "save_bid_draft", input=draft))["bid"]
    assert kept["state"] == "DRAFTED" and kept["draft"]["offers"][0]["price"]["amount"] == "100000.00"
    act = {**ids, "version": 1, "idempotencyKey": "one"}
    missing = await ask_as(house, manager, "seal_and_submit_bid", input=act)
    assert [one["field"] for one in missing["fields"]] == ["answerPlan", "answerTeam"]
    answers = [{"key": "plan", "text": "每周三次"}, {"key": "team", "text": "十二人"}]
    await ask_as(house, manager, "save_bid_draft", input={**draft, "answers": answers})
    for _ in range(2):
        done = (await ask_as(house, manager, "seal_and_submit_bid", input=act))["bid"]
        assert (done["state"], len(done["receipts"])) == ("SUBMITTED", 1)
    key = await ask_as(house, None, "receipt_key")
    assert receipts.is_genuine(json.loads(done["receipts"][0]["json"]), key)
    await ask_as(house, manager, "withdraw_bid", input={**act, "idempotencyKey": "out"})
    sealed = base64.b64encode(await scene.sealed(house, at, one)).decode()
    again = {**act, "idempotencyKey": "two", "sealed": sealed}
    done = (await ask_as(house, manager, "submit_sealed_bid", input=again))["bid"]
    assert [one["act"] for one in done["receipts"]] == ["SUBMIT", "WITHDRAW", "SUBMIT"]
    assert (await ask_as(house, manager, "my_bid", **ids))["state"] == "SUBMITTED"
    nothing = {**act, "idempotencyKey": "three"}
    assert (await ask_as(house, manager, "confirm_bid", input=nothing))["code"] == "no_bid_to_confirm"
    bad = {**again, "idempotencyKey": "four", "sealed": "not base64!"}
    assert (await ask_as(house, manager, "submit_sealed_bid", input=bad))["fields"][0]["code"] == "base64"
    (listed,) = await ask_as(house, manager, "my_supplier_tenders")
    assert listed["state"] == "SUBMITTED"
    assert (await ask_as(house, None, "tender_key", tenderId=tender_id))["combinationsTried"] == 10
    clock.set(await scene.deadline(house, at) + timedelta(seconds=1))
    for number in (1, 2, 3):
        part = {"tenderId": tender_id, "code": at.codes[number - 1]}
        given = await ask_as(house, at.openers[number - 1], "give_opening_share", input=part)
        assert given["place"]["givenAt"]
    record = await ask_as(house, None, "bid_opening", tenderId=tender_id)
    assert record["openedAt"] and record["bids"][0]["name"] == "暖阳助老服务社"
    assert record["bids"][0]["offers"][0]["price"]["amount"] == "150000.00"
    (opened,) = await ask_as(house, manager, "opened_bids", tenderId=tender_id)
    assert opened["offers"][0]["answers"][0]["text"] == "好"


async def test_partners_agree_and_take_it_back(house: House) -> None:
    at = await scene.sealed_tender(house)
    (lead, manager), (partner, other) = (
        await scene.supplier(house, "牵头社"),
        await scene.supplier(house, "成员社"),
    )
    given = {
        "tenderId": global_id("Tender", at.id),
        "organisationId": global_id("Organisation", partner),
        "leadId": global_id("Organisation", lead),
    }
    agreed = (await ask_as(house, other, "agree_to_consortium", input=given))["bid"]
    assert agreed["leadIds"] == [global_id("Organisation", lead)]
    ids = {"tenderId": given["tenderId"], "organisationId": given["leadId"]}
    assert (await ask_as(house, manager, "my_bid", **ids))["agreedPartnerIds"] == [given["organisationId"]]
    left = (await ask_as(house, other, "leave_consortium", input=given))["bid"]
    assert left["leadIds"] == []


async def test_others_see_nothing_and_asking_is_on_record(house: House) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    _, rival = await scene.supplier(house, "乙社")
    await scene.bid(house, at, one, manager)
    tender_id = global_id("Tender", at.id)
    ids = {"tenderId": tender_id, "organisationId": global_id("Organisation", one)}
    assert await ask_as(house, rival, "my_bid", **ids) in ("not_found", "NOT_FOUND")
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
    for viewer in (officer, rival, manager):
        assert (await ask_as(house, viewer, "opened_bids", tenderId=tender_id)).lower() == "bids_are_sealed"
    async with house.database.reading() as session:
        noted = await session.scalars(select(Access.person_id).where(~Access.was_allowed).order_by(Access.id))
        assert list(noted) == [one.person_id for one in (officer, rival, manager)]
    before = await ask_as(house, None, "bid_opening", tenderId=tender_id)
    assert (before["bids"], before["json"], before["given"]) == ([], None, 0)
