"""All scorecards of a city worked out anew, against one raw SQL aggregate over the same ratings; one cell after a decision; one page.

Goals: at most 10 times the aggregate; a cell at 5,000,000 ratings at most 1.5 times one at 50,000; a page in at most three statements.
``--ratings 200000`` is a short run.
"""

import argparse
import asyncio
import logging
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import asyncpg
import httpx2
import structlog
from sqlalchemy.engine import make_url

from benchmarks.ground import Ground, ground, kinds, report
from benchmarks.rated_city import AS_OF, OF_PROBE, RatedCity, fill
from marketplace.bootstrap import House
from marketplace.delivery import formula
from marketplace.delivery.scorecards import computing
from tests.delivery.test_formula import MODEL
from tests.statements import counting
from web.app import create_app

ORGANISATIONS, MANY, FEW = 17_000, 5_000_000, 50_000
_ROUNDS = 40
_PLAIN = (
    "SELECT organisation_id, service_type, COUNT(*), SUM(sixtieths), SUM(sixtieths * sixtieths)"
    " FROM ratings GROUP BY organisation_id, service_type"
)
_WEIGHTED = (
    "WITH weights (day, weight) AS (VALUES {days})"
    " SELECT organisation_id, service_type, COUNT(*), SUM(sixtieths), SUM(weight), SUM(weight * sixtieths)"
    " FROM ratings JOIN weights ON day = given_on GROUP BY organisation_id, service_type"
)
_WITH_RATERS = (
    "SELECT organisation_id, service_type, COUNT(*), SUM(sixtieths), SUM(sixtieths * sixtieths), COUNT(DISTINCT rater)"
    " FROM ratings GROUP BY organisation_id, service_type"
)


async def measure(one: Ground, organisations: int, ratings: int, few: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    begun = time.perf_counter()
    large = await fill(one.copy(), organisations, ratings)
    small = await fill(one.copy(), organisations, few)
    print(f"# {one.kind}: two cities filled in {time.perf_counter() - begun:.0f} s", flush=True)
    await _all(one, large, ratings)
    await _cell(one, large, small, ratings, few)
    await _page(one, large)


async def _all(one: Ground, city: RatedCity, ratings: int) -> None:
    """Once, as at a closing; the raw aggregates before and after it, the faster of two each."""
    aggregates = {
        "one aggregate": (_PLAIN, "≤ 10"),
        "one with the weights": (_weighted(one.kind), "≤ 10"),
        "one that tells raters": (_WITH_RATERS, "reported"),
    }
    seconds = {name: [await _raw(city.url, statement)] for name, (statement, _) in aggregates.items()}
    async with one.house(city.url) as house:
        begun = time.perf_counter()
        async with house.database.unit_of_work() as session:
            cells = await computing.compute_period(session, city.period_id)
        ours = time.perf_counter() - begun
    for name, (statement, goal) in aggregates.items():
        seconds[name].append(await _raw(city.url, statement))
        report(
            f"all of {ratings:,} ratings: {name}", one.kind, ours / min(seconds[name]), goal,
            f"{ours:.1f} s for {cells:,} cells against {min(seconds[name]):.2f} s",
        )  # fmt: skip


def _weighted(kind: str) -> str:
    """The aggregate that weighs each rating by its day, as scores do."""
    word = "DATE " if kind == "postgresql" else ""
    days = (
        f"({word}'{AS_OF - timedelta(days=age)}', {formula.weight(age, MODEL)})"
        for age in range(MODEL.kept_days)
    )
    return _WEIGHTED.format(days=", ".join(days))


async def _cell(one: Ground, large: RatedCity, small: RatedCity, ratings: int, few: int) -> None:
    """The probe has as many ratings in both; the two take turns."""
    seconds: dict[str, list[float]] = {large.url: [], small.url: []}
    async with one.house(small.url) as house, house.database.unit_of_work() as session:
        await computing.compute_period(session, small.period_id)
    async with one.house(large.url) as there, one.house(small.url) as here:
        for _ in range(_ROUNDS):
            for city, house in ((large, there), (small, here)):
                seconds[city.url].append(await _timed(partial(_again, city, house)))
    at_large, at_small = (statistics.median(seconds[city.url][5:]) for city in (large, small))
    report(
        f"one cell at {ratings:,} against {few:,}", one.kind, at_large / at_small, "≤ 1.5",
        f"{1000 * at_large:.1f} ms against {1000 * at_small:.1f} ms, {OF_PROBE} ratings in it",
    )  # fmt: skip


async def _again(city: RatedCity, house: House) -> None:
    async with house.database.unit_of_work() as session:
        assert await computing.compute_cell(session, city.probe_id, city.probe_type)


async def _page(one: Ground, city: RatedCity) -> None:
    """A stranger's page, asked of the application itself."""
    async with one.house(city.url) as house:
        transport = httpx2.ASGITransport(app=create_app(house))
        path = f"/organisations/{city.probe_id}/scorecard"
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
            await client.get(path)
            with counting(house) as statements:
                answer = await client.get(path)
            seconds = [await _timed(lambda: client.get(path)) for _ in range(20)]
    assert answer.status_code == 200
    report(
        "statements of a scorecard's page", one.kind, len(statements), "≤ 3",
        f"{1000 * statistics.median(seconds):.0f} ms a page",
    )  # fmt: skip


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await act()
    return time.perf_counter() - begun


async def _raw(url: str, statement: str) -> float:
    """Seconds of the statement through the bare driver, its rows fetched."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with sqlite3.connect(str(address.database)) as connection:
            begun = time.perf_counter()
            connection.execute(statement).fetchall()
            return time.perf_counter() - begun
    server = await asyncpg.connect(url.replace("+asyncpg", ""))
    begun = time.perf_counter()
    await server.fetch(statement)
    seconds = time.perf_counter() - begun
    await server.close()
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--organisations", type=int, default=ORGANISATIONS)
    parser.add_argument("--ratings", type=int, default=MANY)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    given = parser.parse_args()
    for kind in kinds():
        if given.only in (None, kind):
            with ground(kind) as one:
                asyncio.run(measure(one, given.organisations, given.ratings, given.few))
    return 0


if __name__ == "__main__":
    sys.exit(main())
