"""Nobody asks so often that others wait: by person, by address for strangers, in all processes together, and cheaply."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import TypeAlias

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House, open_house
from marketplace.db.call_counts import CallCount
from marketplace.graph import limits
from marketplace.graph.errors import TooManyRequests
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock
from marketplace.settings import Settings
from tests import builders
from tests.graph.client import GraphClient, api_token, graph_client
from tests.statements import counting

BY_PERSON, BY_ADDRESS = 20, 10
ASK = b'{"query": "{ __typename }"}'
Opened: TypeAlias = Callable[[], AbstractAsyncContextManager[House]]


@pytest.fixture
def another(settings: Settings, clock: FixedClock) -> Opened:
    """One more process of a house with narrow limits."""
    narrow = settings.model_copy(
        update={"graphql_a_minute_by_person": BY_PERSON, "graphql_a_minute_by_address": BY_ADDRESS}
    )

    @asynccontextmanager
    async def opened() -> AsyncIterator[House]:
        house = open_house(narrow, clock=clock)
        yield house
        await house.close()

    return opened


async def _asked(client: GraphClient, times: int) -> list[int]:
    return [(await client.post(ASK)).status_code for _ in range(times)]


async def test_whoever_asks_too_often_is_told_when_to_come_back(another: Opened, clock: FixedClock) -> None:
    clock.advance(timedelta(seconds=45))
    async with another() as house, graph_client(house) as client:
        assert await _asked(client, BY_ADDRESS) == [200] * BY_ADDRESS
        refused = await client.post(ASK)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "15"
        (error,) = refused.json()["errors"]
        assert error["extensions"]["code"] == "too_many_requests"
        assert "15 seconds" in error["message"]
        clock.advance(timedelta(seconds=15))
        assert await _asked(client, 1) == [200]


async def test_a_person_is_counted_apart_from_their_address_and_by_all_their_tokens(another: Opened) -> None:
    async with another() as house:
        async with house.database.unit_of_work() as session:
            person_id = await builders.person(session)
            tokens = [await api_token(session, person_id, "read") for _ in range(2)]
        async with (
            graph_client(house, token=tokens[0]) as phone,
            graph_client(house) as stranger,
        ):
            assert await _asked(phone, BY_PERSON) == [200] * BY_PERSON
            assert await _asked(phone, 1) == [429]
            phone.headers["authorization"] = f"Bearer {tokens[1]}"
            assert await _asked(phone, 1) == [429]
            assert await _asked(stranger, 1) == [200]


async def test_whoever_guesses_tokens_is_stopped_by_address(another: Opened) -> None:
    async with another() as house, graph_client(house, token="wrong") as client:
        assert await _asked(client, BY_ADDRESS + 1) == [401] * BY_ADDRESS + [429]


async def test_two_processes_count_together(another: Opened) -> None:
    async with another() as one, another() as other, graph_client(one) as here, graph_client(other) as there:
        assert await _asked(here, 6) == [200] * 6
        # The other process learns of the six with its own first word to the database.
        assert await _asked(there, 6) == [200] * 4 + [429] * 2
        async with one.database.reading() as session:
            assert await session.scalar(select(func.sum(CallCount.calls))) == BY_ADDRESS


async def test_a_human_pace_and_a_flood_cost_next_to_nothing(another: Opened, clock: FixedClock) -> None:
    async with another() as house:
        async with house.database.unit_of_work() as session:
            tried = [await builders.viewer(session, name) for name in "甲乙"]
        counted = limits.Limits(house)
        with counting(house) as statements:
            await counted.count(tried[0], "")
        assert statements == []
        for _ in range(BY_PERSON - 1):
            await counted.count(tried[0], "")
        with counting(house) as statements:
            for _ in range(50):
                with pytest.raises(TooManyRequests):
                    await counted.count(tried[0], "")
        assert statements == []
        clock.advance(timedelta(minutes=1))
        for _ in range(BY_PERSON):
            await counted.count(tried[1], "")
        async with house.database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(CallCount)) == 1


async def test_what_is_kept_in_memory_is_bounded(another: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_CALLERS", 3)
    async with another() as house:
        counted = limits.Limits(house)
        for number in range(10):
            await counted.count(STRANGER, f"10.0.0.{number}")
        assert len(counted._tallies) == 3


async def test_nought_means_as_often_as_anybody_likes(settings: Settings, clock: FixedClock) -> None:
    house = open_house(settings.model_copy(update={"graphql_a_minute_by_address": 0}), clock=clock)
    counted = limits.Limits(house)
    for _ in range(2 * settings.graphql_a_minute_by_address):
        await counted.count(STRANGER, "")
    await house.close()
