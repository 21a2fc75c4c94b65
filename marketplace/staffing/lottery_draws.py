"""The draw: at the close, once, whoever comes first; the order becomes waiting numbers and offers, and the record is public.

All who entered are locked first, in order of id, then the shift: as everybody locks, so nobody waits in a circle.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Database, Session
from marketplace.identity import people
from marketplace.kernel.errors import NotFound
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish
from marketplace.staffing.lotteries import PURPOSE, HeldLottery, end, opened
from marketplace.staffing.lottery_events import LotteryDrawn
from marketplace.staffing.lottery_models import Lottery, LotteryDraw, LotteryEntry
from marketplace.volunteering import waiting
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.states import NeedState, ShiftState, need_state, shift_state
from matching import lottery as draws

_MOST_AT_ONCE = 50


async def draw_due(database: Database, vault: Vault) -> None:
    """Repeated errand: draws every lottery whose entries have closed, a transaction each; ends those whose shift is off."""
    async with database.reading() as session:
        due = await session.scalars(
            select(Lottery.id)
            .join(Shift, Shift.id == Lottery.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .outerjoin(LotteryDraw, LotteryDraw.lottery_id == Lottery.id)
            .where(
                LotteryDraw.lottery_id.is_(None),
                Lottery.called_off_at.is_(None),
                or_(
                    Lottery.closes_at <= session.now(),
                    Shift.starts_at <= session.now(),
                    Shift.cancelled_at.is_not(None),
                    Need.closed_at.is_not(None),
                    Need.cancelled_at.is_not(None),
                ),
            )
            .order_by(Lottery.closes_at, Lottery.id)
            .limit(_MOST_AT_ONCE)
        )
        lottery_ids = list(due)
    for lottery_id in lottery_ids:
        async with database.unit_of_work() as session:
            await draw(session, lottery_id, vault)


async def draw(session: Session, lottery_id: UUID, vault: Vault) -> None:
    """Draw the lottery if it is due and nobody has; or end it, if its shift does not take people any more. Raises NotFound."""
    present = await _lock_people(session, lottery_id)
    async with opened(session, lottery_id) as it:
        if it.is_drawn or it.lottery.called_off_at is not None:
            return
        if not await _can_take_people(session, it):
            await end(session, it)
            audit.record(session, None, "lottery.ended", ("lottery", lottery_id))
            return
        if session.now() < it.lottery.closes_at:
            return
        entries = await _entries(session, lottery_id)
        record = _record(session, it, entries, vault.decrypt(it.lottery.sealed_secret, PURPOSE))
        if not await insert_once(
            session, LotteryDraw(lottery_id=lottery_id, drawn_at=session.now(), record=record)
        ):
            return
        it.held.shift.lottery_closes_at = None
        await _line_up(session, it, {entry.number: entry for entry in entries}, record["order"], present)
        await waiting.settle(session, it.held)
        await publish(session, LotteryDrawn(lottery_id))
        audit.record(
            session, None, "lottery.drawn", ("lottery", lottery_id),
            entries=len(entries), places=record["places"], entries_hash=record["entries_hash"],
        )  # fmt: skip


async def _lock_people(session: Session, lottery_id: UUID) -> set[UUID]:
    """Those who entered and are still there. Once entries have closed nobody joins or leaves them."""
    entered = await session.scalars(
        select(LotteryEntry.person_id)
        .where(LotteryEntry.lottery_id == lottery_id, LotteryEntry.left_at.is_(None))
        .order_by(LotteryEntry.person_id)
    )
    present = set()
    for person_id in entered.all():
        try:
            await people.must_be_there(session, person_id)
        except NotFound:
            continue
        present.add(person_id)
    return present


async def _can_take_people(session: Session, it: HeldLottery) -> bool:
    return (
        need_state(it.held.need) is NeedState.OPEN
        and shift_state(it.held.shift, session.now()) is ShiftState.COMING
    )


async def _entries(session: Session, lottery_id: UUID) -> Sequence[LotteryEntry]:
    found = await session.scalars(
        select(LotteryEntry)
        .where(LotteryEntry.lottery_id == lottery_id, LotteryEntry.left_at.is_(None))
        .order_by(LotteryEntry.number)
    )
    return found.all()


def _record(
    session: Session, it: HeldLottery, entries: Sequence[LotteryEntry], secret: str
) -> dict[str, Any]:
    """The draw itself, and what was announced. Numbers only; who they are is nobody else's business."""
    free = it.held.shift.capacity - it.held.shift.places_taken
    drawn = draws.record([draws.Entry(one.number, one.tickets) for one in entries], secret, free)
    return drawn | {
        "commitment": it.lottery.commitment,  # as announced, whatever the secret says
        "lottery": str(it.lottery.id),
        "shift": str(it.held.id),
        "announced_at": it.lottery.opened_at.isoformat(),
        "closed_at": it.lottery.closes_at.isoformat(),
        "drawn_at": session.now().isoformat(),
        "first_timer_tickets": it.lottery.first_timer_tickets,
    }


async def _line_up(
    session: Session,
    it: HeldLottery,
    entries: dict[int, LotteryEntry],
    order: Sequence[int],
    present: set[UUID],
) -> None:
    for number in order:
        entry = entries[number]
        if entry.person_id in present:
            sign_up = await waiting.line_up(session, it.held, entry.person_id, entry.agreed_at)
            await session.flush()
            entry.sign_up_id = sign_up.id
