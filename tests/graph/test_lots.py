"""What is bought in the graph: the search over tenders and items, and lots for an organisation."""

import base64
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from tests import buying
from tests.discovery import announced
from tests.graph.client import api_token, graph_client, operation
from tests.recommendations import scene

SEARCH = "search/search_purchases"
LOTS = "recommendations/lots_for_organisation"


async def _token(house: House, viewer: Viewer) -> str:
    async with house.database.unit_of_work() as session:
        return await api_token(session, viewer.signed_in(), "read")


async def _two(house: House) -> tuple[UUID, UUID]:
    """A tender and an announced item."""
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        final = await announced.edition(session, await announced.service_list(session))
        return tender.id, await announced.item(session, final)


async def test_tenders_and_announced_items_are_found_with_counts_and_money(house: House) -> None:
    tender_id, item_id = await _two(house)
    await rebuild(house.database, house.search)
    async with graph_client(house) as client:
        found = (await client.data(operation(SEARCH), wishes={"text": "助浴"}))["searchPurchases"]
        only = await client.data(operation(SEARCH), wishes={"kind": "LIST_ITEM"})
        one = (await client.data(operation(SEARCH), first=1))["searchPurchases"]
        refused = await client.ask(operation(SEARCH), wishes={"area": "999999999999"})
    by_id = {node["id"]: node for node in found["nodes"]}
    tender, item = by_id[global_id("Tender", tender_id)], by_id[global_id("ListItem", item_id)]
    assert (tender["kind"], tender["value"]["amount"], item["plannedOn"]) == (
        "TENDER",
        "200000.00",
        "2027-02-01",
    )
    assert tender["closesAt"] and item["closesAt"] is None and tender["highlights"]
    assert {row["code"]: row["count"] for row in found["byCategory"]}["elderly_care"] == 2
    assert [node["id"] for node in only["searchPurchases"]["nodes"]] == [global_id("ListItem", item_id)]
    assert one["totalCount"] == 2 and one["pageInfo"]["hasNextPage"]
    assert refused["errors"][0]["extensions"]["code"] == "input_is_invalid"


async def test_without_the_engine_the_answer_says_that_it_is_reduced(house: House) -> None:
    await _two(house)
    async with graph_client(house) as client:
        found = (await client.data(operation(SEARCH), wishes={"text": "助浴"}))["searchPurchases"]
    assert found["isReduced"] and found["totalCount"] == 2 and found["byCategory"] == []


async def test_lots_for_an_organisation_are_for_its_managers(house: House) -> None:
    manager, outsider = await scene.manager(house), await scene.volunteer(house)
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
    of = global_id("Organisation", manager.roles[0].organisation_id or "")
    async with graph_client(house, token=await _token(house, manager)) as client:
        (lot,) = (await client.data(operation(LOTS), organisationId=of))["lotsForOrganisation"]
    assert lot["lotId"] == global_id("Lot", tender.lot_ids[0])
    assert lot["ceiling"] == {"amount": "200000.00", "currency": "CNY"}
    assert round(sum(factor["points"] for factor in lot["why"]["factors"]), 1) == lot["why"]["score"]
    assert base64.urlsafe_b64decode(lot["tenderId"] + "==").startswith(b"Tender:")
    async with graph_client(house, token=await _token(house, outsider)) as client:
        answer = await client.ask(operation(LOTS), organisationId=of)
    assert answer["errors"][0]["extensions"]["code"] == "not_permitted"
    async with graph_client(house) as client:
        answer = await client.ask(operation(LOTS), organisationId=of)
    assert answer["errors"][0]["extensions"]["code"] == "sign_in_needed"
