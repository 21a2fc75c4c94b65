"""A city with organisations and any number of ratings and tickets, made in the database itself, set by set; the same spread at any size.

Most organisations have few ratings and some have very many. One, the probe, has three hundred however large the city is. Deliveries and
recipients are left out, so foreign keys are not looked at while it is filled; secondary indexes are put back when all rows are there.
"""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.engine import make_url

from tests import city
from tests.delivery.test_formula import MODEL

AS_OF = date(2026, 10, 31)
OF_PROBE = 300
_DAYS_BACK = 1_200
_PERIODS = _DAYS_BACK // 30
_TYPES = 20
_HELD_ONE_IN = 500
_NOW = "2026-11-01 00:30:00"


@dataclass(frozen=True, slots=True)
class RatedCity:
    """Where it lies, its newest period, and the probe."""

    url: str
    period_id: UUID
    probe_id: UUID
    probe_type: str


@dataclass(frozen=True, slots=True)
class _Words:
    """What the two databases say differently."""

    series: str
    uuid: str
    least: str
    whole: str
    chance: str
    hex: str
    day: str
    moment: str
    temporary: str
    fingerprint: str

    def pick(self, among: int) -> str:
        """A whole number from 0 to one less than ``among``."""
        return self.whole.format(f"{self.chance} * {among}")

    def row_id(self, number: str) -> str:
        """An id that grows with the number and has the shape of a UUIDv7, as the house's own have."""
        return self.hex.format(f"({number})", 12, "70008000000000000000")

    def rater_id(self, number: str) -> str:
        """An id whose first figures differ from anybody's, as those of people do."""
        return self.hex.format(f"(({number}) * 11400714819 % 281474976710656)", 12, "70008000000000000000")


_POSTGRESQL = _Words(
    series="SELECT n FROM generate_series(1, {}) AS n",
    uuid="gen_random_uuid()",
    least="least",
    # A cast rounds here.
    whole="CAST(floor({}) AS INTEGER)",
    chance="floor(random() * 1000000) * 0.000001",
    hex="(lpad(to_hex({}::bigint), {}, '0') || '{}')::uuid",
    day=f"DATE '{AS_OF}' - age",
    moment=f"TIMESTAMPTZ '{_NOW}+00' - age * INTERVAL '1 day'",
    temporary="UNLOGGED ",
    fingerprint="decode(lpad(to_hex(n), 64, '0'), 'hex')",
)
_SQLITE = _Words(
    series="WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < {}) SELECT n FROM count",
    uuid="lower(hex(randomblob(16)))",
    least="min",
    whole="CAST({} AS INTEGER)",
    chance="(abs(random()) % 1000000) * 0.000001",
    hex="printf('%0{1}x{2}', {0})",
    day=f"date('{AS_OF}', '-' || age || ' days')",
    moment=f"datetime('{_NOW}', '-' || age || ' days') || '.000000'",
    temporary="",
    fingerprint="CAST(printf('%032d', n) AS BLOB)",
)


@dataclass(frozen=True, slots=True)
class _Stages:
    """What is done first, what may then be done at once for each table, and what at the end."""

    before: Sequence[str]
    tables: Sequence[str]
    after: Sequence[str]


def _stages(words: _Words, organisations: int, ratings: int, *, is_postgresql: bool) -> _Stages:
    truth = ("true", "false") if is_postgresql else ("1", "0")
    rules = json.dumps(
        {
            "rating.score": {
                name: getattr(MODEL, name)
                for name in ("prior_weight", "half_life_days", "kept_days", "city_days", "prior_hundredths")
            },
            "rating.publication": {
                name: getattr(MODEL, name) for name in ("least_raters", "least_effective", "smallest_cell")
            },
        }
    )
    periods = ", ".join(
        f"({words.uuid}, '{AS_OF - timedelta(days=30 * back + 29)}', '{AS_OF - timedelta(days=30 * back)}', '{rules}', 1, '{_NOW}', '{_NOW}')"
        for back in range(_PERIODS)
    )
    points = ", ".join(f"1 + {words.pick(5)} AS p{number}" for number in range(5))
    # The probe is organisation 1 with service 1, and nobody else rates it.
    lesser = f"{words.least}({words.chance}, {words.chance})"
    chosen = "2 + " + words.whole.format(f"{lesser} * {organisations - 1}")
    people = max(ratings // 3, OF_PROBE)
    columns = "organisation_id, service_type"
    row_id, rater = words.row_id("n"), words.rater_id("c.person")
    before = [
        f"CREATE TABLE bench_organisations AS SELECT n, {words.uuid} AS id FROM ({words.series.format(organisations)}) AS one",
        "CREATE TABLE bench_types AS SELECT row_number() OVER (ORDER BY code) AS n, code FROM"
        f" (SELECT code FROM tags WHERE kind = 'category' ORDER BY code LIMIT {_TYPES}) AS one",
        "INSERT INTO organisations (id, name, kind, area_code, registered_at, verified_at, version)"
        f" SELECT id, '机构' || n, 'social_service', '{city.CHANGNING}', '{_NOW}', '{_NOW}', 1 FROM bench_organisations",
        f"INSERT INTO rating_periods (id, starts_on, ends_on, rules, formula, opened_at, closed_at) VALUES {periods}",
        "CREATE TABLE bench_periods AS SELECT row_number() OVER (ORDER BY starts_on DESC) - 1 AS n, id FROM rating_periods",
        # Chances are drawn once and written down: a column that is used twice must say the same twice.
        f"CREATE {words.temporary}TABLE bench_rows AS WITH c AS MATERIALIZED"
        f" (SELECT n, CASE WHEN n <= {OF_PROBE} THEN 1 ELSE {chosen} END AS organisation,"
        f" {words.pick(2)} AS side, {words.pick(_DAYS_BACK)} AS age, {words.pick(people)} AS person, {points}"
        f" FROM ({words.series.format(ratings)}) AS one)"
        " SELECT c.n, c.age, c.p0, c.p1, c.p2, c.p3, c.p4, o.id AS organisation_id, t.code AS service_type, p.id AS period_id,"
        f" {rater} AS rater FROM c"
        " JOIN bench_organisations AS o ON o.n = c.organisation"
        " JOIN bench_types AS t ON t.n = 1 + (c.organisation - 1"
        f" + CASE WHEN c.organisation = 1 THEN 0 ELSE c.side END) % {_TYPES}"
        " JOIN bench_periods AS p ON p.n = c.age / 30",
    ]
    tables = [
        f"INSERT INTO rating_tickets (id, delivery_id, recipient_id, {columns}, rater, code_fingerprint, issued_at, expires_at, used_at)"
        f" SELECT {row_id}, {row_id}, {row_id}, {columns}, rater, {words.fingerprint},"
        f" {words.moment}, {words.moment}, {words.moment} FROM bench_rows",
        f"INSERT INTO ratings (id, ticket_id, delivery_id, period_id, {columns}, area_code, rater, content, quality, timeliness, respect,"
        " handling, sixtieths, should_continue, idempotency_key, given_on, given_at)"
        f" SELECT {row_id}, {row_id}, {row_id}, period_id, {columns}, '{city.JIANGSU_COMMUNITY}', rater, p0, p1, p2, p3, p4,"
        f" (p0 + p1 + p2 + p3 + p4) * 12, CASE WHEN p0 > 2 THEN {truth[0]} ELSE {truth[1]} END, 'bench',"
        f" {words.day}, {words.moment} FROM bench_rows",
    ]
    after = [
        "INSERT INTO rating_holds (id, rating_id, cause, evidence, held_at)"
        f" SELECT {words.uuid}, id, 'burst', '{{}}', '{_NOW}' FROM ratings WHERE {words.pick(_HELD_ONE_IN)} = 0",
        *(f"DROP TABLE bench_{name}" for name in ("rows", "organisations", "types", "periods")),
    ]
    return _Stages(before, tables, after)


_LARGE = ("rating_tickets", "ratings")
_NEWEST = "SELECT id FROM rating_periods ORDER BY starts_on DESC LIMIT 1"
_PROBE = (
    "SELECT organisation_id, service_type FROM ratings WHERE organisation_id ="
    " (SELECT id FROM organisations WHERE name = '机构1') LIMIT 1"
)


async def fill(url: str, organisations: int, ratings: int) -> RatedCity:
    """Fill the empty house at ``url``. Its ratings are as many as were asked for, the probe's among them."""
    if make_url(url).get_backend_name() == "sqlite":
        return await asyncio.to_thread(_fill_sqlite, url, organisations, ratings)
    return await _fill_postgresql(url, organisations, ratings)


def _fill_sqlite(url: str, organisations: int, ratings: int) -> RatedCity:
    stages = _stages(_SQLITE, organisations, ratings, is_postgresql=False)
    with sqlite3.connect(str(make_url(url).database), isolation_level=None) as connection:
        for setting in ("foreign_keys = OFF", "synchronous = OFF", "cache_size = -1000000"):
            connection.execute(f"PRAGMA {setting}")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (?, ?)",
            _LARGE,
        ).fetchall()
        connection.execute("BEGIN")
        for statement in (
            *(f"DROP INDEX {name}" for name, _ in indexes),
            *stages.before,
            *stages.tables,
            *(made for _, made in indexes),
            *stages.after,
        ):
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (period_id,) = connection.execute(_NEWEST).fetchone()
        probe_id, probe_type = connection.execute(_PROBE).fetchone()
    connection.close()
    return RatedCity(url, UUID(period_id), UUID(probe_id), probe_type)


async def _fill_postgresql(url: str, organisations: int, ratings: int) -> RatedCity:
    """The two large tables each on a connection of its own."""
    stages = _stages(_POSTGRESQL, organisations, ratings, is_postgresql=True)
    one, other = await _connect(url), await _connect(url)
    try:
        for statement in stages.before:
            await one.execute(statement)
        await asyncio.gather(
            *(
                _insert(server, table, statement)
                for server, table, statement in zip((one, other), _LARGE, stages.tables, strict=True)
            )
        )
        for statement in stages.after:
            await one.execute(statement)
        for table in ("rating_holds", "organisations", "rating_periods"):
            await one.execute(f"VACUUM ANALYZE {table}")
        found = await one.fetchrow(_PROBE)
        return RatedCity(url, await one.fetchval(_NEWEST), found[0], found[1])
    finally:
        await one.close()
        await other.close()


async def _connect(url: str) -> asyncpg.Connection:
    server = await asyncpg.connect(url.replace("+asyncpg", ""))
    # Foreign keys are triggers here.
    await server.execute(
        "SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'"
    )
    return server


async def _insert(server: asyncpg.Connection, table: str, statement: str) -> None:
    """Insert without secondary indexes and unique constraints, and put them back."""
    unique = await server.fetch(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'u'",
        table,
    )
    plain = await server.fetch(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = $1::regclass"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))",
        table,
    )
    for name, _ in unique:
        await server.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in plain:
        await server.execute(f"DROP INDEX {name}")
    await server.execute(statement)
    for name, definition in unique:
        await server.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for _, definition in plain:
        await server.execute(definition)
    await server.execute(f"VACUUM ANALYZE {table}")
