"""`marketplace scorecards`, `ratings close` and `verify scorecards`: what an operator types, and what comes of it."""

import asyncio
import zipfile
from datetime import date
from pathlib import Path

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.scorecards.models import Scorecard
from marketplace.opendata import scorecard_files as files
from tests import delivering
from tests.cli.conftest import Terminal
from tests.delivery.scorecards import scene
from tests.opendata import scorecards


async def test_a_dump_is_written_and_verified(house: House, terminal_at: Terminal, tmp_path: Path) -> None:
    await scorecards.rated(house)
    folder = tmp_path / "dump"
    done = await asyncio.to_thread(terminal_at, "scorecards", "dump", str(folder))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("2026-10-01 – 2026-10-31: 1 scorecards and 15 ratings written to")
    verified = await asyncio.to_thread(terminal_at, "verify", "scorecards", str(folder))
    assert verified.exit_code == 0 and verified.stdout.startswith("100 %: period 2026-10-01 – 2026-10-31")
    again = await asyncio.to_thread(terminal_at, "scorecards", "dump", str(folder), "--period", "2026-10")
    assert again.exit_code == 1 and "is not empty" in again.stderr
    rows = scorecards.read(folder, "scorecards.csv")
    rows[0]["score"] = "50000"
    scorecards.write(folder, "scorecards.csv", rows)
    forged = await asyncio.to_thread(terminal_at, "verify", "scorecards", str(folder))
    assert forged.exit_code == 1
    assert "score was published as “50000” and comes out as" in forged.stderr
    assert "1 differences." in forged.stderr and not forged.stdout


async def test_a_month_that_is_none_or_has_nothing_is_refused(
    house: House, terminal_at: Terminal, tmp_path: Path
) -> None:
    await scorecards.rated(house)
    folder = tmp_path / "dump"
    for month in ("October", "2026-13", "2026-10-01", "", "2026-W1"):
        refused = await asyncio.to_thread(terminal_at, "scorecards", "dump", str(folder), "--period", month)
        assert refused.exit_code == 1 and "2026-10" in refused.stderr, month
    for command in (("dump", str(folder)), ("recompute",)):
        refused = await asyncio.to_thread(terminal_at, "scorecards", *command, "--period", "2019-01")
        assert refused.exit_code == 1 and "No closed rating period" in refused.stderr
        assert not folder.exists()


async def test_due_periods_are_closed_and_computed_at_once(house: House, terminal_at: Terminal) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await delivering.period(session, starts_on=date(2026, 10, 1))
        await scene.rated(session, under, [5] * 10)
    done = await asyncio.to_thread(terminal_at, "ratings", "close")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("2026-10-01 – 2026-10-31 is closed.")
    async with house.database.reading() as session:
        card = (await session.scalars(select(Scorecard))).one()
    assert card.ratings + card.held == 10
    assert "No rating period is due." in (await asyncio.to_thread(terminal_at, "ratings", "close")).stdout
    again = await asyncio.to_thread(terminal_at, "scorecards", "recompute")
    assert again.exit_code == 0 and "1 scorecards worked out anew" in again.stdout


async def test_a_zip_that_was_cut_or_scratched_is_found_out(
    house: House, terminal_at: Terminal, tmp_path: Path
) -> None:
    await scorecards.rated(house)
    await scorecards.dumped(house, tmp_path / "dump")
    whole = tmp_path / "whole.zip"
    files.pack(tmp_path / "dump", whole)
    content = whole.read_bytes()
    done = await asyncio.to_thread(terminal_at, "verify", "scorecards", str(whole))
    assert done.exit_code == 0, done.stderr
    scratched = tmp_path / "scratched.zip"
    places = range(40, len(content) - 1_000, len(content) // 7)
    for broken in (content[:-30], content[: len(content) // 2], *(_scratch(content, at) for at in places)):
        scratched.write_bytes(broken)
        told = await asyncio.to_thread(terminal_at, "verify", "scorecards", str(scratched))
        assert "Traceback" not in told.stderr
        if told.exit_code == 0:
            assert _contents(scratched) == _contents(whole), "what was scratched holds nothing"
        else:
            assert told.exit_code == 1 and told.stderr


def _contents(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _scratch(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def test_what_is_no_dump_is_refused_in_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "one.zip").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "empty").mkdir()
    for place in ("one.zip", "empty", "nowhere"):
        refused = terminal("verify", "scorecards", str(tmp_path / place))
        assert refused.exit_code == 1 and refused.stderr and "Traceback" not in refused.stderr
