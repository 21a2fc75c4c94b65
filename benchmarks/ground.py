"""What every measurement stands on: a fresh migrated database of each kind, a house on it, and a line of print for each ratio."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url

from marketplace.bootstrap import House, open_house
from marketplace.settings import Settings
from tests import databases
from tests.services import POSTGRESQL_URL, answers


def kinds() -> list[str]:
    """The databases that this machine can measure."""
    found = ["sqlite"]
    if answers(POSTGRESQL_URL):
        found.append("postgresql")
    else:
        print("PostgreSQL does not answer here: measured on SQLite only.")
    return found


class Ground:
    """A migrated template and as many copies of it as a measurement wants."""

    def __init__(self, kind: str, stack: ExitStack) -> None:
        self.kind = kind
        self._stack = stack
        self._folder = Path(stack.enter_context(TemporaryDirectory()))
        self._copies = 0
        if kind == "sqlite":
            self._template: Path | str = stack.enter_context(databases.sqlite_template(self._folder))
        else:
            self._template = stack.enter_context(databases.postgresql_template())

    def copy(self) -> str:
        """The address of a fresh copy."""
        self._copies += 1
        folder = self._folder / str(self._copies)
        folder.mkdir()
        if isinstance(self._template, Path):
            return _sqlite_copy(self._template, folder)
        return self._stack.enter_context(databases.postgresql_copy(self._template))

    def twin(self, url: str) -> str:
        """The address of a copy of the database at ``url``, with which nobody may be connected."""
        name = make_url(url).database or ""
        if self.kind == "sqlite":
            folder = Path(self._stack.enter_context(TemporaryDirectory()))
            return _sqlite_copy(Path(name), folder)
        return self._stack.enter_context(databases.postgresql_copy(name))

    def settings(self, url: str) -> Settings:
        """Settings for that copy."""
        return Settings(
            _env_file=None,
            data_folder=self._folder / f"var{self._copies}",
            database_url=url,
            database_pool=10,
            secret="benchmark-secret-0123456789-abcdefghijkl",
        )

    @asynccontextmanager
    async def house(self, url: str) -> AsyncIterator[House]:
        """An open house on that copy."""
        house = open_house(self.settings(url))
        try:
            yield house
        finally:
            await house.close()


def _sqlite_copy(original: Path, folder: Path) -> str:
    shutil.copy(original, folder / "wushe.db")
    return f"sqlite+aiosqlite:///{folder / 'wushe.db'}"


@contextmanager
def ground(kind: str) -> Iterator[Ground]:
    """A ground that is cleared away at the end."""
    with ExitStack() as stack:
        yield Ground(kind, stack)


def report(name: str, kind: str, ratio: float, goal: str, detail: str) -> None:
    """One line: what was measured, where, the ratio, the goal, and the figures behind it."""
    print(f"{name:<44} {kind:<11} {ratio:>8.3f}   goal {goal:<9} {detail}")
