"""A machine for measuring whole commands: an empty database, an empty data folder, and our commands as processes on them."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg

from marketplace.migrations.run import upgrade
from tests.servers import bare_environment
from tests.services import POSTGRESQL_URL


@dataclass(frozen=True, slots=True)
class Ran:
    """How long a finished process took, and what it printed."""

    seconds: float
    said: str


@dataclass(frozen=True, slots=True)
class Machine:
    """Where commands run; ``url`` is the database's address as settings write it."""

    kind: str
    folder: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "WUSHE_DATA_FOLDER": str(self.folder / "var"),
            "WUSHE_DATABASE_URL": self.url,
            "WUSHE_LOG_LEVEL": "warning",
            "WUSHE_GRAPHQL_A_MINUTE_BY_ADDRESS": "0",
        }

    def run(self, *words: str) -> Ran:
        """Run ``marketplace`` with these words to its end. Raises CalledProcessError."""
        return self.run_python("-m", "marketplace", *words)

    def run_python(self, *words: str) -> Ran:
        """Run Python with these words to its end. Raises CalledProcessError."""
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**bare_environment(), **self.environment},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return Ran(time.perf_counter() - begun, done.stdout)


@contextmanager
def machine(kind: str) -> Iterator[Machine]:
    """A machine with an empty database of that kind, cleared away at the end."""
    with TemporaryDirectory() as folder, _empty_database(kind, Path(folder)) as url:
        yield Machine(kind, Path(folder), url)


@contextmanager
def _empty_database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / f'{uuid4().hex}.db'}"
        return
    name = f"wushe_bench_{uuid4().hex[:12]}"
    asyncio.run(_on_server(f"CREATE DATABASE {name}"))
    try:
        yield f"{POSTGRESQL_URL.rsplit('/', 1)[0]}/{name}"
    finally:
        asyncio.run(_on_server(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def migrated_database(kind: str) -> Iterator[str]:
    """The address of a migrated database without a row."""
    with TemporaryDirectory() as folder, _empty_database(kind, Path(folder)) as url:
        upgrade(url.replace("postgresql://", "postgresql+asyncpg://"))
        yield url


async def _on_server(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRESQL_URL)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
