"""`marketplace tender lint`: a lawful file, an unlawful one, and what is no file at all; no database is asked."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from marketplace.cli.app import app
from tests import buying, city

_CALM = SimpleNamespace(now=lambda: city.NOW)


def _linted(path: Path, text: str, *more: str) -> tuple[int, str]:
    path.write_text(text, encoding="utf-8")
    asked = ["tender", "lint", str(path), "--on", "2026-11-22", *more]
    result = CliRunner().invoke(app, asked, env={"LANGUAGE": "en"})
    return result.exit_code, result.output


def _written(**changes: Any) -> dict[str, Any]:
    session: Any = _CALM
    return buying.file(session).plain() | changes


def test_a_lawful_file_passes(tmp_path: Path) -> None:
    code, said = _linted(tmp_path / "file.json", json.dumps(_written()))
    assert code == 0 and "Nothing that the shipped rules refuse" in said


def test_an_unlawful_file_is_told_with_article_and_fix(tmp_path: Path) -> None:
    unlawful = _written(submissions_end_at="2026-12-01T10:00:00+08:00", problem=None)
    code, said = _linted(tmp_path / "file.json", json.dumps(unlawful))
    assert code == 1
    assert "Move the deadline to Mon 14 Dec or later." in said and "第三十五条" in said
    assert "problem: Must be mended" in said


def test_the_procedure_decides(tmp_path: Path) -> None:
    text = json.dumps(_written(submissions_end_at="2026-12-07T10:00:00+08:00"))
    assert _linted(tmp_path / "file.json", text)[0] == 1
    shorter = _linted(tmp_path / "file.json", text, "--procedure", "competitive_consultation")
    assert "Move the deadline" not in shorter[1]
    assert _linted(tmp_path / "file.json", text, "--procedure", "nonsense")[0] == 2


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, '"x"', '{"title": 5}', '{"surprise": 1}'])
def test_what_is_no_file_is_said_clearly(tmp_path: Path, text: str) -> None:
    code, said = _linted(tmp_path / "file.json", text)
    assert code == 1 and said.strip() and "Traceback" not in said


def test_a_missing_file_is_said_clearly(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["tender", "lint", str(tmp_path / "none.json")])
    assert result.exit_code == 1 and "none.json" in result.output.replace("\n", "")
