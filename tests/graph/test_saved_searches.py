"""Saved searches through the graph: kept, read, changed and given up by their owner, and by nobody else."""

from typing import Any

import pytest

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from tests import builders, city
from tests.discovery import saved
from tests.graph.client import GraphClient, api_token, graph_client, operation

BATHING = {"wishes": {"text": "助浴", "area": city.CHANGNING}, "howTold": "AT_ONCE"}
COMMANDS = {
    "change_saved_search": "changeSavedSearch",
    "pause_saved_search": "pauseSavedSearch",
    "resume_saved_search": "resumeSavedSearch",
    "look_at_saved_search": "lookAtSavedSearch",
    "delete_saved_search": "deleteSavedSearch",
}


async def token_of(house: House, name: str = "林小满", *scopes: str) -> tuple[Viewer, str]:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session, name)
        return viewer, await api_token(session, viewer.signed_in(), *(scopes or ("read", "write")))


async def do(client: GraphClient, name: str, **variables: Any) -> dict[str, Any]:
    return await client.data(operation(f"saved_searches/{name}"), **variables)


async def test_a_search_is_saved_read_changed_rested_and_given_up(house: House) -> None:
    _, token = await token_of(house)
    async with graph_client(house, token=token) as client:
        kept = (await do(client, "save_search", input=BATHING))["saveSearch"]["savedSearch"]
        again = (await do(client, "save_search", input=BATHING))["saveSearch"]["savedSearch"]
        id_ = kept["id"]
        assert again["id"] == id_
        assert (kept["sentence"], kept["howTold"]) == ("助浴, Changning District", "AT_ONCE")
        assert kept["wishes"] == {
            "text": "助浴",
            "area": city.CHANGNING,
            "category": None,
            "tags": [],
            "dayFrom": None,
            "dayTo": None,
            "withinKm": None,
            "onlyWithPlaces": False,
            "onlySuitable": False,
            "language": None,
        }
        changed = await do(
            client, "change_saved_search", savedSearchId=id_, input={"name": "周末", "howTold": "DAILY"}
        )
        changed = changed["changeSavedSearch"]["savedSearch"]
        assert (changed["name"], changed["howTold"]) == ("周末", "DAILY")
        paused = (await do(client, "pause_saved_search", savedSearchId=id_))["pauseSavedSearch"]
        assert paused["savedSearch"]["pausedAt"] is not None
        resumed = (await do(client, "resume_saved_search", savedSearchId=id_))["resumeSavedSearch"]
        assert resumed["savedSearch"]["pausedAt"] is None
        await saved.published(house)
        (listed,) = (await do(client, "saved_searches"))["savedSearches"]
        assert listed["newCount"] == 1
        looked = (await do(client, "look_at_saved_search", savedSearchId=id_))["lookAtSavedSearch"]
        assert looked["savedSearch"]["newCount"] == 0
        assert (await client.data(operation("nodes/node"), id=id_))["node"]["id"] == id_
        gone = (await do(client, "delete_saved_search", savedSearchId=id_))["deleteSavedSearch"]
        assert gone == {"savedSearches": []}


async def test_nobody_else_sees_or_touches_a_search(house: House) -> None:
    _, owner = await token_of(house)
    _, outsider = await token_of(house, "路人")
    async with graph_client(house, token=owner) as client:
        id_ = (await do(client, "save_search", input=BATHING))["saveSearch"]["savedSearch"]["id"]
    for token, code in ((outsider, "not_found"), (None, "sign_in_needed")):
        async with graph_client(house, token=token) as client:
            assert (await client.data(operation("nodes/node"), id=id_))["node"] is None
            for name, field in COMMANDS.items():
                given = {"input": {"name": "我的"}} if name == "change_saved_search" else {}
                refused = (await do(client, name, savedSearchId=id_, **given))[field]
                assert refused["code"] == code, name
    async with graph_client(house, token=outsider) as client:
        assert (await do(client, "saved_searches"))["savedSearches"] == []
    async with graph_client(house) as client:
        assert (await do(client, "save_search", input=BATHING))["saveSearch"]["code"] == "sign_in_needed"
        assert (await client.ask("{savedSearches{id}}"))["errors"]
    async with graph_client(house, token=owner) as client:
        assert len((await do(client, "saved_searches"))["savedSearches"]) == 1


async def test_a_token_that_may_only_read_saves_nothing(house: House) -> None:
    _, token = await token_of(house, "林小满", "read")
    async with graph_client(house, token=token) as client:
        refused = (await do(client, "save_search", input=BATHING))["saveSearch"]
    assert refused["code"] == "token_may_not_write"


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({}, "search_asks_for_nothing"),
        ({"text": "🙂"}, "search_asks_for_nothing"),
        ({"text": None, "onlySuitable": True}, "search_asks_for_nothing"),
        ({"category": "nobody_knows"}, "input_is_invalid"),
        ({"area": "xyz"}, "input_is_invalid"),
        ({"withinKm": -1}, "input_is_invalid"),
        ({"tags": ["english"] * 11}, "input_is_invalid"),
    ],
)
async def test_wishes_that_cannot_be_kept_are_problems(
    house: House, wishes: dict[str, Any], code: str
) -> None:
    _, token = await token_of(house)
    async with graph_client(house, token=token) as client:
        refused = (await do(client, "save_search", input={"wishes": wishes}))["saveSearch"]
        assert refused["code"] == code
        assert (await do(client, "saved_searches"))["savedSearches"] == []


async def test_ids_of_other_things_are_not_found(house: House) -> None:
    _, token = await token_of(house)
    async with graph_client(house, token=token) as client:
        for given in (global_id("SavedSearch", new_id()), global_id("Need", new_id()), "x", ""):
            refused = (await do(client, "delete_saved_search", savedSearchId=given))["deleteSavedSearch"]
            assert refused["code"] == "not_found"
