"""What an operator can mend is a sentence in the terminal's language and exit code 1; nothing shows a traceback."""

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.services import POSTGRESQL_URL, need_postgresql

EVERY_KIND = (["migrate"], ["serve", "--port", "0"], ["worker"], ["jobs", "list"], ["reindex"])


def _says(result: object, *parts: str) -> None:
    exit_code, stderr = getattr(result, "exit_code", None), getattr(result, "stderr", "")
    assert exit_code == 1
    assert "Traceback" not in stderr
    for part in parts:
        assert part in stderr


@pytest.mark.parametrize("words", EVERY_KIND, ids=" ".join)
def test_a_database_that_is_down(terminal: Terminal, environment: dict[str, str], words: list[str]) -> None:
    environment["WUSHE_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    _says(terminal(*words), "The database does not answer", "WUSHE_DATABASE_URL")


def test_a_database_that_is_down_in_chinese(terminal: Terminal, environment: dict[str, str]) -> None:
    environment |= {"LANG": "zh_CN.UTF-8", "WUSHE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    _says(terminal("migrate"), "数据库没有响应")


def test_a_database_that_does_not_exist(terminal: Terminal, environment: dict[str, str]) -> None:
    need_postgresql()
    environment["WUSHE_DATABASE_URL"] = POSTGRESQL_URL.rsplit("/", 1)[0] + "/wushe_no_such_database"
    _says(terminal("migrate"), "cannot be used", "wushe_no_such_database")


def test_a_file_that_is_no_database(terminal: Terminal, environment: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this was never a database " * 500)
    environment["WUSHE_DATABASE_URL"] = f"sqlite+aiosqlite:///{broken}"
    _says(terminal("migrate"), "not a database")
    assert broken.read_bytes().startswith(b"this was never")


def test_a_database_of_an_older_version(terminal: Terminal) -> None:
    _says(terminal("jobs", "list"), "Run marketplace migrate first")


def test_a_folder_that_cannot_be_written(terminal: Terminal, environment: dict[str, str]) -> None:
    environment["WUSHE_DATA_FOLDER"] = "/proc/wushe"
    _says(terminal("migrate"), "/proc/wushe cannot be used")


def test_every_wrong_setting_is_named(terminal: Terminal, environment: dict[str, str]) -> None:
    environment |= {
        "WUSHE_DATABASE_URL": "oracle://x",
        "WUSHE_DATABASE_POOL": "many",
        "WUSHE_SECRET": "short",
    }
    result = terminal("serve", "--port", "0")
    _says(result, "WUSHE_DATABASE_URL", "WUSHE_DATABASE_POOL", "WUSHE_SECRET")
    assert len(result.stderr.splitlines()) == 3


def test_a_settings_file_in_another_encoding(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"WUSHE_MODE=\xff\xfe")
    _says(terminal("migrate"), ".env must be written in UTF-8")


def test_production_without_its_settings_does_not_start(
    terminal: Terminal, environment: dict[str, str]
) -> None:
    environment["WUSHE_MODE"] = "production"
    _says(terminal("serve", "--port", "0"), "WUSHE_SITE_URL", "WUSHE_CODE_GATEWAY_URL", "WUSHE_MAIL_URL")


def test_the_demo_refuses_production(terminal: Terminal, environment: dict[str, str], tmp_path: Path) -> None:
    environment |= {
        "WUSHE_MODE": "production",
        "WUSHE_SITE_URL": "https://wushe.example",
        "WUSHE_CODE_GATEWAY_URL": "https://codes.example",
        "WUSHE_MAIL_URL": "smtp://mail.example",
    }
    _says(terminal("demo", "--port", "0"), "made-up city")
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_that_is_taken_is_said_before_anything_is_written(
    terminal: Terminal, tmp_path: Path, command: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        _says(terminal(command, "--port", port), port, "--port")
    assert not (tmp_path / "var").exists()


def test_an_address_that_this_machine_does_not_have(terminal: Terminal) -> None:
    _says(terminal("serve", "--host", "203.0.113.7"), "203.0.113.7")


@pytest.mark.parametrize(
    "words",
    [
        ["jobs", "retry"],
        ["jobs", "retry", "not-an-id"],
        ["roles", "grant", "13800000000", "king"],
        ["serve", "--port", "99999"],
        ["synth", "--volunteers", "0"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_exit_code_2(terminal: Terminal, words: list[str]) -> None:
    assert terminal(*words).exit_code == 2
