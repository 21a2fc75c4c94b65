"""While the database is away every page and every answer says so with 503, in words, and the house itself stays up."""

from collections.abc import AsyncIterator

import orjson
import pytest

from marketplace.bootstrap import House, open_house
from marketplace.db.faults import DatabaseIsOutOfReach
from marketplace.db.session import Database
from marketplace.kernel.clock import FixedClock
from marketplace.settings import Settings
from tests.graph.client import graph_client
from tests.web.visitor import Visitor
from web.visit import SESSION_COOKIE

AWAY = "postgresql+asyncpg://nobody:secret@127.0.0.1:1/nothing"
SAID = "Our records cannot be reached"
NEEDS = "{ needs(first: 1) { totalCount } }"

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
async def house(settings: Settings, clock: FixedClock) -> AsyncIterator[House]:
    house = open_house(settings.model_copy(update={"database_url": AWAY}), clock=clock)
    yield house
    await house.close()


@pytest.mark.parametrize("path", ["/", "/needs", "/organisations", "/rules", "/areas", "/needs.atom"])
async def test_a_stranger_reads_that_it_is_away(visitor: Visitor, path: str) -> None:
    page = await visitor.get(path)
    assert page.status == 503, page
    assert SAID in page.text
    assert "127.0.0.1" not in page.html


async def test_a_person_reads_the_same_at_any_page_and_form(visitor: Visitor) -> None:
    visitor.client.cookies.set(SESSION_COOKIE, "a-session-that-cannot-be-read", domain="testserver.local")
    assert (await visitor.get("/terms")).status == 503
    answer = await visitor.client.post("/my/calendar")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert SAID in answer.text


async def test_a_program_is_told_by_status_and_code(house: House) -> None:
    for token in (None, "wushe_whatever"):
        async with graph_client(house, token=token) as client:
            answer = await client.post(orjson.dumps({"query": NEEDS}))
            assert answer.status_code == 503, answer.text
            assert answer.headers["retry-after"] == "30"
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "database_is_out_of_reach"
            assert SAID in error["message"]


async def test_the_process_lives_and_is_not_ready(visitor: Visitor) -> None:
    assert (await visitor.get("/livez")).status == 200
    assert (await visitor.get("/readyz")).status == 503
    assert (await visitor.get("/terms")).status == 200


async def test_a_wrong_statement_is_still_a_fault_of_ours(settings: Settings) -> None:
    database = Database(settings.database_url)
    with pytest.raises(Exception, match="no such table") as raised:
        async with database.reading() as session:
            await (await session.connection()).exec_driver_sql("SELECT * FROM nowhere")
    assert not isinstance(raised.value, DatabaseIsOutOfReach)
    await database.close()
