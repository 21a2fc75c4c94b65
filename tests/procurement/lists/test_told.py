"""Who is told of service lists: managers of organisations that follow an item, and whoever commented; each once."""

from datetime import date, timedelta
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.locale import EN
from marketplace.notices.queries import NoticeRow
from marketplace.notices.wording import Worded, worded
from marketplace.outbox.publish import publish
from marketplace.procurement.lists import comments, follows
from marketplace.procurement.lists.drafts import AnswerDraft
from marketplace.procurement.tenders.events import TenderPublished
from tests import builders, buying
from tests.notices import scene as notices
from tests.procurement.lists import scene


async def follow(house: House, viewer: Viewer, organisation_id: UUID, *item_ids: UUID) -> None:
    async with house.database.unit_of_work() as session:
        for item_id in item_ids:
            await follows.follow(session, viewer, item_id, organisation_id)


def _words(notice: NoticeRow) -> Worded:
    return worded(EN, notice.kind, notice.facts)


async def test_followers_hear_of_each_item_what_became_of_it(house: House, clock: FixedClock) -> None:
    at = await scene.begun(house)
    bathing, meals, doctor = [await scene.add(house, at, title=title) for title in ("助浴", "助餐", "陪诊")]
    async with house.database.unit_of_work() as session:
        organisation_id, manager = await buying.supplier(session)
        colleague = await builders.viewer(
            session, "同事", Role.ORGANISATION_MANAGER, organisation_id, locale="en"
        )
        member = await builders.viewer(session, "员工", Role.ORGANISATION_MEMBER, organisation_id)
        _, rival = await buying.supplier(session, "邻里养老中心")
    await scene.consult(house, at)
    await follow(house, manager, organisation_id, bathing, meals)
    clock.advance(timedelta(days=17))
    await scene.finalise(house, at.officer, at.edition_id)
    assert await notices.kinds(house, manager) == ["list_item_final"] * 2
    await follow(house, manager, organisation_id, doctor)
    second = await scene.next_edition(house, at)
    await scene.change(
        house, at, bathing, second, title="助浴", budget_fen=1, planned_tender_on=date(2027, 3, 1)
    )
    await scene.remove(house, at, meals, second)
    await scene.make_final(house, clock, at, second)
    expected = [
        "list_item_changed",
        "list_item_final",
        "list_item_final",
        "list_item_final",
        "list_item_removed",
    ]
    assert await notices.kinds(house, manager) == expected
    told = {notice.kind: notice for notice in await notices.inbox(house, colleague)}
    changed = told["list_item_changed"]
    assert changed.link == f"/buying/items/{bathing}"
    assert "Estimated budget, Tender planned for" in _words(changed).lines[0]
    assert "1 Mar 2027" in _words(changed).lines[0]
    for viewer in (member, rival, at.officer):
        assert await notices.kinds(house, viewer) == []


async def test_followers_hear_that_a_tender_comes_from_an_item(house: House, clock: FixedClock) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    await scene.consult(house, at)
    async with house.database.unit_of_work() as session:
        organisation_id, manager = await buying.supplier(session)
        ended, former = await buying.supplier(session, "邻里养老中心")
    await follow(house, manager, organisation_id, item_id)
    await follow(house, former, ended, item_id)
    async with house.database.unit_of_work() as session:
        await follows.unfollow(session, former, item_id, ended)
        for item in (item_id, None):
            tender = await buying.tender(session, list_item_id=item)
            await publish(session, TenderPublished(tender.id), TenderPublished(tender.id))
    assert await notices.kinds(house, manager) == ["list_item_tendered"]
    assert await notices.kinds(house, former) == []


async def test_who_commented_hears_once_that_it_was_answered(house: House) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    await scene.consult(house, at)
    me = await scene.resident(house, locale="en")
    said = await scene.say(house, me, at.edition_id)
    for answer in ("已采纳", "已采纳，增加场次"):
        async with house.database.unit_of_work() as session:
            await comments.answer(session, at.officer, said, AnswerDraft(answer=answer))
    (notice,) = await notices.inbox(house, me)
    assert _words(notice).title == "Your comment is answered" and "已采纳" not in _words(notice).lines[0]
    assert notice.link == f"/buying/lists/{at.list_id}/editions/1"
