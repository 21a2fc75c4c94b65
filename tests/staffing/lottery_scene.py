"""A concert that many want to help at, and a lottery for its two places."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.identity import viewers
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.staffing import lotteries, lottery_draws, lottery_entries, lottery_queries
from marketplace.staffing.lottery_drafts import CallOffDraft, EntryDraft, LotteryDraft
from marketplace.staffing.lottery_queries import LotteryRow
from tests import builders, city


@dataclass(frozen=True, slots=True)
class Concert:
    """A need with a shift in three days, and who organises it."""

    organiser: Viewer
    need_id: UUID
    shift_id: UUID


async def concert(house: House, *, capacity: int = 2, **facts: Any) -> Concert:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, "新年音乐会引导", **facts)
        shift_id = await builders.shift(session, need_id, starts_in=timedelta(days=3), capacity=capacity)
        worker = await builders.viewer(session, "王社工", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    return Concert(worker, need_id, shift_id)


async def volunteer(house: House, name: str = "林小满", **facts: Any) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, **facts)


async def experienced(house: House, name: str = "老志愿者") -> Viewer:
    """Somebody who had a place in a shift that is over."""
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session, name)
        need_id = await builders.need(session)
        shift_id = await builders.shift(session, need_id, starts_in=timedelta(days=-9))
        await builders.sign_up(session, shift_id, person_id)
        return await viewers.of_person(session, person_id)


async def open_for(
    house: House,
    at: Concert,
    *,
    by: Viewer | None = None,
    closes_in: timedelta = timedelta(days=1),
    key: UUID | None = None,
    bonus: int = 3,
) -> UUID:
    async with house.database.unit_of_work() as session:
        draft = LotteryDraft(closes_at=session.now() + closes_in, first_timer_tickets=bonus)
        return await lotteries.open_lottery(session, by or at.organiser, at.shift_id, draft, house.vault, key)


async def enter(
    house: House, viewer: Viewer, lottery_id: UUID, *, key: str | None = None, agreed: bool = False
) -> UUID:
    async with house.database.unit_of_work() as session:
        draft = EntryDraft(idempotency_key=key or str(new_id()), agreed=agreed)
        return await lottery_entries.enter(session, viewer, lottery_id, draft)


async def leave(house: House, viewer: Viewer, lottery_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await lottery_entries.leave(session, viewer, lottery_id)


async def call_off(house: House, viewer: Viewer, lottery_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await lotteries.call_off(session, viewer, lottery_id, CallOffDraft(reason="改为社区推荐"))


async def close_and_draw(house: House, clock: FixedClock, after: timedelta = timedelta(days=1)) -> None:
    clock.advance(after)
    await lottery_draws.draw_due(house.database, house.vault)


async def seen(house: House, viewer: Viewer, lottery_id: UUID) -> LotteryRow:
    async with house.database.reading() as session:
        return await lottery_queries.lottery(session, viewer, lottery_id)
