"""The record of a purchase in the graph: acts for everybody, the whole of them for a supervisor, nothing of a draft."""

import orjson

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Role
from marketplace.procurement import records
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying, city
from tests.graph.client import api_token, graph_client, operation

READ = operation("records/process_record")


async def test_the_public_reads_acts_and_the_supervisor_what_is_hashed(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        act = await records.append(session, tender.id, "tender.published", version=1)
        supervisor = await builders.person(session, "监督员")
        await builders.grant(session, supervisor, Role.PROCUREMENT_SUPERVISOR, city.CHANGNING)
        token = await api_token(session, supervisor, "read")
    given = global_id("Tender", tender.id)
    async with graph_client(house) as client:
        shown = (await client.data(READ, id=given))["processRecord"]
        client.headers["authorization"] = f"Bearer {token}"
        whole = (await client.data(READ, id=given))["processRecord"]
    assert shown["head"] == whole["head"] == act.hash
    assert [one["json"] for one in shown["acts"]] == [None]
    assert records.first_fault([orjson.loads(one["json"]) for one in whole["acts"]]) is None


async def test_a_draft_and_a_thing_of_another_kind_have_no_record(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        (await session.get_one(Tender, tender.id)).published_at = None
    async with graph_client(house) as client:
        for given in (global_id("Tender", tender.id), global_id("Need", tender.id), "x"):
            assert (await client.data(READ, id=given))["processRecord"] is None
