"""What organisers decide about sign-ups: approve, decline, add somebody, release somebody. Never about themselves, always on record."""

from uuid import UUID

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.volunteering import eligibility, places, queries, waiting
from marketplace.volunteering.errors import (
    NoPlaceIsHeld,
    PersonIsTakenThen,
    PlacesAreDrawnByLot,
    ShiftIsFull,
    ShiftIsOff,
    ShiftIsOver,
    SignUpHasEnded,
    SignUpIsConfirmed,
    SignUpIsTooLate,
)
from marketplace.volunteering.events import SignUpDeclined
from marketplace.volunteering.models import SignUp
from marketplace.volunteering.places import LockedShift
from marketplace.volunteering.sign_up_drafts import AddDraft, DecisionDraft
from marketplace.volunteering.sign_up_policy import must_decide
from marketplace.volunteering.sign_up_queries import clash_of
from marketplace.volunteering.sign_up_states import OPEN_STATES, SignUpState, sign_up_state
from marketplace.volunteering.sign_ups import confirm, leave, open_sign_up, opened
from marketplace.volunteering.states import ShiftState, shift_state


async def approve(session: Session, viewer: Viewer, sign_up_id: UUID) -> None:
    """Give an applicant a place, or a number on the waiting list when none is left.

    Raises NotFound, NotPermitted, NobodyDecidesForThemselves, SignUpHasEnded, SignUpIsTooLate, PersonIsTakenThen, a Reason.
    """
    async with opened(session, viewer, sign_up_id) as it:
        must_decide(viewer, it.held.need, it.sign_up.person_id)
        if it.state in OPEN_STATES - {SignUpState.APPLIED}:
            return
        if it.state is not SignUpState.APPLIED:
            raise SignUpHasEnded()
        await eligibility.must_suit(session, it.sign_up.person_id, it.held.shift, it.held.need)
        await _must_be_free(session, it.sign_up.person_id, it.held)
        if await places.take(session, it.held.id):
            await confirm(session, it.sign_up)
        else:
            await waiting.enqueue(session, it.sign_up)
        _record(session, viewer, "sign_up.approved", sign_up_id)


async def decline(session: Session, viewer: Viewer, sign_up_id: UUID, draft: DecisionDraft) -> None:
    """Say no to somebody who is not confirmed; the reason is for them to read.

    Raises NotFound, NotPermitted, NobodyDecidesForThemselves, SignUpIsConfirmed, SignUpHasEnded.
    """
    async with opened(session, viewer, sign_up_id) as it:
        must_decide(viewer, it.held.need, it.sign_up.person_id)
        if it.state is SignUpState.DECLINED:
            return
        if it.state is SignUpState.CONFIRMED:
            raise SignUpIsConfirmed()
        if it.state not in OPEN_STATES:
            raise SignUpHasEnded()
        it.sign_up.declined_at = session.now()
        it.sign_up.decline_reason = draft.reason
        if it.state is SignUpState.OFFERED:
            await places.give_back(session, it.held.id)
        await publish(session, SignUpDeclined(sign_up_id))
        await waiting.settle(session, it.held)
        _record(session, viewer, "sign_up.declined", sign_up_id)


async def release(session: Session, viewer: Viewer, sign_up_id: UUID, draft: DecisionDraft) -> None:
    """Take a confirmed person out of a shift that has not begun, also after the deadline for withdrawing.

    Raises NotFound, NotPermitted, NobodyDecidesForThemselves, NoPlaceIsHeld, SignUpIsTooLate.
    """
    async with opened(session, viewer, sign_up_id) as it:
        must_decide(viewer, it.held.need, it.sign_up.person_id)
        if it.state is SignUpState.WITHDRAWN:
            return
        if it.state is not SignUpState.CONFIRMED:
            raise NoPlaceIsHeld()
        if shift_state(it.held.shift, session.now()) is not ShiftState.COMING:
            raise SignUpIsTooLate(starts_at=it.held.shift.starts_at)
        it.sign_up.withdrawal_reason = draft.reason
        await leave(session, viewer, it)
        _record(session, viewer, "sign_up.released", sign_up_id)


async def add(session: Session, viewer: Viewer, shift_id: UUID, draft: AddDraft) -> UUID:
    """Give somebody a place, until the shift ends; gives the sign-up's id. A clash wants an override with a reason, the law has none.

    Raises SignInNeeded, NotFound, NotPermitted, NobodyDecidesForThemselves, ShiftIsFull, ShiftIsOver, PersonIsTakenThen, a Reason.
    """
    _shift, need = await queries.shift_with_need(session, viewer, shift_id)
    must_decide(viewer, need, draft.person_id)
    await people.must_be_there(session, draft.person_id)
    async with places.locked(session, shift_id) as held:
        await waiting.settle(session, held)
        wish = await open_sign_up(session, shift_id, draft.person_id)
        if wish is not None and wish.confirmed_at is not None:
            return wish.id
        if held.shift.lottery_closes_at is not None:
            raise PlacesAreDrawnByLot(closes_at=held.shift.lottery_closes_at)
        await _must_suit_while_it_lasts(session, draft.person_id, held)
        is_override = await _overrides(session, held, draft)
        sign_up = wish or _wish_of(session, held, draft.person_id)
        await _take_for(session, held, sign_up)
        sign_up.added_by = viewer.person_id
        sign_up.override_reason = draft.reason if is_override else None
        await confirm(session, sign_up)
    _record(session, viewer, "sign_up.added", sign_up.id, override=is_override, reason=draft.reason)
    return sign_up.id


async def _must_suit_while_it_lasts(session: Session, person_id: UUID, held: LockedShift) -> None:
    """As for volunteers, except that an organiser adds whoever stands at the door until the shift ends."""
    state = shift_state(held.shift, session.now())
    if state is ShiftState.CANCELLED:
        raise ShiftIsOff(starts_at=held.shift.starts_at)
    if state is ShiftState.ENDED:
        raise ShiftIsOver()
    for reason in await eligibility.for_need(session, person_id, held.need, local_day(held.shift.starts_at)):
        raise reason


async def _overrides(session: Session, held: LockedShift, draft: AddDraft) -> bool:
    """Whether there is a clash that the draft overrides. Raises PersonIsTakenThen when it does not."""
    if not draft.in_spite_of_clash:
        await _must_be_free(session, draft.person_id, held)
        return False
    return await clash_of(session, draft.person_id, held.shift) is not None


async def _must_be_free(session: Session, person_id: UUID, held: LockedShift) -> None:
    clash = await clash_of(session, person_id, held.shift)
    if clash is not None:
        raise PersonIsTakenThen(starts_at=clash.starts_at, ends_at=clash.ends_at)


def _wish_of(session: Session, held: LockedShift, person_id: UUID) -> SignUp:
    sign_up = SignUp(id=new_id(), shift_id=held.id, person_id=person_id, created_at=session.now())
    session.add(sign_up)
    return sign_up


async def _take_for(session: Session, held: LockedShift, sign_up: SignUp) -> None:
    """Take a place, unless an offer holds one for this very person. Raises ShiftIsFull."""
    if sign_up_state(sign_up, session.now()) is SignUpState.OFFERED:
        return
    if not await places.take(session, held.id):
        raise ShiftIsFull(capacity=held.shift.capacity)


def _record(session: Session, viewer: Viewer, action: str, sign_up_id: UUID, **facts: object) -> None:
    audit.record(session, viewer.person_id, action, ("sign_up", sign_up_id), **facts)
