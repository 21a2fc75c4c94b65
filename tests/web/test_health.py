"""What machines ask: alive, ready and why not, and figures without names."""

import shutil
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from starlette.applications import Starlette

from marketplace import health
from marketplace.bootstrap import House, open_house
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.outbox import heartbeats
from marketplace.outbox.publish import publish
from tests.outbox.news import BellRung
from tests.outbox.test_dead_jobs import a_dead_job
from tests.web.visitor import BASE, Visitor
from web.app import create_app


async def a_worker_beats(house: House) -> None:
    """What a worker does when it starts: a sign of life, and an index where there is none."""
    with house.search.begin_rebuild():
        pass
    async with house.database.unit_of_work() as session:
        await heartbeats.beat(session, "first")


async def ready(visitor: Visitor) -> tuple[int, dict[str, Any]]:
    answer = await visitor.client.get("/readyz")
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


async def figures(visitor: Visitor) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = await visitor.client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_living_process_says_so_without_asking_anybody(visitor: Visitor, house: House) -> None:
    await house.close()
    answer = await visitor.client.get("/livez")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_ready_when_everything_is_well(visitor: Visitor, house: House) -> None:
    await a_worker_beats(house)
    status, body = await ready(visitor)
    assert status == 200 and body["ready"] is True
    assert set(body["checks"]) == {"database", "migrations", "worker", "search"}
    assert all(check["ok"] for check in body["checks"].values())


async def test_not_ready_when_no_worker_gives_a_sign_of_life(
    visitor: Visitor, house: House, clock: FixedClock
) -> None:
    await a_worker_beats(house)
    clock.advance(heartbeats.FRESH + timedelta(seconds=1))
    status, body = await ready(visitor)
    assert status == 503 and body["ready"] is False
    assert body["checks"]["worker"] == {
        "ok": False,
        "why": "no sign of life for 45 s: start `marketplace worker`",
    }
    assert body["checks"]["database"]["ok"]


async def test_not_ready_when_the_database_is_behind_the_code(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    status, body = await ready(visitor)
    assert status == 503
    assert body["checks"]["migrations"]["why"].startswith("at 0001, this code needs ")


async def test_not_ready_when_search_has_no_index(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        await heartbeats.beat(session, "first")
    status, body = await ready(visitor)
    assert status == 503
    assert body["checks"]["search"]["why"].startswith("the index is missing: it is being made anew")
    await house.upkeep.finish()
    assert (await ready(visitor))[0] == 200


async def test_an_index_that_is_deleted_under_a_running_server_is_made_anew_at_the_next_look(
    visitor: Visitor, house: House
) -> None:
    await a_worker_beats(house)
    assert (await ready(visitor))[0] == 200
    shutil.rmtree(house.settings.data_folder / "search")
    assert (await ready(visitor))[0] == 503
    await house.upkeep.finish()
    assert (await ready(visitor))[0] == 200


@pytest.fixture
async def homeless(settings: Any, clock: FixedClock) -> Any:
    """A visitor of a house whose database is away."""
    house = open_house(
        settings.model_copy(update={"database_url": "postgresql+asyncpg://nobody:secret@127.0.0.1:1/none"}),
        clock=clock,
    )
    visitor = Visitor(create_app(house), house)
    yield visitor
    await visitor.client.aclose()
    await house.close()


async def test_not_ready_when_the_database_is_away(homeless: Visitor) -> None:
    status, body = await ready(homeless)
    assert status == 503
    assert not body["checks"]["database"]["ok"]
    assert "secret" not in str(body)


async def test_figures_are_told_even_when_the_database_is_away(homeless: Visitor) -> None:
    assert (await figures(homeless))["wushe_database_up", ()] == 0


async def test_requests_are_counted_by_route_and_status(visitor: Visitor) -> None:
    await visitor.get("/about")
    await visitor.get("/about?q=13800138000")
    await visitor.get("/no/such/13800138000")
    await visitor.client.request("BREW", "/about")
    answer = (await visitor.client.get("/metrics")).text
    assert "13800138000" not in answer and "BREW" not in answer
    found = await figures(visitor)
    counted = "wushe_request_seconds_count"
    assert found[counted, (("method", "GET"), ("route", "/about"), ("status", "200"))] == 2
    assert found[counted, (("method", "GET"), ("route", "none"), ("status", "404"))] == 1
    assert found[counted, (("method", "other"), ("route", "/about"), ("status", "405"))] == 1


async def test_the_outbox_is_told_in_figures(visitor: Visitor, house: House, clock: FixedClock) -> None:
    await a_dead_job(house, new_id())
    async with house.database.unit_of_work() as session:
        await publish(session, BellRung(new_id(), 1))
    clock.advance(timedelta(seconds=30))
    await a_worker_beats(house)
    found = await figures(visitor)
    told = {
        name: value for (name, labels), value in found.items() if not labels and name.startswith("wushe_")
    }
    assert told == {
        "wushe_database_up": 1,
        "wushe_outbox_open_events": 1,
        "wushe_outbox_dead_events": 1,
        "wushe_outbox_oldest_seconds": 30,
        "wushe_workers_alive": 1,
    }


async def test_two_applications_count_apart(app: Starlette, visitor: Visitor, house: House) -> None:
    await visitor.get("/about")
    other = Visitor(create_app(house), house)
    assert not any(("route", "/about") in labels for _, labels in await figures(other))
    await other.client.aclose()


async def test_a_fault_is_counted_as_a_500(house: House) -> None:
    app = create_app(house)

    async def broken(_request: Any) -> Any:
        raise RuntimeError

    app.add_route("/broken", broken)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        assert (await client.get("/broken")).status_code == 500
        answer = await client.get("/metrics")
    assert 'route="/broken",status="500"' in answer.text


async def test_the_doctor_looks_further_than_readiness(house: House) -> None:
    await a_worker_beats(house)
    await a_dead_job(house, new_id())
    found = {check.name: check for check in await health.checks(house)}
    assert {
        "database",
        "migrations",
        "worker",
        "search",
        "data folder",
        "broker",
        "mail",
        "dead jobs",
    } <= set(found)
    assert not found["dead jobs"].is_ok and found["dead jobs"].why.startswith("1 wait for an administrator")
    assert found["data folder"].is_ok and found["broker"].is_ok


async def test_the_doctor_names_a_server_that_is_away_without_its_password(house: House) -> None:
    away = open_house(
        house.settings.model_copy(update={"broker_url": "redis://:secret@127.0.0.1:1/0"}), clock=house.clock
    )
    (broker,) = [check for check in await health.checks(away) if check.name == "broker"]
    assert (broker.is_ok, broker.why) == (False, "nothing answers at 127.0.0.1:1")
    await away.close()
