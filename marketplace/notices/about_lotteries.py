"""Notices about lotteries: where in the order one was drawn, that nothing is drawn, or that the shift is another one by now. Who is offered a place hears that instead."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Row, select

from marketplace.db.session import Session
from marketplace.notices import links
from marketplace.notices.facts import Fact, Span
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.staffing.lottery_events import LotteryCalledOff, LotteryDrawn
from marketplace.staffing.lottery_models import Lottery, LotteryDraw, LotteryEntry
from marketplace.volunteering.events import ShiftMoved
from marketplace.volunteering.models import Need, Shift


async def drawn(session: Session, event: LotteryDrawn) -> None:
    """Everybody who was not drawn for a place at once hears where they stand in the line, and where to check it."""
    lottery, shift, need = await _about(session, event.lottery_id)
    record = (await session.get_one(LotteryDraw, event.lottery_id)).record
    places = {number: place for place, number in enumerate(record["order"], start=1)}
    for entry in await _entries(session, event.lottery_id):
        if entry.number in record["winners"] or entry.number not in places:
            continue
        facts = {**_facts(shift, need), "place_in_order": places[entry.number], "people": len(places)}
        news = News(
            kind=Kind.LOTTERY_DRAWN,
            told_for=f"{Kind.LOTTERY_DRAWN}:{lottery.id}",
            facts=facts,
            link=links.lottery(lottery.id),
            useless_from=shift.starts_at,
        )
        await tell(session, [entry.person_id], news)


async def called_off(session: Session, event: LotteryCalledOff) -> None:
    """Everybody who entered hears that nothing is drawn, and why."""
    lottery, shift, need = await _about(session, event.lottery_id)
    facts = dict(_facts(shift, need))
    if lottery.call_off_reason:
        facts["reason"] = lottery.call_off_reason
    news = News(
        kind=Kind.LOTTERY_CALLED_OFF,
        told_for=f"{Kind.LOTTERY_CALLED_OFF}:{lottery.id}",
        facts=facts,
        link=links.lottery(lottery.id),
        useless_from=shift.starts_at,
    )
    await tell(session, [entry.person_id for entry in await _entries(session, event.lottery_id)], news)


async def moved(session: Session, event: ShiftMoved) -> None:
    """Whoever entered an open lottery hears that its shift has another time or place, while they may still leave."""
    lottery_id = await session.scalar(
        select(Lottery.id)
        .outerjoin(LotteryDraw, LotteryDraw.lottery_id == Lottery.id)
        .where(
            Lottery.shift_id == event.shift_id,
            Lottery.called_off_at.is_(None),
            LotteryDraw.lottery_id.is_(None),
        )
    )
    if lottery_id is None:
        return
    lottery, shift, need = await _about(session, lottery_id)
    news = News(
        kind=Kind.LOTTERY_SHIFT_MOVED,
        told_for=f"{Kind.LOTTERY_SHIFT_MOVED}:{lottery.id}:{event.moved_at.isoformat()}",
        facts={
            **_facts(shift, need),
            "was": Span(event.was_starts_at, event.was_ends_at),
            "closes_at": lottery.closes_at,
        },
        link=links.lottery(lottery.id),
        useless_from=shift.starts_at,
    )
    await tell(session, [entry.person_id for entry in await _entries(session, lottery_id)], news)


async def _about(session: Session, lottery_id: UUID) -> Row[Lottery, Shift, Need]:
    return (
        await session.execute(
            select(Lottery, Shift, Need)
            .join(Shift, Shift.id == Lottery.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .where(Lottery.id == lottery_id)
        )
    ).one()


async def _entries(session: Session, lottery_id: UUID) -> Sequence[LotteryEntry]:
    entries = select(LotteryEntry).where(
        LotteryEntry.lottery_id == lottery_id, LotteryEntry.left_at.is_(None)
    )
    return (await session.scalars(entries.order_by(LotteryEntry.number))).all()


def _facts(shift: Shift, need: Need) -> Mapping[str, Fact]:
    return {"need": need.title, "place": need.place, "shift": Span(shift.starts_at, shift.ends_at)}
