"""Dumps that are kept: made when scorecards changed, and verified before they are shown."""

from datetime import timedelta

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.scorecards import computing
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.files import FileIsGone
from marketplace.opendata import scorecard_keeping
from marketplace.opendata.scorecard_keeping import DumpDoesNotComeOut, KeptDump
from tests import delivering
from tests.delivery.scorecards import scene
from tests.opendata import scorecards


async def keep_up(house: House) -> None:
    """The errand, as the house has registered it."""
    errand = house.registry.tasks["opendata.keep_scorecard_dumps"]
    await errand.run(house.database)  # type: ignore[arg-type]


async def _kept(house: House) -> list[KeptDump]:
    async with house.database.reading() as session:
        return list(await scorecard_keeping.newest(session))


async def test_a_dump_is_made_once_and_again_when_a_scorecard_changed(
    house: House, clock: FixedClock
) -> None:
    await keep_up(house)
    assert await _kept(house) == []
    at = await scorecards.rated(house)
    await keep_up(house)
    (first,) = await _kept(house)
    assert (first.month, first.scorecards, first.ratings) == ("2026-10", 1, 15)
    clock.advance(timedelta(minutes=10))
    await keep_up(house)
    assert await _kept(house) == [first]
    async with house.database.unit_of_work() as session:
        await scene.rated(session, at.large, [5])
        await computing.compute_cell(session, at.large.organisation_id, delivering.SERVICE)
    # A rating given into a closed period cannot be: what C was made of does not come out any more, so it is not shown.
    with pytest.raises(DumpDoesNotComeOut):
        await keep_up(house)
    assert await _kept(house) == [first]
    async with house.database.unit_of_work() as session:
        await computing.compute_period(session, await scene.closed(session))
    await keep_up(house)
    (second,) = await _kept(house)
    assert second.ratings == 16 and second.sha256 != first.sha256
    assert len(await house.files.get(second.sha256)) == second.size
    with pytest.raises(FileIsGone):
        await house.files.get(first.sha256)
