"""A closed month with ratings, facts and small cells, and its dump, for tests."""

import asyncio
import csv
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from marketplace.bootstrap import House
from marketplace.kernel.ids import new_id
from marketplace.opendata import scorecard_dump
from marketplace.opendata import scorecard_files as files
from marketplace.opendata.scorecard_check import Check, Checked
from marketplace.opendata.scorecard_values import Difference
from tests import delivering
from tests.delivering import Supplied
from tests.delivery.scorecards import scene


@dataclass(frozen=True, slots=True)
class Rated:
    """Three providers of one kind of service: one is published, the other two are small."""

    large: Supplied
    small: Supplied
    other: Supplied


async def rated(house: House) -> Rated:
    """October: fourteen rate the large one, one of them twice; four and three the small ones; and three a community's own service."""
    async with house.database.unit_of_work() as session:
        large = await delivering.contract(session)
        small = await delivering.contract(session, "=邻里互助社")
        other = await delivering.contract(session, "晚晴服务站")
        person = new_id()
        await scene.rated(session, large, [5, 5, 4, 4, 5, 3, 5, 5, 4, 5, 5, 2, 5])
        await scene.rated(session, large, [5], rater=person, given_on=scene.LAST_DAY - timedelta(days=300))
        await scene.rated(session, large, [2], rater=person, handling=None, should_continue=None)
        held, *_ = await scene.rated(session, large, [1])
        await scene.hold(session, held)
        await scene.rated(session, small, [1, 2, 3, 4])
        await scene.rated(session, other, [2, 3, 3])
        await scene.unused(session, small, 2)
        promised = await delivering.delivery(session, large, is_accepted=True, decided_at=session.now())
        await delivering.promise(session, promised, target=60, actual=60)
        await delivering.delivery(session, small, done=False, cancelled_at=session.now())
    await scene.computed(house)
    return Rated(large, small, other)


async def dumped(house: House, folder: Path) -> scorecard_dump.Dumped:
    """The dump of the newest period in a new folder."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    return await scorecard_dump.make(house.database, folder)


def checked(place: Path) -> tuple[list[Difference], Checked]:
    """What a verifier says of a dump."""
    with files.source(place) as found:
        check = Check(found)
        return list(check.differences()), check.checked


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def write(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    """Puts other rows into a table, and seals the dump anew, as a forger would."""
    with (folder / name).open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.DictWriter(opened, files.COLUMNS[name])
        writer.writeheader()
        writer.writerows(rows)
    files.seal(folder)
