"""Open data over GraphQL: the feed by its cursor and the record of a process, for strangers as for everybody."""

import hashlib
import json
from pathlib import Path
from typing import Any

import orjson

from marketplace.bootstrap import House
from marketplace.opendata.imports import import_file
from tests.graph.client import graph_client, operation
from tests.opendata import procurement


async def _ask(house: House, name: str, **variables: Any) -> Any:
    async with graph_client(house) as client:
        answer = await client.ask(operation(f"opendata/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


async def test_a_stranger_follows_the_feed_to_its_end(house: House) -> None:
    for _ in range(3):
        await procurement.published(house)
    first = await _ask(house, "ocds_releases", first=2)
    assert first["pageInfo"]["hasNextPage"]
    rest = await _ask(house, "ocds_releases", first=2, after=first["pageInfo"]["endCursor"])
    assert not rest["pageInfo"]["hasNextPage"]
    nodes = first["nodes"] + rest["nodes"]
    assert [json.loads(node["json"]) for node in nodes] == await procurement.releases(house)
    for node in nodes:
        assert hashlib.sha256(node["json"].encode()).hexdigest() == node["contentHash"]
        assert node["tags"] == ["tender"]


async def test_a_cursor_that_is_not_ours_is_refused(house: House) -> None:
    assert await _ask(house, "ocds_releases", after="forged") == "cursor_is_invalid"
    assert await _ask(house, "ocds_releases", first=51) == "page_size_is_invalid"


async def test_a_record_is_what_its_releases_come_to(house: House) -> None:
    purchase = await procurement.published(house)
    await procurement.opened(house, purchase)
    record = await procurement.record(house, purchase.tender.id)
    found = await _ask(house, "ocds_record", ocid=record["ocid"])
    assert json.loads(found["json"]) == record and found["source"] is None
    assert [release["tags"] for release in found["releases"]] == [["tender"], ["tenderUpdate"]]


async def test_an_imported_record_says_where_it_is_from(house: House, tmp_path: Path) -> None:
    release = {"ocid": "ocds-else00-1", "id": "1", "date": "2026-11-22T02:00:00Z", "tag": ["tender"]}
    file = tmp_path / "one.json"
    file.write_bytes(orjson.dumps(release))
    await import_file(house.database, file, "https://elsewhere.example", "ocds-wushe0")
    found = await _ask(house, "ocds_record", ocid="ocds-else00-1")
    assert found["source"] == "https://elsewhere.example"
    assert (await _ask(house, "ocds_releases"))["nodes"] == []


async def test_there_is_no_record_of_what_nobody_published(house: House) -> None:
    for ocid in ("ocds-wushe0-nothing", "", "x" * 5000):
        assert await _ask(house, "ocds_record", ocid=ocid) is None
