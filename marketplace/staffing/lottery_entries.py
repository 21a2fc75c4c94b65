"""Entering a lottery and leaving it again, until it closes."""

from uuid import UUID

from sqlalchemy import func, select

from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.staffing.lotteries import HeldLottery, opened
from marketplace.staffing.lottery_drafts import EntryDraft
from marketplace.staffing.lottery_errors import AlreadyEntered, LotteryIsOver, OrganisersDoNotEnter
from marketplace.staffing.lottery_models import Lottery, LotteryEntry
from marketplace.volunteering import eligibility
from marketplace.volunteering.errors import (
    AlreadySignedUp,
    KeyWasUsedElsewhere,
    RisksAreNotAgreed,
    ShiftClashes,
)
from marketplace.volunteering.models import Shift, SignUp
from marketplace.volunteering.policy import may_manage, visible_to
from marketplace.volunteering.sign_up_queries import clash_of
from marketplace.volunteering.sign_up_states import is_confirmed
from marketplace.volunteering.sign_ups import open_sign_up


async def enter(session: Session, viewer: Viewer, lottery_id: UUID, draft: EntryDraft) -> UUID:
    """Enter the viewer; gives the entry's id, for a repeated key the first one.

    Raises SignInNeeded, NotFound, LotteryIsOver, OrganisersDoNotEnter, AlreadyEntered, AlreadySignedUp, a Reason of ``eligibility``,
    RisksAreNotAgreed, ShiftClashes, KeyWasUsedElsewhere.
    """
    person = await people.must_be_there(session, viewer.signed_in())
    answered = await session.scalar(
        select(LotteryEntry).where(
            LotteryEntry.person_id == person.id, LotteryEntry.idempotency_key == draft.idempotency_key
        )
    )
    if answered is not None:
        if answered.lottery_id != lottery_id:
            raise KeyWasUsedElsewhere()
        return answered.id
    async with opened(session, lottery_id, visible_to(viewer)) as it:
        _must_be_open(session, it)
        if may_manage(viewer, area_code=it.held.need.area_code, organisation_id=it.held.need.organisation_id):
            raise OrganisersDoNotEnter()
        if await _open_entry(session, lottery_id, person.id) is not None:
            raise AlreadyEntered()
        await _must_suit(session, person.id, it, draft)
        entry = LotteryEntry(
            id=new_id(),
            lottery_id=lottery_id,
            person_id=person.id,
            idempotency_key=draft.idempotency_key,
            number=await _next_number(session, lottery_id),
            tickets=await tickets_of(session, person.id, it.lottery),
            agreed_at=session.now() if draft.agreed else None,
            entered_at=session.now(),
        )
        session.add(entry)
    return entry.id


async def leave(session: Session, viewer: Viewer, lottery_id: UUID) -> None:
    """Take the viewer out again, while entries are open; who is not in changes nothing. Raises SignInNeeded, NotFound, LotteryIsOver."""
    person = await people.must_be_there(session, viewer.signed_in())
    async with opened(session, lottery_id, visible_to(viewer)) as it:
        entry = await _open_entry(session, lottery_id, person.id)
        if entry is None:
            return
        _must_be_open(session, it)
        entry.left_at = session.now()


async def tickets_of(session: Session, person_id: UUID, lottery: Lottery) -> int:
    """A first-timer, who had no place in any shift that began, has the lottery's bonus; everybody else one ticket."""
    served = (
        select(SignUp.id)
        .join(Shift, Shift.id == SignUp.shift_id)
        .where(SignUp.person_id == person_id, is_confirmed(), Shift.starts_at <= session.now())
        .limit(1)
    )
    return lottery.first_timer_tickets if await session.scalar(served) is None else 1


def _must_be_open(session: Session, it: HeldLottery) -> None:
    if it.is_drawn or it.lottery.called_off_at is not None or session.now() >= it.lottery.closes_at:
        raise LotteryIsOver()


async def _open_entry(session: Session, lottery_id: UUID, person_id: UUID) -> LotteryEntry | None:
    found: LotteryEntry | None = await session.scalar(
        select(LotteryEntry)
        .where(
            LotteryEntry.lottery_id == lottery_id,
            LotteryEntry.person_id == person_id,
            LotteryEntry.left_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    return found


async def _must_suit(session: Session, person_id: UUID, it: HeldLottery, draft: EntryDraft) -> None:
    """As for a sign-up. It is judged again when an offer is accepted."""
    if await open_sign_up(session, it.held.id, person_id) is not None:
        raise AlreadySignedUp()
    await eligibility.must_suit(session, person_id, it.held.shift, it.held.need)
    if it.held.need.is_risky and not draft.agreed:
        raise RisksAreNotAgreed()
    clash = await clash_of(session, person_id, it.held.shift)
    if clash is not None:
        raise ShiftClashes(need=clash.title, starts_at=clash.starts_at, ends_at=clash.ends_at)


async def _next_number(session: Session, lottery_id: UUID) -> int:
    """Numbers are given in order of entering and never twice: entries that were left keep theirs, and the shift's lock lets one in at a time."""
    highest = select(func.max(LotteryEntry.number)).where(LotteryEntry.lottery_id == lottery_id)
    return (await session.scalar(highest) or 0) + 1
