"""A subdistrict with an officer and a service list, and what tests do with its editions."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock, local_day
from marketplace.kernel.ids import new_id
from marketplace.procurement.lists import comments, editions, items, lists, queries
from marketplace.procurement.lists.drafts import (
    CommentDraft,
    ConsultationDraft,
    EditionDraft,
    FinaliseDraft,
    ItemDraft,
    ListDraft,
)
from marketplace.procurement.lists.queries import EditionRow, ListRow
from tests import builders, buying, city

ANSWER = "意见已逐条研究：助浴次数由两千次增加到三千次；夜间服务因经费原因暂未采纳。"


@dataclass(frozen=True, slots=True)
class Scene:
    """A buyer, who buys for it, and its list with one empty edition."""

    buyer_id: UUID
    officer: Viewer
    list_id: UUID
    edition_id: UUID


async def begun(house: House) -> Scene:
    """Jiangsu Road's list for the years 2027 to 2029, begun a moment ago."""
    async with house.database.unit_of_work() as session:
        buyer_id = await buying.buyer(session)
        officer = await buying.officer(session)
    list_id = await start(house, officer, buyer_id)
    row = await seen(house, officer, list_id)
    return Scene(buyer_id, officer, list_id, row.editions[0].id)


async def start(house: House, officer: Viewer, buyer_id: UUID, key: UUID | None = None) -> UUID:
    draft = ListDraft(
        buyer_id=buyer_id,
        title="江苏路街道公共服务三年清单",
        starts_on=date(2027, 1, 1),
        ends_on=date(2029, 12, 31),
    )
    async with house.database.unit_of_work() as session:
        return await lists.start(session, officer, draft, key)


def item(**changes: Any) -> ItemDraft:
    """Bathing help for Jiangsu Road, planned for February."""
    defaults: dict[str, Any] = {
        "title": "社区助浴服务",
        "description": "由持证护理员上门协助洗浴。",
        "category_code": "bathing_help",
        "audience_code": None,
        "area_code": city.JIANGSU_ROAD,
        "people_served": 320,
        "budget_fen": 20_000_000,
        "quantity": 3000,
        "unit": "人次",
        "planned_tender_on": date(2027, 2, 1),
        "starts_on": date(2027, 4, 1),
        "ends_on": date(2028, 3, 31),
        "renewal": "yearly",
        "standards": "护理员持证上岗；每次服务两人同行。",
    }
    return ItemDraft(**{**defaults, **changes})


async def add(house: House, at: Scene, *, edition_id: UUID | None = None, **changes: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        return await items.add(session, at.officer, edition_id or at.edition_id, item(**changes))


async def change(house: House, at: Scene, item_id: UUID, edition_id: UUID, **changes: Any) -> None:
    async with house.database.unit_of_work() as session:
        await items.change(session, at.officer, edition_id, item_id, item(**changes))


async def remove(house: House, at: Scene, item_id: UUID, edition_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await items.remove(session, at.officer, edition_id, item_id)


async def consult(house: House, at: Scene, edition_id: UUID | None = None, days: int = 15) -> None:
    async with house.database.unit_of_work() as session:
        draft = ConsultationDraft(ends_on=local_day(session.now()) + timedelta(days=days))
        await editions.open_consultation(session, at.officer, edition_id or at.edition_id, draft)


async def finalise(house: House, officer: Viewer, edition_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await editions.finalise(session, officer, edition_id, FinaliseDraft(answer=ANSWER))


async def make_final(house: House, clock: FixedClock, at: Scene, edition_id: UUID | None = None) -> None:
    """Consult on the edition, wait until that is over, and bring it into force."""
    await consult(house, at, edition_id)
    clock.advance(timedelta(days=17))
    await finalise(house, at.officer, edition_id or at.edition_id)


async def next_edition(house: House, at: Scene, reason: str = "按征求意见结果调整") -> UUID:
    async with house.database.unit_of_work() as session:
        return await lists.begin_edition(session, at.officer, at.list_id, EditionDraft(reason=reason))


async def say(
    house: House,
    viewer: Viewer,
    edition_id: UUID,
    text: str = "次数太少",
    key: str | None = None,
    **more: Any,
) -> UUID:
    draft = CommentDraft(idempotency_key=key or str(new_id()), text=text, **more)
    async with house.database.unit_of_work() as session:
        return await comments.comment(session, viewer, edition_id, draft)


async def seen(house: House, viewer: Viewer, list_id: UUID) -> ListRow:
    async with house.database.reading() as session:
        return await queries.one(session, viewer, list_id)


async def edition(house: House, viewer: Viewer, edition_id: UUID) -> EditionRow:
    async with house.database.reading() as session:
        return (await queries.edition(session, viewer, edition_id))[1]


async def resident(house: House, name: str = "林小满", **facts: Any) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, **facts)


async def officer_elsewhere(house: House) -> Viewer:
    """Somebody who buys for another district."""
    async with house.database.unit_of_work() as session:
        return await buying.officer(session, "采购员小徐", city.XUHUI)


async def moderator(house: House) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, "版主老梁", Role.MODERATOR, city.CHANGNING)
