"""`marketplace verify record`: sound, broken at an act, without the hash that was noted, and no record at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from marketplace.cli.app import app
from marketplace.procurement.records import GENESIS, content_hash


def record(acts: int = 3) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for number in range(1, acts + 1):
        act = {
            "process_id": "p",
            "number": number,
            "at": "2026-11-22T02:00:00+00:00",
            "actor_id": None,
            "action": "tender.published",
            "facts": {"version": number},
            "previous_hash": made[-1]["hash"] if made else GENESIS,
        }
        made.append({**act, "hash": content_hash(act)})
    return made


def verified(file: Path, text: str, *more: str) -> tuple[int, str]:
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["verify", "record", str(file), *more], env={"LANGUAGE": "en"})
    return result.exit_code, " ".join(result.output.split())


def test_a_sound_record_is_said_to_be_sound(tmp_path: Path) -> None:
    acts = record()
    code, said = verified(tmp_path / "record.json", json.dumps({"acts": acts}), "--head", acts[1]["hash"])
    assert code == 0 and "3 acts" in said


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_act_is_named(tmp_path: Path, place: int) -> None:
    acts = record()
    acts[place]["facts"] = {"version": 9}
    code, said = verified(tmp_path / "record.json", json.dumps({"acts": acts}))
    assert code == 1 and f"act {place + 1}" in said


def test_a_record_that_was_written_anew_lacks_the_hash_that_was_noted(tmp_path: Path) -> None:
    noted = record()[2]["hash"]
    code, said = verified(tmp_path / "record.json", json.dumps({"acts": record(2)}), "--head", noted)
    assert code == 1 and "noted" in said


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"acts": 3}', '{"acts": [3]}', "[" * 100_000])
def test_what_is_no_record_is_a_sentence_and_no_traceback(tmp_path: Path, text: str) -> None:
    code, said = verified(tmp_path / "record.json", text)
    assert code == 1 and said.strip().endswith(".") and "Traceback" not in said
