"""What volunteering keeps about a person can be taken along and be forgotten."""

from typing import Any

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.drafts import ErasureDraft
from marketplace.identity.viewer import Viewer
from marketplace.volunteering.models import SignUp
from tests import builders, city
from tests.volunteering import scene


async def export(house: House, viewer: Viewer) -> dict[str, Any]:
    async with house.database.reading() as session:
        exported: dict[str, Any] = (await house.personal_data.export(session, viewer))["volunteering"]
        return exported


async def erase(house: House, viewer: Viewer) -> None:
    async with house.database.unit_of_work() as session:
        await house.personal_data.erase(session, viewer, ErasureDraft(confirmed=True))


async def test_the_export_tells_where_one_signed_up_and_what_one_raised(house: House) -> None:
    at = await scene.shift(house, title="陪老人就医")
    me = await scene.volunteer(house)
    await scene.join(house, me, at.shift_id, message="我会量血压。")
    await scene.join(house, await scene.volunteer(house, "别人"), at.shift_id, message="别人的话")
    async with house.database.unit_of_work() as session:
        await builders.need(session, "想学用手机挂号", raised_by=me.person_id)
    exported = await export(house, me)
    assert [(one["title"], one["message"]) for one in exported["sign_ups"]] == [
        ("陪老人就医", "我会量血压。")
    ]
    assert exported["sign_ups"][0]["confirmed_at"] == city.NOW.isoformat()
    assert [one["title"] for one in exported["needs_raised"]] == ["想学用手机挂号"]


async def test_who_is_erased_leaves_the_coming_shifts_and_no_words(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    me, next_in_line = await scene.volunteer(house), await scene.volunteer(house, "下一位")
    mine = await scene.join(house, me, at.shift_id, message="我住三楼，姓林。")
    waiting = await scene.join(house, next_in_line, at.shift_id)
    await erase(house, me)
    async with house.database.reading() as session:
        row = await session.get_one(SignUp, mine)
    assert (row.withdrawn_at, row.message) == (city.NOW, None)
    assert (await scene.state_of(house, next_in_line, waiting)).value == "offered"
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_that_somebody_was_there_stays_without_a_name(house: House) -> None:
    at = await scene.shift(house, starts_at=city.NOW.replace(day=20))
    me = await scene.volunteer(house)
    async with house.database.unit_of_work() as session:
        done = await builders.sign_up(session, at.shift_id, me.signed_in(), message="认得路")
    await erase(house, me)
    async with house.database.reading() as session:
        row = (await session.execute(select(SignUp).where(SignUp.id == done))).scalar_one()
    assert row.confirmed_at is not None and row.withdrawn_at is None and row.message is None
    shown = await scene.seen(house, at.organiser, done)
    assert shown.name == "—"
