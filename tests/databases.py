"""Fresh databases for tests: migrated once a run by `alembic upgrade head`, then a copy for every test that wants one."""

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import make_url

from marketplace.db.session import Database
from marketplace.migrations.run import upgrade
from tests import city
from tests.services import POSTGRESQL_URL

_SEED = "seed"
_RUN = f"{os.getpid()}_{uuid4().hex[:6]}"


def _postgresql_address(name: str) -> str:
    return (
        make_url(POSTGRESQL_URL)
        .set(drivername="postgresql+asyncpg", database=name)
        .render_as_string(hide_password=False)
    )


def _plain_address(name: str) -> str:
    return (
        make_url(POSTGRESQL_URL)
        .set(drivername="postgresql", database=name)
        .render_as_string(hide_password=False)
    )


async def _on_server(*statements: str) -> None:
    connection = await asyncpg.connect(POSTGRESQL_URL)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _fill(url: str) -> None:
    database = Database(url)
    async with database.unit_of_work() as session:
        await city.build(session)
    await database.close()


@contextmanager
def sqlite_template(folder: Path) -> Iterator[Path]:
    """A migrated SQLite file with the test city in it."""
    path = folder / "template.db"
    _prepare(f"sqlite+aiosqlite:///{path}")
    yield path


@contextmanager
def postgresql_template() -> Iterator[str]:
    """The name of a migrated PostgreSQL database with the test city in it; dropped at the end."""
    name = f"wushe_template_{_RUN}"
    _in_thread(lambda: asyncio.run(_on_server(f"CREATE DATABASE {name}")))
    try:
        _prepare(_postgresql_address(name))
        _in_thread(lambda: asyncio.run(_keep_seed(name)))
        yield name
    finally:
        _in_thread(lambda: asyncio.run(_on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")))


class SqlitePool:
    """Copies of the template, each in a place that is lent again, so that an engine on it can be, too."""

    def __init__(self, template: Path) -> None:
        self._template = template
        self._idle: list[Path] = []
        self._made = 0

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The address of a database that looks as if it had just been made."""
        path = self._idle.pop() if self._idle else self._place()
        for old in path.parent.iterdir():
            old.unlink()
        shutil.copy(self._template, path)
        yield f"sqlite+aiosqlite:///{path}"
        self._idle.append(path)

    def _place(self) -> Path:
        self._made += 1
        folder = self._template.parent / f"copy{self._made}"
        folder.mkdir()
        return folder / "wushe.db"


@contextmanager
def postgresql_copy(template: str) -> Iterator[str]:
    """The address of a copy of the template; dropped at the end. Usable with or without a running event loop."""
    name = f"wushe_test_{_RUN}_{uuid4().hex[:8]}"
    # A test loses nothing when the server's machine loses its power, and need not wait for the disk.
    made = (
        f"CREATE DATABASE {name} TEMPLATE {template}",
        f"ALTER DATABASE {name} SET synchronous_commit = off",
    )
    _in_thread(lambda: asyncio.run(_on_server(*made)))
    try:
        yield _postgresql_address(name)
    finally:
        _in_thread(lambda: asyncio.run(_on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")))


class PostgresqlPool:
    """Copies of the template that are wiped and lent again: making and dropping one waits for a checkpoint each time."""

    def __init__(self, template: str, stack: ExitStack) -> None:
        self._template, self._stack = template, stack
        self._idle: list[tuple[str, _Wiper]] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The address of a database that looks as if it had just been made."""
        url, wiper = self._idle.pop() if self._idle else self._made()
        yield url
        wiper.wipe()
        self._idle.append((url, wiper))

    def _made(self) -> tuple[str, "_Wiper"]:
        url = self._stack.enter_context(postgresql_copy(self._template))
        return url, self._stack.enter_context(closing(_Wiper(make_url(url).database or "")))


class _Wiper:
    """Puts one database back to its seed, on a connection of its own: a new one would plan every statement anew each time.

    Only what a test has written is wiped: tables with rows that the seed has not, and seeded ones that are not as they were left.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.new_event_loop()
        self._do(self._begin(name))

    def close(self) -> None:
        self._do(self._connection.close())
        self._loop.close()
        self._thread.shutdown()

    def wipe(self) -> None:
        """Nobody else is connected afterwards, and every row is the seed's."""
        self._do(self._wipe())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.submit(self._loop.run_until_complete, work).result()

    async def _begin(self, name: str) -> None:
        self._connection = await asyncpg.connect(_plain_address(name))
        await self._connection.execute("SET session_replication_role = replica")
        self._seeded = await _tables(self._connection, _SEED)
        others = set(await _tables(self._connection, "public")) - set(self._seeded)
        written = [f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.{table})" for table in sorted(others)]
        # Whoever adds, changes or removes a row leaves another number of rows or a newer transaction on one of them.
        marks = [
            f"SELECT '{table}', count(*), max(xmin::text::bigint) FROM public.{table}"
            for table in self._seeded
        ]
        self._written = await self._connection.prepare(" UNION ALL ".join(written))
        self._marked = await self._connection.prepare(" UNION ALL ".join(marks))
        self._marks = await self._read_marks()

    async def _read_marks(self) -> dict[str, tuple[int, int]]:
        return {table: (rows, newest) for table, rows, newest in await self._marked.fetch()}

    async def _wipe(self) -> None:
        await self._connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        statements = [f"DELETE FROM public.{table}" for (table,) in await self._written.fetch()]
        marks = await self._read_marks()
        changed = [table for table in self._seeded if marks[table] != self._marks[table]]
        for table in changed:
            statements += [f"DELETE FROM public.{table}", f"INSERT INTO public.{table} TABLE {_SEED}.{table}"]
        # As a replica, so that neither foreign keys nor the append-only triggers object.
        if statements:
            await self._connection.execute(f"BEGIN; {'; '.join(statements)}; COMMIT")
        if changed:
            self._marks = await self._read_marks()


async def _keep_seed(name: str) -> None:
    """Beside the tables, a copy of every row that a fresh database has."""
    connection = await asyncpg.connect(_plain_address(name))
    await connection.execute(f"CREATE SCHEMA {_SEED}")
    for table in await _tables(connection, "public"):
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM public.{table})"):
            await connection.execute(f"CREATE TABLE {_SEED}.{table} AS TABLE public.{table}")
    await connection.close()


async def _tables(connection: asyncpg.Connection, schema: str) -> list[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema)
    return [row["tablename"] for row in rows]


def _prepare(url: str) -> None:
    """Migrate and fill the database at ``url``."""
    _in_thread(lambda: upgrade(url))
    _in_thread(lambda: asyncio.run(_fill(url)))


def _in_thread(work: Callable[[], None]) -> None:
    """Do ``work`` where no event loop runs, whether or not one runs here."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
