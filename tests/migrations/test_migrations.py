"""The database through time: up, down and up again, and never another shape than the tables say."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic import command

from marketplace.migrations.run import configuration, upgrade
from tests import databases
from tests.services import need_postgresql


@pytest.fixture
def empty_database(backend: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it."""
    with ExitStack() as stack:
        if backend == "sqlite":
            yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        else:
            need_postgresql()
            yield stack.enter_context(databases.postgresql_copy("template0"))


def test_up_down_and_up_again(empty_database: str) -> None:
    upgrade(empty_database)
    command.downgrade(configuration(empty_database), "base")
    upgrade(empty_database)


def test_the_migrations_say_what_the_tables_say(empty_database: str) -> None:
    upgrade(empty_database)
    command.check(configuration(empty_database))


def test_every_migration_has_one_parent_and_plain_ascii_words() -> None:
    folder = Path(databases.__file__).parents[1] / "marketplace" / "migrations" / "versions"
    files = sorted(folder.glob("*.py"))
    assert all(path.read_text("utf-8").isascii() for path in files)
    assert [path.name[:4] for path in files] == [f"{number:04d}" for number in range(1, len(files) + 1)]
