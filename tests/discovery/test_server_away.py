"""A search server that goes away and comes back: publishing works meanwhile, and the index catches up by itself (scenario 35)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from marketplace.bootstrap import House
from marketplace.discovery import indexer
from marketplace.discovery.rebuild import rebuild
from marketplace.discovery.upkeep import Upkeep
from matching.index import Condition
from matching.meilisearch import MeilisearchIndex
from matching.meilisearch_server import Address, Server
from tests.discovery.finders import find, ids, need
from tests.matching.meilisearch_double import MASTER_KEY, Double, serving

CITY = "wushe"


@pytest.fixture
def server() -> Iterator[tuple[str, Double]]:
    with serving() as both:
        yield both


async def test_what_was_published_while_the_server_was_away_is_found_after_it_came_back(
    house: House, server: tuple[str, Double]
) -> None:
    url, _ = server
    index = MeilisearchIndex(Server(Address(url, MASTER_KEY, MASTER_KEY), budget=10), CITY)
    away = MeilisearchIndex(Server(Address("http://127.0.0.1:9", MASTER_KEY, MASTER_KEY)), CITY)
    city = replace(house, search=index, upkeep=Upkeep(house.database, index))
    await rebuild(house.database, index)
    need_id = await need(house, "海边净滩")
    async with house.database.unit_of_work() as session:
        assert await indexer.tell(session, away, indexer.Kind.NEED, [need_id]) == 0
    assert ids(await find(city, text="净滩")) == []
    async with house.database.unit_of_work() as session:
        await city.upkeep.heal(session)
    found = await find(city, text="净滩")
    assert (ids(found), found.reduced) == ([need_id], False)
    async with house.database.unit_of_work() as session:
        assert await indexer.tell_owed(session, index) == 0


async def test_a_server_that_is_away_is_waited_for_and_not_rebuilt(house: House) -> None:
    away = MeilisearchIndex(Server(Address("http://127.0.0.1:9")), CITY)
    upkeep = Upkeep(house.database, away)
    assert await upkeep.heal_now() is Condition.UNREACHABLE
    await upkeep.finish()
