"""Fresh databases for tests: migrated once a run by `alembic upgrade head`, then copied for every test that wants one."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import make_url

from marketplace.db.session import Database
from marketplace.migrations.run import upgrade
from tests import city
from tests.services import POSTGRESQL_URL

_RUN = f"{os.getpid()}_{uuid4().hex[:6]}"


def _postgresql_address(name: str) -> str:
    return (
        make_url(POSTGRESQL_URL)
        .set(drivername="postgresql+asyncpg", database=name)
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
        yield name
    finally:
        _in_thread(lambda: asyncio.run(_on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")))


@contextmanager
def sqlite_copy(template: Path, folder: Path) -> Iterator[str]:
    """The address of a copy of the template."""
    path = folder / "wushe.db"
    shutil.copy(template, path)
    yield f"sqlite+aiosqlite:///{path}"


@contextmanager
def postgresql_copy(template: str) -> Iterator[str]:
    """The address of a copy of the template; dropped at the end. Usable with or without a running event loop."""
    name = f"wushe_test_{_RUN}_{uuid4().hex[:8]}"
    _in_thread(lambda: asyncio.run(_on_server(f"CREATE DATABASE {name} TEMPLATE {template}")))
    try:
        yield _postgresql_address(name)
    finally:
        _in_thread(lambda: asyncio.run(_on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")))


def _prepare(url: str) -> None:
    """Migrate and fill the database at ``url``."""
    _in_thread(lambda: upgrade(url))
    _in_thread(lambda: asyncio.run(_fill(url)))


def _in_thread(work: Callable[[], None]) -> None:
    """Do ``work`` where no event loop runs, whether or not one runs here."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
