"""A person's hours in their own export, and what erasure leaves."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.hours.errors import CodeIsWrong
from marketplace.hours.models import CheckInTry
from marketplace.hours.states import Direction
from marketplace.identity.drafts import ErasureDraft
from tests.hours.scene import Scene


async def test_the_export_has_presences_and_entries(scene: Scene) -> None:
    await scene.come(latitude=31.2204, longitude=121.4246)
    await scene.leave()
    async with scene.house.database.reading() as session:
        hours = (await scene.house.personal_data.export(session, scene.volunteer))["hours"]
    assert [row["check_in_metres"] for row in hours["attendances"]] == [0]
    assert [(row["minutes"], row["served_on"]) for row in hours["ledger_entries"]] == [(120, "2026-11-24")]


async def test_erasure_keeps_the_minutes_and_forgets_the_rest(scene: Scene) -> None:
    scene.at(timedelta(0))
    wrong = f"{(int(scene.digits()) + 1) % 10**6:06d}"
    with pytest.raises(CodeIsWrong):
        await scene.present(code=wrong, shift_id=scene.shift_id)
    await scene.by_hand(Direction.IN)
    await scene.leave()
    async with scene.house.database.unit_of_work() as session:
        draft = ErasureDraft.model_validate({"confirmed": True})
        await scene.house.personal_data.erase(session, scene.volunteer, draft)
    assert [entry.minutes for entry in await scene.entries()] == [120]
    assert (await scene.attendance()).check_in_reason is None
    async with scene.house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(CheckInTry)) == 0
