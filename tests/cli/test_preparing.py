"""Commands bring the database up to date by themselves, however many start at once, and importing twice is importing once."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import func, select

from marketplace.areas.models import Area
from marketplace.bootstrap import open_house
from marketplace.migrations import run as migrations
from marketplace.settings import Settings
from marketplace.volunteering.models import Need
from tests.cli.conftest import Terminal
from tests.services import POSTGRESQL_URL, need_postgresql

LIST = Path(__file__).parents[1] / "volunteering" / "importing"
TOGETHER = 4


@pytest.fixture
def empty_database(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database with nothing in it."""
    if backend == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    need_postgresql()
    name = f"wushe_empty_{os.getpid()}"

    async def on_server(statement: str) -> None:
        connection = await asyncpg.connect(POSTGRESQL_URL)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(on_server(f"CREATE DATABASE {name}"))
    request.addfinalizer(lambda: asyncio.run(on_server(f"DROP DATABASE {name} WITH (FORCE)")))
    return f"{POSTGRESQL_URL.rsplit('/', 1)[0]}/{name}"


async def _found(environment: dict[str, str]) -> tuple[str | None, int]:
    """The revision of the database, and how many areas it has."""
    house = open_house(
        Settings(
            _env_file=None,
            data_folder=Path(environment["WUSHE_DATA_FOLDER"]),
            database_url=environment["WUSHE_DATABASE_URL"],
            secret=environment["WUSHE_SECRET"],
        )
    )
    try:
        async with house.database.reading() as session:
            areas = await session.scalar(select(func.count()).select_from(Area))
            return await migrations.current(session), areas or 0
    finally:
        await house.close()


def test_processes_that_start_at_once_prepare_one_database(
    empty_database: str, environment: dict[str, str]
) -> None:
    environment |= {"WUSHE_DATABASE_URL": empty_database, "PATH": os.environ["PATH"]}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "marketplace", "migrate"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(TOGETHER)
    ]
    said = [process.communicate(timeout=100)[0] for process in started]
    assert [process.returncode for process in started] == [0] * TOGETHER, said
    assert asyncio.run(_found(environment)) == (migrations.head(), 6760)


def test_migrating_again_changes_nothing(terminal_at: Terminal) -> None:
    assert terminal_at("migrate").exit_code == 0
    assert terminal_at("migrate").exit_code == 0


def test_the_shipped_areas_are_imported_once(terminal: Terminal, environment: dict[str, str]) -> None:
    first = terminal("areas", "import")
    assert first.stdout.startswith("6760 areas added"), first.stderr
    assert terminal("areas", "import").stdout.startswith("0 areas added, 0 changed, 0 retired, 6760")


def test_a_list_of_areas_must_be_described(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal("areas", "import", str(tmp_path / "areas.csv")).exit_code == 2


def test_a_list_of_areas_that_is_not_there(terminal: Terminal) -> None:
    words = ("--edition", "2030", "--cut-off", "2030-01-01", "--source", "somebody")
    result = terminal("areas", "import", "missing.csv", *words)
    assert result.exit_code == 1
    assert "missing.csv cannot be used" in result.stderr


def test_a_messy_list_is_imported_once_and_its_refusals_are_said(
    terminal_at: Terminal, settings: Settings, tmp_path: Path
) -> None:
    words = ("needs", "import", str(LIST / "messy.csv"), "--mapping", str(LIST / "nyc.toml"))
    rejects = tmp_path / "refused.csv"
    first = terminal_at(*words, "--rejects", str(rejects))
    assert first.exit_code == 0, first.stderr
    assert "2 needs added, 1 already there, 9 refused" in first.stdout
    assert rejects.exists() and str(rejects) in first.stdout

    again = terminal_at(*words, "--rejects", str(rejects))

    assert "0 needs added, 3 already there, 9 refused" in again.stdout
    assert asyncio.run(_needs(settings)) == 2


async def _needs(settings: Settings) -> int:
    house = open_house(settings)
    try:
        async with house.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(Need)) or 0
    finally:
        await house.close()


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (None, "list.csv"),
        (b"", "list.csv"),
        (b"PK\x03\x04" + b"x" * 100, "Excel"),
        (b"one,two\n1,2\n", "opportunity_id"),
        (b"\xff\xff\xff\x80\x80", "list.csv"),
    ],
    ids=["missing", "empty", "a spreadsheet", "another heading", "no known encoding"],
)
def test_a_list_that_cannot_be_read_says_what_to_do(
    terminal_at: Terminal, tmp_path: Path, content: bytes | None, part: str
) -> None:
    path = tmp_path / "list.csv"
    if content is not None:
        path.write_bytes(content)
    result = terminal_at("needs", "import", str(path), "--mapping", str(LIST / "nyc.toml"))
    assert result.exit_code == 1
    assert part in result.stderr and "Traceback" not in result.stderr


def test_a_broken_mapping_is_named_with_the_place_of_the_fault(terminal_at: Terminal, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("list_name = ")
    result = terminal_at("needs", "import", str(LIST / "messy.csv"), "--mapping", str(mapping))
    assert result.exit_code == 1
    assert "mapping.toml" in result.stderr


def test_the_index_is_rebuilt_and_counted(terminal_at: Terminal, tmp_path: Path) -> None:
    words = ("needs", "import", str(LIST / "messy.csv"), "--mapping", str(LIST / "nyc.toml"))
    assert terminal_at(*words, "--rejects", str(tmp_path / "refused.csv")).exit_code == 0
    assert "documents" in terminal_at("reindex").stdout


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(terminal_at: Terminal) -> None:
    result = terminal_at("doctor")
    assert result.exit_code == 1
    assert "ok  database: answers" in result.stdout
    assert "marketplace serve" in result.stdout
    assert "marketplace reindex" in result.stdout


def test_the_schema_is_written_where_it_is_asked_for(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal("schema", str(tmp_path / "schema.graphql")).exit_code == 0
    assert (tmp_path / "schema.graphql").read_text("utf-8") == terminal("schema").stdout
    assert terminal("schema", "/proc/no/schema.graphql").exit_code == 1
