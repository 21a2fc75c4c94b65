"""Opening two hundred bids after the last part of the key, against bare decryption and insertion of the very same bids.

Goal: at most 3 times. Bare means: read each sealed file, unseal it with the key already in hand, write its paper, and play the INSERTs of
the opening to the bare driver in one transaction. Ours starts the strongroom, makes the key from its parts, tries it on the canary, checks
hashes, tender, version, bidder, consortium and ceilings of each bid, and writes the public record beside the rows.
"""

import asyncio
import gc
import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import uvloop
from nacl.public import PrivateKey, SealedBox
from sqlalchemy import select, update

from benchmarks.ground import Ground, ground, kinds, report
from benchmarks.sign_ups import Recorder, Tape, replay_postgresql, replay_sqlite
from marketplace.bootstrap import House
from marketplace.kernel.ids import new_id
from marketplace.procurement.bids import codes, envelope, keys, openers, shares
from marketplace.procurement.bids.bid_file import BidFile, BidLot
from marketplace.procurement.bids.models import BidSubmission
from marketplace.procurement.bids.tags import bidder_tag
from marketplace.procurement.tenders.models import Tender
from tests import builders
from tests.procurement.bids import scene
from tests.procurement.bids.scene import Scene

BIDS = 200
PAPER = 90_000
ROUNDS = 5
TABLES = ("INSERT INTO bids ", "INSERT INTO bid_lots ", "INSERT INTO bid_documents ")


async def prepare(house: House) -> Scene:
    """A tender with two lots, two hundred bids with a paper each, the deadline passed and two parts given."""
    at = await scene.sealed_tender(house)
    async with house.database.unit_of_work() as session:
        key = bytes.fromhex((await keys.public(session, at.id)).public_key)
        for number in range(BIDS):
            organisation_id = await builders.organisation(session, f"社会组织{number}")
            sealed = _bid(at, organisation_id, key)
            session.add(
                BidSubmission(
                    id=new_id(),
                    tender_id=at.id,
                    bidder_tag=bidder_tag(house.vault, at.id, organisation_id),
                    number=1,
                    kind="submit",
                    idempotency_key="one",
                    tender_version=1,
                    sealed_key=await house.files.put(sealed),
                    sealed_size=len(sealed),
                    submitted_at=session.now(),
                    receipt="{}",
                )
            )
    async with house.database.unit_of_work() as session:
        ended = datetime.now(UTC) + timedelta(milliseconds=1)
        await session.execute(update(Tender).values(enquiries_end_at=None, submissions_end_at=ended))
    await asyncio.sleep(0.01)
    await scene.give(house, at, 1)
    await scene.give(house, at, 2)
    return at


def _bid(at: Scene, organisation_id: UUID, key: bytes) -> bytes:
    paper = os.urandom(PAPER)
    answers = {"plan": "每周三次上门助浴，每次两人同行。" * 20, "team": "持证护理员十二名。" * 20}
    bid = BidFile(
        tender=at.id,
        tender_hash=at.tender.file.hash,
        bidder=organisation_id,
        lots=tuple(BidLot(lot=lot_id, price=15_000_000, answers=answers) for lot_id in at.tender.lot_ids),
        conditions=("registered",),
        documents=(envelope.document_of("plan.pdf", "application/pdf", paper),),
    )
    return envelope.seal(envelope.pack(bid, [paper]), key)


async def private_key(house: House, at: Scene) -> PrivateKey:
    """The key, put together from the openers' papers: the bare way has it in hand."""
    async with house.database.reading() as session:
        rows = await openers.of_tender(session, at.id)
    given = [
        shares.unseal_share(row.sealed_share or b"", codes.private_key(code, at.id))
        for row, code in zip(rows[:3], at.codes[:3], strict=True)
    ]
    return PrivateKey(shares.combined(given))


def unseal_bare(folder: Path, names: list[str], key: PrivateKey, target: Path) -> float:
    """Seconds for reading, unsealing and keeping the papers of all bids."""
    box = SealedBox(key)
    target.mkdir()
    begun = time.perf_counter()
    for name in names:
        plain = box.decrypt((folder / name[:2] / name).read_bytes())
        end = 12 + int.from_bytes(plain[8:12])
        document = json.loads(plain[12:end])
        paper = plain[end : end + document["documents"][0]["size"]]
        (target / hashlib.sha256(paper).hexdigest()).write_bytes(paper)
    return time.perf_counter() - begun


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of one opening, and of its bare parts."""

    ours: float
    unsealed: float
    inserted: float

    @property
    def ratio(self) -> float:
        return self.ours / (self.unsealed + self.inserted)


async def opening(base: Ground) -> Measured:
    first = base.copy()
    async with base.house(first) as house:
        at = await prepare(house)
        key = await private_key(house, at)
        folder = house.settings.data_folder / "files"
        async with house.database.reading() as session:
            names = [str(name) for name in await session.scalars(select(BidSubmission.sealed_key))]
    second = base.twin(first)
    async with base.house(first) as house:
        recorder = Recorder(house)
        gc.collect()  # the garbage of preparing two hundred bids is nobody's cost here
        begun = time.perf_counter()
        assert await scene.give(house, at, 3)
        ours = time.perf_counter() - begun
    said = [one for tape in recorder.tapes for one in tape.said if one.statement.startswith(TABLES)]
    assert sum(len(one.parameters) for one in said if one.is_many) == 3 * BIDS
    gc.collect()
    unsealed = await asyncio.to_thread(unseal_bare, folder, names, key, folder.parent / "bare")
    tapes = [Tape(said)]
    replay = replay_sqlite(second, tapes) if base.kind == "sqlite" else replay_postgresql(second, tapes, 1)
    return Measured(ours, unsealed, 1 / await replay)


async def measure(base: Ground) -> None:
    rounds = sorted([await opening(base) for _ in range(ROUNDS)], key=lambda one: one.ratio)
    median = rounds[ROUNDS // 2]
    report(
        "opening 200 bids against bare decryption and insertion", base.kind, median.ratio, "≤ 3.00",
        f"{median.ours * 1000:.0f} ms against {median.unsealed * 1000:.0f} ms of unsealing and {median.inserted * 1000:.0f} ms of inserting; "
        f"the median of {ROUNDS}, from {rounds[0].ratio:.1f} to {rounds[-1].ratio:.1f}",
    )  # fmt: skip


def main() -> int:
    for kind in kinds():
        with ground(kind) as base:
            uvloop.run(measure(base))
    return 0


if __name__ == "__main__":
    sys.exit(main())
