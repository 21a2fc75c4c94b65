"""Fresh databases for tests: migrated once a run by `alembic upgrade head`, then a copy for every test that wants one."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
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
        self._idle: list[str] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The address of a database that looks as if it had just been made."""
        url = self._idle.pop() if self._idle else self._stack.enter_context(postgresql_copy(self._template))
        yield url
        _in_thread(lambda: asyncio.run(_wipe(make_url(url).database or "")))
        self._idle.append(url)


async def _keep_seed(name: str) -> None:
    """Beside the tables, a copy of every row that a fresh database has."""
    connection = await asyncpg.connect(_plain_address(name))
    await connection.execute(f"CREATE SCHEMA {_SEED}")
    for table in await _tables(connection, "public"):
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM public.{table})"):
            await connection.execute(f"CREATE TABLE {_SEED}.{table} AS TABLE public.{table}")
    await connection.close()


async def _wipe(name: str) -> None:
    """Back to the seed. As a replica, so that neither foreign keys nor the append-only triggers object."""
    connection = await asyncpg.connect(_plain_address(name))
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
        name,
    )
    seeded = await _tables(connection, _SEED)
    statements = [f"DELETE FROM public.{table}" for table in await _tables(connection, "public")]
    statements += [f"INSERT INTO public.{table} SELECT * FROM {_SEED}.{table}" for table in seeded]
    await connection.execute(
        f"BEGIN; SET LOCAL session_replication_role = replica; {'; '.join(statements)}; COMMIT"
    )
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
