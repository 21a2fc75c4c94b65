"""Before the opening nothing that the house keeps or tells depends on what is bid, by whom, or whether at all."""

import asyncio
import base64
import logging
import os
import re
import sqlite3
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect, text

from marketplace.bootstrap import House, open_house
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.money import yuan
from marketplace.procurement import accesses
from marketplace.procurement.accesses import BidsAreSealed
from marketplace.procurement.bids import queries, reading
from tests import buying
from tests.deliveries import drain
from tests.procurement.bids import scene

CANARY = 13_579_246
"""A price in fen that stands nowhere else."""


def needles(organisation_id: UUID) -> list[bytes]:
    """The canary price as it might be written: number, yuan, with separators, in hex, in base64; and the plan's words."""
    written = [str(CANARY), yuan(CANARY), "135,792.46", f"{CANARY:x}", "金丝雀方案"]
    raw = [one.encode() for one in written] + [CANARY.to_bytes(8), CANARY.to_bytes(4, "little")]
    return [*raw, base64.b64encode(str(CANARY).encode()).rstrip(b"=")]


async def everything_kept(house: House) -> dict[str, bytes]:
    """All that lies on the disk of the house, and every row of every table as text."""
    found = {str(path): path.read_bytes() for path in house.settings.data_folder.rglob("*") if path.is_file()}
    if house.database.is_sqlite:
        folder = Path(str(house.database.url.database)).parent
        name = Path(str(house.database.url.database)).name
        found |= {str(path): path.read_bytes() for path in folder.glob(f"{name}*") if path.is_file()}
    async with house.database.reading() as session:
        tables = await session.run_sync(lambda sync: inspect(sync.get_bind()).get_table_names())
        for table in tables:
            rows = (await session.execute(text(f'SELECT * FROM "{table}"'))).all()
            found[f"table {table}"] = "\n".join(repr(tuple(row)) for row in rows).encode()
    return found


async def test_a_canary_price_is_found_nowhere_before_the_opening(
    house: House, clock: FixedClock, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    answers = {"plan": "金丝雀方案：每周三次。", "team": "十二人"}
    await scene.bid(house, at, one, manager, yuan(CANARY), answers=answers)
    await scene.bid(house, at, one, manager, yuan(CANARY), answers=answers)
    await drain(house)
    kept = await everything_kept(house)
    assert any("bid_submissions" in name for name in kept) and len(kept) > 30
    if house.database.is_sqlite:
        kept["backup"] = await backup(house, tmp_path)
    kept["logs"] = caplog.text.encode()
    hits = [(name, needle) for name, content in kept.items() for needle in needles(one) if needle in content]
    # Four bytes may stand anywhere in ten megabytes of keys and noise; a number as people or programs write it may not.
    assert [hit for hit in hits if len(hit[1]) > 4] == []
    for name in ("table bid_submissions", "table bid_drafts", "table outbox_events", "table audit_entries"):
        assert one.hex.encode() not in kept[name].replace(b"-", b""), name
    for name in ("table bid_submissions", "table bid_drafts"):
        assert str(manager.person_id).encode() not in kept[name]
    assert b"bids" not in kept["table procurement_records"]
    await scene.open_all(house, clock, at)
    after = await everything_kept(house)
    assert str(CANARY).encode() in after["table bid_lots"], "the search finds it once it is there"


async def backup(house: House, tmp_path: Path) -> bytes:
    """A backup as SQLite makes it."""
    target = tmp_path / "backup.db"

    def copy() -> None:
        with sqlite3.connect(str(house.database.url.database)) as source, sqlite3.connect(target) as kept:
            source.backup(kept)

    await asyncio.to_thread(copy)
    return target.read_bytes()


_IDS = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f]{64}|[0-9a-f]{128}")


async def seen_by_a_rival(house: House, clock: FixedClock, *, with_rival: bool) -> list[str]:
    """All that another bidder, the buyer, the supervisor, an opener and a stranger are answered, without ids and keys that are drawn."""
    at = await scene.sealed_tender(house)
    (one, me), (two, rival) = await scene.supplier(house, "甲社"), await scene.supplier(house, "乙社")
    await scene.bid(house, at, one, me)
    if with_rival:
        await scene.bid(house, at, two, rival, "99,999.99")
        await scene.bid(house, at, two, rival, "88,888.88")
    async with house.database.unit_of_work() as session:
        officer, supervisor = await buying.officer(session), await buying.supervisor(session)
    told: list[str] = []
    for viewer in (me, officer, supervisor, at.openers[0], STRANGER):
        told += await answers(house, at.id, one, viewer)
    await drain(house)
    async with house.database.reading() as session:
        for table in ("outbox_events", "audit_entries", "notices", "procurement_records", "tenders"):
            rows = (await session.execute(text(f'SELECT * FROM "{table}"'))).all()
            told.append(f"{table}: {len(rows)}")
    return [_IDS.sub("id", one) for one in told]


async def answers(house: House, tender_id: UUID, organisation_id: UUID, viewer: Viewer) -> list[str]:
    told: list[Any] = []
    for ask in (
        lambda session: queries.opening(session, tender_id),
        lambda session: queries.desk(session, viewer, tender_id, organisation_id, house.vault),
        lambda session: queries.supplier_desk(session, viewer, house.vault),
        lambda session: queries.opener_desk(session, viewer),
        lambda session: reading.bids(session, viewer, tender_id),
    ):
        try:
            async with house.database.unit_of_work() as session:
                told.append(repr(await ask(session)))
        except Exception as refusal:
            told.append(f"{type(refusal).__name__} {refusal}")
    return [re.sub(r"0x[0-9a-f]+|T-[0-9a-f]+", "at", str(one)) for one in told]


async def test_houses_that_differ_in_a_rivals_bid_answer_everybody_the_same(
    house: House, clock: FixedClock
) -> None:
    start = clock.now()
    without = await seen_by_a_rival(house, clock, with_rival=False)
    clock.set(start)
    with_rival = await seen_by_a_rival(house, clock, with_rival=True)
    # The second tender stands in the same house: what counts rows counts both, so only differences of the answers matter.
    compare = [one for one in without if not one.split(":")[0].isidentifier()]
    assert compare == [one for one in with_rival if not one.split(":")[0].isidentifier()]


async def test_asking_for_sealed_bids_is_refused_and_on_record_for_whoever_asks(house: House) -> None:
    """Scenario 17."""
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    await scene.bid(house, at, one, manager)
    async with house.database.unit_of_work() as session:
        viewers = [await buying.officer(session), await buying.supervisor(session), at.openers[0], manager]
    for viewer in viewers:
        with pytest.raises(BidsAreSealed) as refused:
            async with house.database.unit_of_work() as session:
                await reading.bids(session, viewer, at.id)
        assert refused.value.article
        await accesses.refused(house.database, viewer, refused.value)
    async with house.database.reading() as session:
        noted = await accesses.of_process(session, at.id)
    assert sorted(str(row.person_id) for row in noted if not row.was_allowed) == sorted(
        str(viewer.person_id) for viewer in viewers
    )


async def test_a_submission_while_an_amendment_is_written_waits_for_it(house: House) -> None:
    from sqlalchemy import update

    from marketplace.procurement.bids import openers
    from marketplace.procurement.bids.errors import TenderWasAmended
    from marketplace.procurement.tenders.models import Tender

    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    content = await scene.sealed(house, at, one)
    other = open_house(house.settings, clock=house.clock)
    try:
        async with house.database.unit_of_work() as session:
            await openers.held(session, at.id)
            late = asyncio.create_task(scene.hand_in(other, at, one, manager, content))
            await asyncio.sleep(0.2)
            assert not late.done()
            await session.execute(update(Tender).where(Tender.id == at.id).values(version=2))
        with pytest.raises(TenderWasAmended):
            await late
    finally:
        await other.close()


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="reads what Linux tells of a process")
async def test_the_strongroom_leaves_no_core_and_lets_nobody_look_inside() -> None:
    program = (
        "import resource, sys; from marketplace.procurement.bids import strongroom; strongroom.keep_to_itself(); "
        "import ctypes; print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3))"
    )
    import sys

    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["(0,", "0)", "0"]
