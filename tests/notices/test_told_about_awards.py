"""Who hears of results, objections, complaints and rests, and that a loser hears of itself alone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.notices import about_objections
from marketplace.notices.models import Notice
from marketplace.procurement.awards import corrections, suspensions
from marketplace.procurement.awards.drafts import About, CorrectionDraft, SuspensionDraft
from tests.deliveries import drain
from tests.procurement.awards import scene as scenes


@pytest.fixture
def backend() -> str:
    return "sqlite"


async def _told(house: House, viewer: Viewer) -> dict[str, dict[str, Any]]:
    await drain(house)
    async with house.database.reading() as session:
        rows = await session.scalars(select(Notice).where(Notice.person_id == viewer.signed_in()))
        return {row.kind: dict(row.facts) for row in rows}


async def test_each_bidder_hears_its_own_score_and_place_and_nobody_elses(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    first, second, third = [await _told(house, scenes.winner(it, rank)[1]) for rank in (1, 2, 3)]
    assert first.keys() == {"award_won"}
    assert {rank: told["bid_ranked"]["total"] for rank, told in ((2, second), (3, third))} == {
        2: "88.40",
        3: "84.00",
    }
    assert (third["bid_ranked"]["place"], third["bid_ranked"]["of"]) == (3, 3)
    assert scenes.NAMES[0] not in str(third) and "88.40" not in str(third) and "90.40" not in str(third)
    assert not await _told(house, it.scene.outsider[1])
    await scenes.decline(house, it, award_id)
    assert (await _told(house, it.scene.officer))["award_ended"]["why"] == {"word": "award_ending.declined"}


async def test_a_correction_asks_another_officer(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    draft = CorrectionDraft(reason="算错了", successor_id=it.ranked[1])
    async with house.database.unit_of_work() as session:
        await corrections.propose(session, it.scene.officer, award_id, draft)
    assert "correction_proposed" in await _told(house, it.scene.colleague)
    assert "correction_proposed" not in await _told(house, it.scene.officer)


async def test_objections_and_complaints_reach_who_answers_and_come_back(
    house: House, clock: FixedClock
) -> None:
    scene = await scenes.tender(house, opened=True)
    objection_id = await scenes.object_to(house, scene, About.PROCESS)
    told = await _told(house, scene.officer)
    assert told["objection_raised"]["about"] == {"word": "objection_about.process"}
    assert "objection_raised" not in await _told(house, scene.supervisor)
    clock.advance(timedelta(days=8))
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await about_objections.remind(session)
    assert await _count(house, scene.officer, "objection_due") == 1
    await scenes.answer(house, scene, objection_id)
    manager = scene.suppliers[0][1]
    assert (await _told(house, manager))["objection_answered"]["outcome"] == {
        "word": "state.objection.rejected"
    }
    complaint_id = await scenes.complain(house, scene, objection_id)
    assert "complaint_raised" in await _told(house, scene.supervisor)
    async with house.database.unit_of_work() as session:
        draft = SuspensionDraft(reason="先停", days=5)
        await suspensions.suspend(session, scene.supervisor, complaint_id, draft)
    for viewer in (manager, scene.suppliers[2][1], scene.officer):
        assert "tender_suspended" in await _told(house, viewer)
    assert "tender_suspended" not in await _told(house, scene.outsider[1])
    await scenes.decide(house, scene, complaint_id)
    told = await _told(house, manager)
    assert {"complaint_decided", "tender_resumed"} <= told.keys()


async def _count(house: House, viewer: Viewer, kind: str) -> int:
    async with house.database.reading() as session:
        rows = await session.scalars(
            select(Notice.id).where(Notice.person_id == viewer.signed_in(), Notice.kind == kind)
        )
        return len(rows.all())
