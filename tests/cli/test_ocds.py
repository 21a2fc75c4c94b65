"""`marketplace ocds`: what an operator types, and what comes of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from marketplace.bootstrap import House
from tests.cli.conftest import Terminal
from tests.opendata import procurement, standard

RELEASE: dict[str, Any] = {
    "ocid": "ocds-else00-1",
    "id": "1",
    "date": "2026-11-22T02:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
    "tender": {"id": "1"},
}


def _file(folder: Path, given: Any, name: str = "file.json") -> str:
    (folder / name).write_text(json.dumps(given, indent=1, ensure_ascii=False), "utf-8")
    return str(folder / name)


def _left_in(folder: Path) -> list[str]:
    return [one.name for one in folder.glob("all*")]


def test_a_valid_file_is_said_to_be_valid(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal("ocds", "validate", _file(tmp_path, RELEASE))
    assert done.exit_code == 0 and "Valid OCDS 1.1" in done.stdout


def test_each_fault_has_its_line_its_place_and_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    broken = RELEASE | {"tag": ["tender", "prize"], "tender": {"title": 5}}
    file = _file(tmp_path, broken)
    done = terminal("ocds", "validate", file)
    assert done.exit_code == 1 and "3 faults" in done.stderr
    lines = (tmp_path / "file.json").read_text("utf-8").split("\n")
    for where, needle, sentence in (
        ("tag/1", '"prize"', "is not in the standard's closed list"),
        ("tender/id", '"tender": {', "is required and not there."),
        ("tender/title", '"title": 5', "is of the wrong kind; expected: string."),
    ):
        number = next(number for number, line in enumerate(lines, 1) if needle in line)
        assert f"{file}:{number}: {where}: {sentence}" in done.stdout


def test_the_official_schema_is_a_second_judge(terminal: Terminal, tmp_path: Path) -> None:
    standard.need_schema()
    file = _file(tmp_path, RELEASE | {"tender": {"id": "1", "lots": [], "items": [{"id": "1"}]}})
    done = terminal("ocds", "validate", file, "--schema", str(standard.SCHEMA))
    assert done.exit_code == 0 and "the official schema" in done.stdout
    lost = terminal("ocds", "validate", file, "--schema", str(tmp_path))
    assert lost.exit_code == 1 and "official OCDS schemas are not in" in lost.stderr


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"releases": []}'])
def test_what_is_no_package_is_refused(terminal: Terminal, tmp_path: Path, text: str) -> None:
    (tmp_path / "file.json").write_text(text)
    done = terminal("ocds", "validate", str(tmp_path / "file.json"))
    assert done.exit_code == 1 and f"{tmp_path / 'file.json'}:1: " in done.stdout


def test_lines_are_judged_one_by_one(terminal: Terminal, tmp_path: Path) -> None:
    lines = [RELEASE, RELEASE | {"date": "yesterday"}, RELEASE]
    (tmp_path / "many.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    done = terminal("ocds", "validate", str(tmp_path / "many.jsonl"))
    assert done.exit_code == 1 and "many.jsonl:2: date: is not a date and time with its zone" in done.stdout
    missing = terminal("ocds", "validate", str(tmp_path / "nothing.json"))
    assert missing.exit_code == 1 and "nothing.json" in missing.stderr


def test_others_releases_come_in_once_and_refusals_are_listed(terminal_at: Terminal, tmp_path: Path) -> None:
    file = _file(tmp_path, {"releases": [RELEASE, RELEASE | {"id": "2", "tag": []}]})
    done = terminal_at("ocds", "import", file, "--source", "https://elsewhere.example")
    assert done.exit_code == 0 and "1 releases added, 0 already there" in done.stdout
    assert "releases/1/tag: is empty" in done.stderr
    again = terminal_at("ocds", "import", file)
    assert "0 releases added, 1 already there" in again.stdout
    bad = terminal_at("ocds", "import", _file(tmp_path, {"hello": 1}))
    assert bad.exit_code == 1 and "neither a release package" in bad.stderr


async def test_what_is_exported_is_what_was_published(
    house: House, terminal_at: Terminal, tmp_path: Path
) -> None:
    import asyncio

    purchase = await procurement.published(house)
    await procurement.opened(house, purchase)
    file = tmp_path / "all.jsonl"
    done = await asyncio.to_thread(terminal_at, "ocds", "export", str(file))
    assert done.exit_code == 0 and "1 processes written" in done.stdout
    record = await procurement.record(house, purchase.tender.id)
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == [record]
    out = await asyncio.to_thread(terminal_at, "ocds", "export", "-", "--releases", "--year", "2026")
    assert [json.loads(line) for line in out.stdout.splitlines()] == await procurement.releases(house)
    none = await asyncio.to_thread(terminal_at, "ocds", "export", "-", "--year", "1999")
    assert (none.exit_code, none.stdout) == (0, "")
    assert _left_in(tmp_path) == ["all.jsonl"]
    valid = await asyncio.to_thread(terminal_at, "ocds", "validate", str(file))
    assert valid.exit_code == 0
