"""A terminal: runs our commands as somebody at the machine would, with settings from the environment alone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from marketplace import logs
from marketplace.cli.app import app
from tests.conftest import Templates

Terminal = Callable[..., Result]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of a fresh machine with an English terminal; a test adds its own before it runs a command."""
    for name in ("LANGUAGE", "LC_ALL", "WUSHE_SITE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    # Loggers keep the first configuration that they meet, and here all commands run in one process.
    monkeypatch.setattr(logs, "configure", lambda _settings: None)
    return {
        "LANG": "en_GB.UTF-8",
        "WUSHE_DATA_FOLDER": str(tmp_path / "var"),
        "WUSHE_SECRET": "test-only-secret-0123456789-abcdefghij",
    }


@pytest.fixture
def terminal(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Runs a command in this process; ``exit_code``, ``stdout`` and ``stderr`` are what the operator sees."""

    def run(*words: str) -> Result:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(app, list(words), catch_exceptions=False)

    return run


@pytest.fixture
def terminal_at(terminal: Terminal, environment: dict[str, str], database_url: str) -> Terminal:
    """The same, over a migrated database with the test city in it, once on each kind."""
    environment["WUSHE_DATABASE_URL"] = database_url
    return terminal


@pytest.fixture
def other_database(backend: str, _templates: Templates) -> Iterator[str]:
    """The address of a second fresh database of the same kind."""
    with ExitStack() as stack:
        yield _templates.copy(backend, stack)
