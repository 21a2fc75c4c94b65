"""`marketplace verify lottery`: the same, not the same, and not a record at all."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from marketplace.cli.app import app
from matching.lottery import Entry, record

SECRET = hashlib.sha256(b"for tests").hexdigest()


def published() -> dict[str, Any]:
    return record([Entry(1, 2), Entry(2), Entry(5, 3)], SECRET, 1)


def verified(file: Path, text: str, *more: str) -> tuple[int, str]:
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["verify", "lottery", str(file), *more], env={"LANGUAGE": "en"})
    return result.exit_code, result.output


def test_an_honest_record_comes_out_the_same(tmp_path: Path) -> None:
    code, said = verified(tmp_path / "draw.json", json.dumps(published()))
    assert code == 0 and "comes out the same" in said and "3 entries" in said


def test_a_record_with_another_order_is_refused_by_name(tmp_path: Path) -> None:
    draw = published()
    code, said = verified(tmp_path / "draw.json", json.dumps(draw | {"order": draw["order"][::-1]}))
    assert code == 1 and "another order" in said


def test_what_one_noted_beforehand_is_compared(tmp_path: Path) -> None:
    draw = published()
    file = tmp_path / "draw.json"
    assert verified(file, json.dumps(draw), "--commitment", draw["commitment"].upper())[0] == 0
    code, said = verified(file, json.dumps(draw), "--commitment", "0" * 64)
    assert code == 1 and "promised" in said


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"format": 1}', "[" * 100_000])
def test_what_is_no_record_is_a_sentence_and_no_traceback(tmp_path: Path, text: str) -> None:
    code, said = verified(tmp_path / "draw.json", text)
    assert code == 1 and said.strip().endswith(".") and "Traceback" not in said


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["verify", "lottery", str(tmp_path / "nothing.json")])
    assert result.exit_code == 1 and "nothing.json" in result.output
