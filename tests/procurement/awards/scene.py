"""A tender of Changning in which three suppliers bid, for the tests of objections, complaints and awards."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import SHANGHAI, FixedClock
from marketplace.kernel.ids import new_id
from marketplace.procurement.awards import complaints, objections
from marketplace.procurement.awards.drafts import (
    About,
    AnswerDraft,
    ComplaintDraft,
    DecisionDraft,
    ObjectionDraft,
    Remedy,
)
from tests import builders, buying
from tests.buying import PublishedTender

NAMES = ("暖阳助老服务社", "晨光社工站", "新泾助老中心")


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there. ``suppliers`` are the organisations and their managers, ``bid_lots`` their bids' offers for the first lot."""

    tender: PublishedTender
    officer: Viewer
    colleague: Viewer
    supervisor: Viewer
    suppliers: tuple[tuple[UUID, Viewer], ...]
    outsider: tuple[UUID, Viewer]


async def tender(house: House, *, opened: bool = False, lots: int = 1, **facts: Any) -> Scene:
    """A published tender; once ``opened``, all three suppliers have bid for its first lot."""
    async with house.database.unit_of_work() as session:
        found = await buying.tender(session, buying.file(session, lots=lots), **facts)
        suppliers = tuple([await buying.supplier(session, name) for name in NAMES])
        if opened:
            for number, (organisation_id, _) in enumerate(suppliers):
                await buying.opened_bid(session, found, organisation_id, 10_000_000 + number)
            row = await session.get_one(buying.Tender, found.id)
            row.opened_at = session.now()
        return Scene(
            found,
            await buying.officer(session),
            await buying.officer(session, "采购员小陆"),
            await buying.supervisor(session),
            suppliers,
            await buying.supplier(session, "路过的服务社"),
        )


def at(clock: FixedClock, day: date, hour: int = 10, minute: int = 0) -> datetime:
    """Move the clock to that hour in Shanghai."""
    moment = datetime.combine(day, time(hour, minute), SHANGHAI)
    clock.set(moment)
    return moment


async def object_to(
    house: House,
    scene: Scene,
    about: About = About.FILE,
    *,
    who: tuple[UUID, Viewer] | None = None,
    key: str | None = None,
    lot_id: UUID | None = None,
) -> UUID:
    organisation_id, viewer = who or scene.suppliers[0]
    draft = ObjectionDraft(
        organisation_id=organisation_id,
        about=about,
        lot_id=lot_id,
        text="评分标准偏向特定供应商。",
        wish="请修改评分标准。",
        idempotency_key=key or str(new_id()),
    )
    async with house.database.unit_of_work() as session:
        return await objections.raise_objection(session, viewer, scene.tender.id, draft)


async def answer(
    house: House, scene: Scene, objection_id: UUID, *, upheld: bool = False, text: str = "标准与需求相应。"
) -> None:
    draft = AnswerDraft(answer=text, is_upheld=upheld)
    async with house.database.unit_of_work() as session:
        await objections.answer(session, scene.officer, objection_id, draft)


async def complain(
    house: House, scene: Scene, objection_id: UUID, *, who: Viewer | None = None, key: str | None = None
) -> UUID:
    draft = ComplaintDraft(
        text="答复没有回应问题。", wish="请重新评审。", idempotency_key=key or str(new_id())
    )
    async with house.database.unit_of_work() as session:
        return await complaints.complain(session, who or scene.suppliers[0][1], objection_id, draft)


async def complaint(house: House, scene: Scene, about: About = About.FILE) -> UUID:
    """An objection of the first supplier, answered, and the complaint about it."""
    objection_id = await object_to(house, scene, about)
    await answer(house, scene, objection_id)
    return await complain(house, scene, objection_id)


async def decide(
    house: House, scene: Scene, complaint_id: UUID, remedy: Remedy = Remedy.NONE, *, upheld: bool = False
) -> None:
    draft = DecisionDraft(
        answer="经审查，决定如下。", is_upheld=upheld or remedy is not Remedy.NONE, remedy=remedy
    )
    async with house.database.unit_of_work() as session:
        await complaints.decide(session, scene.supervisor, complaint_id, draft)


async def stranger_and_outsider(house: House) -> tuple[Viewer, Viewer]:
    async with house.database.unit_of_work() as session:
        return Viewer(None), await builders.viewer(session, "路人")
