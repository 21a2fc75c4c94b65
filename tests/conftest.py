"""Fixtures: ``house`` is an open house on a fresh database, once on SQLite and once on PostgreSQL."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from marketplace.bootstrap import House, open_house
from marketplace.db import session as db_session
from marketplace.kernel.clock import FixedClock
from marketplace.settings import Settings
from tests import city, databases
from tests.engines import KeptEngines
from tests.services import need_postgresql

BACKENDS = ("sqlite", "postgresql")

# Unless told otherwise, structlog paints a traceback with the source and the locals of every frame: seconds for each.
structlog.configure(
    [
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name a parameter without the ids that were drawn for it: the processes of one run must collect the same names."""
    return _UUID.sub("some-id", str(val)) if isinstance(val, str | UUID) and _UUID.search(str(val)) else None


# Whoever takes long begins first: at the end nobody waits for one process that still has a minute to go.
_LONG = (
    "tests/browser/",
    "tests/web/test_no_form_breaks.py",
    "tests/graph/test_no_operation_breaks.py",
    "tests/cli/test_preparing.py",
    "tests/cli/test_city",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, everything else in its order."""
    ranks = {start: rank for rank, start in enumerate(_LONG)}
    items.sort(
        key=lambda item: min((ranks[one] for one in _LONG if item.nodeid.startswith(one)), default=len(_LONG))
    )


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FixedClock:
    """Stands at 10:00 on Sunday 22 November 2026 in Shanghai until a test moves it."""
    return FixedClock(city.NOW)


@pytest.fixture(scope="session")
def _engines() -> Iterator[KeptEngines]:
    engines = KeptEngines(db_session.open_engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db_session, "open_engine", engines.open)
        yield engines


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Templates"]:
    with ExitStack() as stack:
        yield Templates(stack, tmp_path_factory.mktemp("template"))


class Templates:
    """The migrated databases to copy from, each made when first wanted."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self._sqlite: databases.SqlitePool | None = None
        self._postgresql: databases.PostgresqlPool | None = None

    def copy(self, backend: str, stack: ExitStack) -> str:
        """The address of a fresh database of that kind, living as long as ``stack``."""
        if backend == "sqlite":
            if self._sqlite is None:
                template = self._stack.enter_context(databases.sqlite_template(self._folder))
                self._sqlite = databases.SqlitePool(template)
            return stack.enter_context(self._sqlite.lend())
        need_postgresql()
        if self._postgresql is None:
            name = self._stack.enter_context(databases.postgresql_template())
            self._postgresql = databases.PostgresqlPool(name, self._stack)
        return stack.enter_context(self._postgresql.lend())


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Ask for this (or ``house``) to run on both databases."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, _templates: Templates, _engines: KeptEngines) -> Iterator[str]:
    """The address of a fresh, migrated database with the test city in it."""
    with ExitStack() as stack, _engines.lending():
        yield _templates.copy(backend, stack)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings for that database; the environment and .env of the developer play no part."""
    return Settings(
        _env_file=None,
        mode="demo",
        site_url="http://testserver",
        data_folder=tmp_path / "var",
        database_url=database_url,
        database_pool=5,
        broker_url="",
        secret="test-only-secret-0123456789-abcdefghij",
    )


@pytest.fixture
async def house(settings: Settings, clock: FixedClock) -> AsyncIterator[House]:
    """An open house on that database, with the test's clock."""
    house = open_house(settings, clock=clock)
    yield house
    await house.close()
