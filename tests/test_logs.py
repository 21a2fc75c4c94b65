"""Logs: every line structured, ours and the libraries' alike, with the request's id and without personal data."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from marketplace import logs
from marketplace.settings import Settings


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator["Written"]:
    root, kept = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    yield Written(capsys)
    root.handlers[:] = kept
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "dramatiq", "pika", "asyncio", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.NOTSET)
        logging.getLogger(name).propagate = True
    structlog.reset_defaults()


class Written:
    """What the process wrote to its log."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def configure(self, log_format: str) -> None:
        logs.configure(Settings(_env_file=None, log_format=log_format))

    def text(self) -> str:
        return self._capsys.readouterr().err

    def line(self) -> dict[str, Any]:
        (line,) = self.text().splitlines()
        return dict(json.loads(line))


def test_a_line_is_json_with_time_level_and_the_request(written: Written) -> None:
    written.configure("json")
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        structlog.get_logger("web.pages").info("need.published", need_id="n1")
    line = written.line()
    assert (line["event"], line["need_id"], line["request_id"]) == ("need.published", "n1", "abc")
    assert line["level"] == "info" and line["timestamp"].endswith("Z") and line["logger"] == "web.pages"


def test_the_libraries_lines_look_like_ours(written: Written) -> None:
    written.configure("json")
    logging.getLogger("uvicorn.error").info("Started with %s", "8 threads")
    line = written.line()
    assert (line["event"], line["level"], line["logger"]) == (
        "Started with 8 threads",
        "info",
        "uvicorn.error",
    )


def test_addresses_that_were_asked_for_are_not_logged(written: Written) -> None:
    """They may hold a calendar's secret or what somebody searched for."""
    written.configure("json")
    logging.getLogger("uvicorn.access").info('"GET /calendar/secret.ics" 200')
    assert written.text() == ""


@pytest.mark.parametrize(
    "personal",
    [
        "13800138000",
        "+86 138 0013 8000",
        "138-0013-8000",
        "021-62520000",
        "11010119900307123X",
        "lin@example.org",
    ],
)
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_looks_personal_is_masked_wherever_it_stands(
    written: Written, personal: str, log_format: str
) -> None:
    written.configure(log_format)
    logging.getLogger("some.library").warning("failed for %s today", personal)
    structlog.get_logger().warning("refused", facts={"list": [personal]}, said=f"<{personal}>")
    text = written.text()
    assert personal not in text and text.count(logs.MASK) == 3


@pytest.mark.parametrize("key", ["phone", "person_name", "email", "birth_date", "token", "session_cookie"])
def test_values_under_telling_names_are_dropped_whole(written: Written, key: str) -> None:
    written.configure("json")
    structlog.get_logger().info("seen", **{key: "林小满"}, inner={key: "林小满"})
    line = written.line()
    assert line[key] == logs.MASK and line["inner"][key] == logs.MASK


def test_ids_moments_and_counts_stay_readable(written: Written) -> None:
    written.configure("json")
    facts = {
        "event_id": "019345a1-7c1e-7000-8000-138001380001",
        "count": 12,
        "at": "2026-11-22T02:00:00+00:00",
        "area_code": "310105005001",
        "ok": True,
    }
    structlog.get_logger().info("seen", **facts)
    line = written.line()
    assert {key: line[key] for key in facts} == facts


def test_an_error_is_its_kinds_and_places_and_never_its_message(written: Written) -> None:
    written.configure("json")
    try:
        try:
            raise ValueError("DETAIL: Key (name)=(林小满) already exists")
        except ValueError as cause:
            raise RuntimeError("could not save 林小满") from cause
    except RuntimeError as error:
        structlog.get_logger().error("unexpected", exc_info=error)
    line = written.line()
    assert line["error"] == ["RuntimeError", "ValueError"]
    assert "test_logs.py" in line["at"][-1]
    assert "林小满" not in json.dumps(line, ensure_ascii=False)


def test_a_developer_reads_the_message_with_numbers_masked(written: Written) -> None:
    written.configure("console")
    try:
        raise RuntimeError("no place for 13800138000")
    except RuntimeError:
        structlog.get_logger().exception("unexpected")
    text = written.text()
    assert "no place for ***" in text and "13800138000" not in text
