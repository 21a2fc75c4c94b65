"""Lotteries' share of a person's data: what they entered, collected for the export; on erasure they leave what is not drawn yet."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.staffing.lottery_models import Lottery, LotteryDraw, LotteryEntry
from marketplace.volunteering.models import Need, Shift


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """The lotteries that the person entered, with number and tickets, as plain JSON values."""
    rows = (
        select(
            Need.title,
            Shift.starts_at,
            LotteryEntry.number,
            LotteryEntry.tickets,
            LotteryEntry.entered_at,
            LotteryEntry.left_at,
            LotteryDraw.drawn_at,
        )
        .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
        .join(Shift, Shift.id == Lottery.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .outerjoin(LotteryDraw, LotteryDraw.lottery_id == Lottery.id)
        .where(LotteryEntry.person_id == person_id)
        .order_by(LotteryEntry.id)
    )
    return {"entries": await plain_rows(session, rows)}


async def erase(session: Session, person_id: UUID) -> None:
    """Leave the lotteries that are still open. Numbers in published draws stay, so that these can be checked; nobody's name is on them."""
    still_open = select(Lottery.id).where(Lottery.closes_at > session.now())
    await session.execute(
        update(LotteryEntry)
        .where(
            LotteryEntry.person_id == person_id,
            LotteryEntry.left_at.is_(None),
            LotteryEntry.lottery_id.in_(still_open),
        )
        .values(left_at=session.now())
    )
