"""Score sheets: alone, within the scale, with reasons, frozen once; nobody else opens one, and asking is on record."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, SignInNeeded
from marketplace.kernel.input import read
from marketplace.procurement import accesses, records
from marketplace.procurement.evaluation import eligibility, sheets
from marketplace.procurement.evaluation.drafts import SheetDraft
from marketplace.procurement.evaluation.errors import (
    CheckIsOpen,
    PointsAreOffTheScale,
    SheetIsFrozen,
    SheetIsIncomplete,
    SheetIsSecret,
)
from marketplace.procurement.evaluation.models import Score, ScoreSheet
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying
from tests.procurement.evaluation import scene as scenes


async def test_nobody_else_opens_a_sheet_and_who_may_know_of_it_is_on_record(house: House) -> None:
    """Scenario 23, and three visitors at the door."""
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        other = await scenes.scoring(session, house, officer=scene.officer, experts=8, representatives=0)
        seated = await scenes.members(session, scene)
        sheet_id = await sheets.save(session, seated[0][1], scene.lot, scenes.points(scene))
        strangers = [
            scene.bidders[0][1],
            await builders.viewer(session, "管理员", Role.ADMINISTRATOR),
            await builders.viewer(session, "路人"),
            next(
                viewer
                for member, viewer in await scenes.members(session, other)
                if member.person_id not in {one.person_id for one, _ in seated}
            ),
        ]
    for viewer in (seated[1][1], scene.officer, scene.supervisor):
        async with house.database.reading() as session:
            with pytest.raises(SheetIsSecret) as refused:
                await sheets.read(session, viewer, sheet_id)
        assert (refused.value.process_id, refused.value.what) == (scene.tender.id, "sheet")
    for viewer in strangers:
        async with house.database.reading() as session:
            with pytest.raises(NotFound):
                await sheets.read(session, viewer, sheet_id)
    async with house.database.reading() as session:
        with pytest.raises(SignInNeeded):
            await sheets.read(session, STRANGER, sheet_id)
    async with house.database.unit_of_work() as session:
        mine = await sheets.read(session, seated[0][1], sheet_id)
        assert mine.gaps == 0
        await session.flush()
        seen = await accesses.of_process(session, scene.tender.id)
    assert [(one.person_id, one.what, one.was_allowed) for one in seen] == [
        (seated[0][0].person_id, "sheet", True)
    ]


async def test_only_members_of_this_panel_score(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        for viewer in (scene.officer, scene.supervisor, scene.bidders[0][1], await builders.viewer(session)):
            with pytest.raises(NotFound):
                await sheets.save(session, viewer, scene.lot, scenes.points(scene))


async def test_a_sheet_is_saved_in_parts_and_handed_in_whole(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        _, viewer = (await scenes.members(session, scene))[0]
        whole = scenes.points(scene)
        part = SheetDraft(scores=whole.scores[:2])
        await sheets.save(session, viewer, scene.lot, part)
        assert (await sheets.my_sheet(session, viewer, scene.lot)).gaps == 4
        with pytest.raises(SheetIsIncomplete) as refused:
            await sheets.submit(session, viewer, scene.lot)
        assert refused.value.facts == {"missing": 4}
        wordless = [one.model_copy(update={"reason": ""}) for one in whole.scores]
        with pytest.raises(SheetIsIncomplete):
            await sheets.submit(session, viewer, scene.lot, SheetDraft(scores=tuple(wordless)))
        await sheets.submit(session, viewer, scene.lot, whole)
        for change in (sheets.save, sheets.submit):
            with pytest.raises(SheetIsFrozen):
                await change(session, viewer, scene.lot, part)


@pytest.mark.parametrize(("points", "problem"), [("101", "points"), ("-1", "points"), ("88.555", "points"), ("八十", "points"), ("NaN", "points"), ("1e9999999", "points")])  # fmt: skip
def test_points_that_are_none_are_refused(points: str, problem: str) -> None:
    score: dict[str, Any] = {"bid_lot_id": "0" * 32, "criterion_key": "plan", "points": points}
    with pytest.raises(InputIsInvalid) as refused:
        read(SheetDraft, {"scores": [score]})
    assert refused.value.problems[0].code == problem


@pytest.mark.parametrize(("points", "hundredths"), [("８８．５", 8850), (88, 8800), (" 0.05 ", 5), (99.99, 9999), ("", None)])  # fmt: skip
def test_points_are_read_as_people_write_them(points: object, hundredths: int | None) -> None:
    score = {"bid_lot_id": "0" * 32, "criterion_key": "plan", "points": points}
    assert read(SheetDraft, {"scores": [score]}).scores[0].points == hundredths


async def test_points_lie_within_the_scale_of_the_criterion(house: House) -> None:
    async with house.database.unit_of_work() as session:
        plain = buying.file(session).plain()
        plain["criteria"][1]["scale"] = [
            {"points": 60, "description": "完整"},
            {"points": 10, "description": "基本完整"},
        ]
        scene = await scenes.scoring(session, house, criteria=plain["criteria"])
        _, viewer = (await scenes.members(session, scene))[0]
        with pytest.raises(PointsAreOffTheScale) as refused:
            await sheets.save(session, viewer, scene.lot, scenes.points(scene))
    assert refused.value.facts == {"criterion": "服务方案", "lowest": 10, "highest": 60}


async def test_nothing_is_scored_before_the_check_is_closed(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        _, viewer = (await scenes.members(session, scene))[0]
        await scenes.declarations.declare(
            session, viewer, scene.tender.id, scenes.DeclarationDraft(confirmed=True)
        )
        with pytest.raises(CheckIsOpen):
            await sheets.save(session, viewer, scene.lot, scenes.points(scene))


async def test_two_presses_at_once_hand_one_sheet_in_and_no_score_comes_after_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        _, viewer = (await scenes.members(session, scene))[0]
        await sheets.save(session, viewer, scene.lot, scenes.points(scene))
    barrier = asyncio.Barrier(3)

    async def press(what: Any) -> str:
        await barrier.wait()
        try:
            async with house.database.unit_of_work() as session:
                await what(session, viewer, scene.lot, scenes.points(scene, (10, 10, 10)))
        except MarketplaceError as refused:
            return refused.code
        return "done"

    answers = await asyncio.gather(press(sheets.submit), press(sheets.submit), press(sheets.submit))
    assert sorted(answers) == ["done", "sheet_is_frozen", "sheet_is_frozen"]
    async with house.database.reading() as session:
        submitted = select(func.count()).select_from(ScoreSheet).where(ScoreSheet.submitted_at.is_not(None))
        assert await session.scalar(submitted) == 1
        assert set(await session.scalars(select(Score.points))) == {1000}
        record = await records.entries(session, scene.tender.id)
    assert sum(one.action == "sheet.submitted" for one in record) == 1


async def test_a_suspended_tender_rests(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        viewer: Viewer = (await scenes.members(session, scene))[0][1]
        (await session.get_one(Tender, scene.tender.id)).suspended_at = session.now()
        with pytest.raises(MarketplaceError) as refused:
            await sheets.save(session, viewer, scene.lot, scenes.points(scene))
        assert refused.value.code == "tender_is_suspended"
        with pytest.raises(MarketplaceError):
            await eligibility.close(session, scene.officer, scene.tender.id)
