"""More lists of the made-up city: one of three years that was revised once, with its comments answered, and a draft that nobody has seen."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.cli.city.accounts import JIANGSU_ROAD
from marketplace.cli.city.buying_story import Story
from marketplace.cli.city.buying_words import purchases
from marketplace.db.session import Session
from marketplace.kernel.clock import local_day
from marketplace.procurement import buyers
from marketplace.procurement.drafts import BuyerDraft
from marketplace.procurement.lists import comments, editions, follows, items, lists
from marketplace.procurement.lists.drafts import (
    AnswerDraft,
    CommentDraft,
    ConsultationDraft,
    EditionDraft,
    FinaliseDraft,
    ItemDraft,
    ListDraft,
    Renewal,
)
from marketplace.procurement.lists.models import ListEdition

HUAYANG_ROAD: Final = "310105001000"

_FIRST: Final = {"meals": -30, "digital": 45, "daycare": 120, "visits": 200}
"""What the first edition announced, and for which day from today."""

_SAID: Final = (
    ("meals", "送餐能不能也管周末？", "已采纳，数量相应增加。"),
    ("visits", "巡访员最好固定，老人认得。", "已采纳，写入服务标准。"),
    (None, "清单里没有为残疾人做的事。", "下一版研究增加。"),
)


async def put_revised_list(story: Story, now: datetime) -> UUID:
    """Huayang Road's list of three years: consulted and final half a year ago, revised and final again a month ago; gives its id.

    Sets the story's clock from 190 to 30 days before ``now``.
    """
    await story.at(now - timedelta(days=190))
    today = local_day(now)
    year = today.year
    async with story.acting() as session:
        officer = story.cast.officer
        contact = BuyerDraft(area_code=HUAYANG_ROAD, name="华阳路街道办事处", contact_phone="021-52400000")
        buyer_id = await buyers.register(session, officer, contact)
        draft = ListDraft(
            buyer_id=buyer_id,
            title=f"华阳路街道公共服务三年清单（{year}—{year + 2}）",
            starts_on=date(year, 1, 1),
            ends_on=date(year + 2, 12, 31),
        )
        list_id = await lists.start(session, officer, draft)
        edition_id = await session.scalar(select(ListEdition.id).where(ListEdition.list_id == list_id))
        assert edition_id is not None
        found = {
            key: await items.add(session, officer, edition_id, _item(key, today, days))
            for key, days in _FIRST.items()
        }
        await _open(session, story, edition_id)
    await _discuss(story, edition_id, found)
    await story.at(now - timedelta(days=170))
    await _finalise(
        story, edition_id, "收到意见三条，采纳两条：送餐含周末，巡访人员固定；助残服务下一版研究。"
    )
    await story.at(now - timedelta(days=50))
    await _revise(story, list_id, found, today)
    await story.at(now - timedelta(days=30))
    return list_id


async def put_draft_list(story: Story, now: datetime) -> UUID:
    """A list of Jiangsu Road that is only drafted, begun two days before ``now``; gives its id."""
    await story.at(now - timedelta(days=2))
    today = local_day(now)
    async with story.acting() as session:
        draft = ListDraft(
            buyer_id=story.cast.subdistrict,
            title=f"江苏路街道 {today.year + 1} 年增补清单",
            starts_on=date(today.year + 1, 1, 1),
            ends_on=date(today.year + 1, 12, 31),
        )
        list_id = await lists.start(session, story.cast.officer, draft)
        edition_id = await session.scalar(select(ListEdition.id).where(ListEdition.list_id == list_id))
        assert edition_id is not None
        said = _item("stairs", today, 150).model_copy(update={"area_code": JIANGSU_ROAD})
        await items.add(session, story.cast.officer, edition_id, said)
    return list_id


async def _discuss(story: Story, edition_id: UUID, found: dict[str, UUID]) -> None:
    said: list[UUID] = []
    await story.at(story.clock.now() + timedelta(days=2))
    async with story.acting() as session:
        for number, (key, text, _answer) in enumerate(_SAID):
            draft = CommentDraft(
                idempotency_key=f"revised{number}", text=text, item_id=found[key] if key else None
            )
            said.append(await comments.comment(session, story.cast.users[number], edition_id, draft))
    await story.at(story.clock.now() + timedelta(days=4))
    async with story.acting() as session:
        for comment_id, (_key, _text, answer) in zip(said, _SAID, strict=True):
            await comments.answer(session, story.cast.officer, comment_id, AnswerDraft(answer=answer))
        bidder = story.cast.bidders[0]
        for key in ("meals", "digital", "daycare"):
            await follows.follow(session, bidder.manager, found[key], bidder.organisation_id)


async def _revise(story: Story, list_id: UUID, found: dict[str, UUID], today: date) -> None:
    """Meals later and dearer, digital help with more hours, daycare dropped, stairs new."""
    async with story.acting() as session:
        officer = story.cast.officer
        reason = EditionDraft(reason="年度经费调整，并回应居民关于助残服务的意见。")
        edition_id = await lists.begin_edition(session, officer, list_id, reason)
        meals, digital = _item("meals", today, 20), _item("digital", today, _FIRST["digital"])
        dearer = {"budget_fen": meals.budget_fen * 6 // 5, "quantity": meals.quantity * 6 // 5}
        await items.change(session, officer, edition_id, found["meals"], meals.model_copy(update=dearer))
        longer = {"quantity": digital.quantity + 40, "renewal": Renewal.YEARLY}
        await items.change(session, officer, edition_id, found["digital"], digital.model_copy(update=longer))
        await items.remove(session, officer, edition_id, found["daycare"])
        await items.add(session, officer, edition_id, _item("stairs", today, 90))
        await _open(session, story, edition_id)
    await story.at(story.clock.now() + timedelta(days=17))
    await _finalise(story, edition_id, "征求意见期间未收到意见；上一版的意见已在本版回应。")


async def _open(session: Session, story: Story, edition_id: UUID) -> None:
    """Before the public for ten days, or to the next working day after them."""
    ends_on = story.days.later(local_day(story.clock.now()), 10, "calendar")
    draft = ConsultationDraft(ends_on=ends_on)
    await editions.open_consultation(session, story.cast.officer, edition_id, draft)


async def _finalise(story: Story, edition_id: UUID, answer: str) -> None:
    async with story.acting() as session:
        await editions.finalise(session, story.cast.officer, edition_id, FinaliseDraft(answer=answer))


def _item(key: str, today: date, days: int) -> ItemDraft:
    """The purchase as an item of Huayang Road, planned so many days from ``today``."""
    return purchases()[key].item(HUAYANG_ROAD, today + timedelta(days=days))
