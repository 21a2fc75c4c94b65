"""The lists of the made-up city: two in force, from which everything was tendered, and one before the public."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.cli.city.accounts import CHANGNING, JIANGSU_ROAD
from marketplace.cli.city.buying_story import Story
from marketplace.cli.city.buying_words import purchases
from marketplace.db.session import Session
from marketplace.kernel.clock import local_day
from marketplace.procurement.lists import comments, editions, follows, items, lists
from marketplace.procurement.lists.drafts import (
    AnswerDraft,
    CommentDraft,
    ConsultationDraft,
    FinaliseDraft,
    ListDraft,
)
from marketplace.procurement.lists.models import ListEdition

DISTRICT: Final = frozenset({"homes", "hearts"})
"""What the district buys itself; the rest is the subdistrict's."""

_TO_COME = ("digital", "visits", "meals")


async def put_lists(story: Story, now: datetime, planned: Mapping[str, int]) -> Mapping[str, UUID]:
    """Both lists drafted, consulted and final; answers the items by what they buy. ``planned`` are days from ``now``."""
    today = local_day(now)
    begun = local_day(story.clock.now())
    found: dict[str, UUID] = {}
    drafted: list[UUID] = []
    async with story.acting() as session:
        for buyer_id, area, name in (
            (story.cast.district, CHANGNING, "长宁区民政局"),
            (story.cast.subdistrict, JIANGSU_ROAD, "江苏路街道"),
        ):
            keys = [key for key in planned if (key in DISTRICT) == (area == CHANGNING)]
            edition_id = await _begun(session, story, buyer_id, name, begun)
            for key in keys:
                planned_on = today + timedelta(days=planned[key])
                draft = purchases()[key].item(area, planned_on)
                found[key] = await items.add(session, story.cast.officer, edition_id, draft)
            await _opened(session, story, edition_id, begun)
            drafted.append(edition_id)
    await story.at(story.clock.now() + timedelta(days=3))
    async with story.acting() as session:
        comment_id = await comments.comment(
            session,
            story.cast.users[0],
            drafted[1],
            CommentDraft(
                idempotency_key="demo", text="希望助浴服务把冬天的次数排得密一些。", item_id=found["bathing"]
            ),
        )
    await story.at(story.clock.now() + timedelta(days=9))
    async with story.acting() as session:
        answer = AnswerDraft(answer="已采纳，冬季每月不少于两次。")
        await comments.answer(session, story.cast.officer, comment_id, answer)
        told = FinaliseDraft(answer="收到意见一条，已采纳并写入服务标准。")
        for edition_id in drafted:
            await editions.finalise(session, story.cast.officer, edition_id, told)
        bidder = story.cast.bidders[0]
        for key in ("meals", "bathing"):
            await follows.follow(session, bidder.manager, found[key], bidder.organisation_id)
    return found


async def consult(story: Story, now: datetime) -> None:
    """Next year's list of the subdistrict, before the public for another ten days, with what was said so far."""
    await story.at(now - timedelta(days=4))
    today = local_day(now)
    async with story.acting() as session:
        edition_id = await _begun(session, story, story.cast.subdistrict, "江苏路街道下一年度", today)
        for key in _TO_COME:
            draft = purchases()[key].item(JIANGSU_ROAD, today + timedelta(days=60))
            item_id = await items.add(session, story.cast.officer, edition_id, draft)
        await _opened(session, story, edition_id, today, days=10)
    await story.at(now - timedelta(days=1))
    async with story.acting() as session:
        for number, text in enumerate(("午餐能不能也照顾到周末？", "巡访员最好固定，老人认得。")):
            said = CommentDraft(
                idempotency_key=f"demo{number}", text=text, item_id=item_id if number == 0 else None
            )
            await comments.comment(session, story.cast.users[number], edition_id, said)


async def _begun(session: Session, story: Story, buyer_id: UUID, name: str, day: date) -> UUID:
    draft = ListDraft(
        buyer_id=buyer_id,
        title=f"{name}购买服务清单",
        starts_on=day,
        ends_on=day + timedelta(days=900),
    )
    list_id = await lists.start(session, story.cast.officer, draft)
    edition_id = await session.scalar(select(ListEdition.id).where(ListEdition.list_id == list_id))
    assert edition_id is not None
    return edition_id


async def _opened(session: Session, story: Story, edition_id: UUID, day: date, days: int = 9) -> None:
    draft = ConsultationDraft(ends_on=story.days.later(day, days, "calendar"))
    await editions.open_consultation(session, story.cast.officer, edition_id, draft)
