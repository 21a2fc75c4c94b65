"""Lotteries as organisers open them and call them off. Entering is in lottery_entries.py, the draw in lottery_draws.py.

Everybody who changes a lottery holds its shift's lock, after the locks of people (docs/adr/0018).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish
from marketplace.staffing.lottery_drafts import CallOffDraft, LotteryDraft
from marketplace.staffing.lottery_errors import (
    LotteryClosesTooLate,
    LotteryClosesTooSoon,
    LotteryIsOver,
    NothingToDraw,
    PeopleWaitAlready,
    ShiftHasItsLottery,
)
from marketplace.staffing.lottery_events import LotteryCalledOff
from marketplace.staffing.lottery_models import Lottery, LotteryDraw
from marketplace.volunteering import places, waiting
from marketplace.volunteering.models import SignUp
from marketplace.volunteering.places import LockedShift
from marketplace.volunteering.policy import visible_to
from marketplace.volunteering.sign_up_policy import must_organise
from marketplace.volunteering.sign_up_states import is_wish
from marketplace.volunteering.states import NeedState, ShiftState, need_state, shift_state
from matching import lottery as draws

SHORTEST: Final = timedelta(minutes=10)
"""Entries are open for at least so long."""

PURPOSE: Final = "lottery"
"""What the vault seals a lottery's secret for."""


@dataclass(frozen=True, slots=True)
class HeldLottery:
    """A lottery under its shift's lock."""

    lottery: Lottery
    held: LockedShift
    is_drawn: bool


async def open_lottery(
    session: Session,
    viewer: Viewer,
    shift_id: UUID,
    draft: LotteryDraft,
    vault: Vault,
    key: UUID | None = None,
) -> UUID:
    """Draw the free places of the shift by lot. Gives the lottery's id; ``key`` becomes it and makes a repetition give the same.

    The secret is made here, sealed by the vault, and only its commitment is shown. Raises SignInNeeded, NotFound, NotPermitted,
    NothingToDraw, PeopleWaitAlready, ShiftHasItsLottery, LotteryClosesTooSoon, LotteryClosesTooLate.
    """
    organiser = viewer.signed_in()
    async with places.locked(session, shift_id, visible_to(viewer)) as held:
        must_organise(viewer, held.need)
        if key is not None and await session.scalar(
            select(Lottery.id).where(Lottery.id == key, Lottery.shift_id == shift_id)
        ):
            return key
        await waiting.settle(session, held)
        await _must_have_places(session, held)
        await _must_leave_time(session, held, draft)
        secret = draws.new_secret()
        row = Lottery(
            id=key or new_id(),
            shift_id=shift_id,
            opened_by=organiser,
            opened_at=session.now(),
            closes_at=draft.closes_at,
            first_timer_tickets=draft.first_timer_tickets,
            commitment=draws.commitment(secret),
            sealed_secret=vault.encrypt(secret, PURPOSE),
        )
        if not await insert_once(session, row):
            raise ShiftHasItsLottery()
        held.shift.lottery_closes_at = draft.closes_at
        audit.record(
            session, organiser, "lottery.opened", ("lottery", row.id),
            commitment=row.commitment, closes_at=row.closes_at.isoformat(), tickets=row.first_timer_tickets,
        )  # fmt: skip
    return row.id


async def call_off(session: Session, viewer: Viewer, lottery_id: UUID, draft: CallOffDraft) -> None:
    """End the lottery before its draw; a second time changes nothing. Raises SignInNeeded, NotFound, NotPermitted, LotteryIsOver."""
    organiser = viewer.signed_in()
    async with opened(session, lottery_id, visible_to(viewer)) as it:
        must_organise(viewer, it.held.need)
        if it.lottery.called_off_at is not None:
            return
        # From the close on the list is frozen: who knows it must not be able to stop the draw any more.
        if it.is_drawn or session.now() >= it.lottery.closes_at:
            raise LotteryIsOver()
        it.lottery.called_off_by = organiser
        it.lottery.call_off_reason = draft.reason
        await end(session, it)
        audit.record(session, organiser, "lottery.called_off", ("lottery", lottery_id), reason=draft.reason)


async def end(session: Session, it: HeldLottery) -> None:
    """Note that nothing is drawn, and tell."""
    it.lottery.called_off_at = session.now()
    it.held.shift.lottery_closes_at = None
    await publish(session, LotteryCalledOff(it.lottery.id))


@asynccontextmanager
async def opened(
    session: Session, lottery_id: UUID, visible: ColumnElement[bool] | None = None
) -> AsyncIterator[HeldLottery]:
    """The lottery under its shift's lock, for who may see the need. Raises NotFound."""
    shift_id = await session.scalar(select(Lottery.shift_id).where(Lottery.id == lottery_id))
    if shift_id is None:
        raise NotFound()
    async with places.locked(session, shift_id, visible) as held:
        row = await session.get_one(Lottery, lottery_id, populate_existing=True)
        drawn = await session.scalar(
            select(LotteryDraw.lottery_id).where(LotteryDraw.lottery_id == lottery_id)
        )
        yield HeldLottery(row, held, drawn is not None)


async def _must_have_places(session: Session, held: LockedShift) -> None:
    """Raises NothingToDraw, PeopleWaitAlready."""
    if (
        need_state(held.need) is not NeedState.OPEN
        or shift_state(held.shift, session.now()) is not ShiftState.COMING
        or held.shift.places_taken >= held.shift.capacity
    ):
        raise NothingToDraw()
    wishing = select(SignUp.id).where(SignUp.shift_id == held.id, is_wish(), SignUp.offered_at.is_(None))
    if await session.scalar(wishing.limit(1)) is not None:
        raise PeopleWaitAlready()


async def _must_leave_time(session: Session, held: LockedShift, draft: LotteryDraft) -> None:
    """Raises LotteryClosesTooSoon, LotteryClosesTooLate."""
    earliest = session.now() + SHORTEST
    if draft.closes_at < earliest:
        raise LotteryClosesTooSoon(earliest=earliest)
    latest = await waiting.latest_expiry(session, held.shift) - SHORTEST
    if draft.closes_at > latest:
        raise LotteryClosesTooLate(latest=latest)
