"""Lists, nodes and the session that siblings share."""

from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.graph.context import Context
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import STRANGER
from tests import builders
from tests.graph import garden
from tests.graph.client import graph_client
from tests.graph.garden import SCHEMA

PAGE = """
query Page($after: String) {
  trees(first: 2, after: $after) {
    nodes { name }
    edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def plant(house: House, *names: str) -> list[UUID]:
    async with house.database.unit_of_work() as session:
        return [await builders.person(session, name) for name in names]


async def test_pages_follow_each_other_by_cursor_without_drifting(house: House) -> None:
    await plant(house, "a", "b", "c")
    async with graph_client(house, SCHEMA) as client:
        first = (await client.data(PAGE))["trees"]
        await plant(house, "d")
        second = (await client.data(PAGE, after=first["pageInfo"]["endCursor"]))["trees"]
    assert [tree["name"] for tree in first["nodes"]] == ["a", "b"]
    assert [edge["node"]["name"] for edge in first["edges"]] == ["a", "b"]
    assert first["pageInfo"]["endCursor"] == first["edges"][1]["cursor"]
    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]
    assert first["pageInfo"]["hasNextPage"]
    assert [tree["name"] for tree in second["nodes"]] == ["c", "d"]
    assert not second["pageInfo"]["hasNextPage"]


async def test_an_empty_list_has_no_cursors(house: House) -> None:
    async with graph_client(house, SCHEMA) as client:
        page = (await client.data(PAGE))["trees"]
    assert page == {
        "nodes": [],
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_the_edges_of_a_whole_list_are_fetched_at_once(house: House) -> None:
    await plant(house, *"abcdefgh")
    garden.asked.clear()
    async with graph_client(house, SCHEMA) as client:
        data = await client.data("{trees{nodes{itself{name itself{name}}}}}")
    assert [tree["itself"]["itself"]["name"] for tree in data["trees"]["nodes"]] == list("abcdefgh")
    assert garden.asked == [8]


async def test_sibling_fields_share_one_session_in_turn(house: House) -> None:
    await plant(house, "a")
    fields = " ".join(f"t{n}: trees{{nodes{{name}} totalCount}}" for n in range(20))
    async with graph_client(house, SCHEMA) as client:
        data = await client.data("{" + fields + "}")
    assert all(answer == {"nodes": [{"name": "a"}], "totalCount": 1} for answer in data.values())


async def test_a_node_is_found_again_by_its_id_and_the_hidden_is_null(house: House) -> None:
    a, hidden, b = await plant(house, "a", "hidden", "b")
    ids = [
        global_id("Tree", a),
        global_id("Tree", hidden),
        global_id("Need", b),
        "rubbish",
        global_id("Tree", b),
    ]
    async with graph_client(house, SCHEMA) as client:
        garden.asked.clear()
        data = await client.data("query($ids:[ID!]!){nodes(ids:$ids){id ... on Tree{name}}}", ids=ids)
        assert garden.asked == [3]
        assert await client.data('{node(id:"' + ids[1] + '"){id}}') == {"node": None}
    assert data["nodes"] == [{"id": ids[0], "name": "a"}, None, None, None, {"id": ids[4], "name": "b"}]


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_more_than_fifty_ids_are_refused(house: House) -> None:
    async with graph_client(house, SCHEMA) as client:
        answer = await client.ask("query($ids:[ID!]!){nodes(ids:$ids){id}}", ids=["x"] * 51)
    assert answer["errors"][0]["extensions"]["code"] == "too_many_ids"


async def test_reading_after_a_command_sees_what_it_changed(house: House) -> None:
    async with Context(house, STRANGER, "en") as context:
        async with context.reading() as session:
            before = await garden.trees_by_ids(session, STRANGER, [])
        async with context.unit_of_work() as session:
            planted = await builders.person(session, "ginkgo")
        found = await context.load(garden.trees_by_ids, planted)
        assert before == {}
        assert found is not None and found.name == "ginkgo"


async def test_a_request_gives_its_connection_back(house: House) -> None:
    pool = house.database.engine.pool
    async with graph_client(house, SCHEMA) as client:
        await client.data("{trees{nodes{itself{name}}}}")
        await client.ask("{fall trees{totalCount}}")
    assert pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_resolver_that_would_wait_for_itself_is_told_so(house: House) -> None:
    async with Context(house, STRANGER, "en") as context:
        async with context.reading():
            with pytest.raises(RuntimeError):
                await context.load(garden.trees_by_ids, UUID(int=0))
            with pytest.raises(RuntimeError):
                async with context.unit_of_work():
                    pass
            with pytest.raises(RuntimeError):
                async with context.reading():
                    pass
        assert await context.load(garden.trees_by_ids, UUID(int=0)) is None
