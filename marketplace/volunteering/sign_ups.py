"""Sign-ups as volunteers make them: ask for a place, accept or decline an offer, withdraw. What organisers decide is in decisions.py.

Whoever changes a sign-up locks the person first and then the shift. The person's lock keeps one's own shifts from overlapping and
lets a repeated key find its first answer; the shift's lock makes places and the waiting list exact.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, select

from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.volunteering import eligibility, places, waiting
from marketplace.volunteering.errors import (
    AlreadySignedUp,
    KeyWasUsedElsewhere,
    NoPlaceIsOffered,
    OfferHasExpired,
    PlacesAreDrawnByLot,
    RisksAreNotAgreed,
    ShiftClashes,
    SignUpHasEnded,
    WithdrawalIsTooLate,
)
from marketplace.volunteering.events import SignUpApplied, SignUpConfirmed, SignUpWithdrawn
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.places import LockedShift
from marketplace.volunteering.policy import visible_to
from marketplace.volunteering.sign_up_drafts import JoinDraft
from marketplace.volunteering.sign_up_policy import visible_to as sign_up_visible_to
from marketplace.volunteering.sign_up_queries import clash_of
from marketplace.volunteering.sign_up_states import OPEN_STATES, SignUpState, is_open, sign_up_state

# Built once: every sign-up asks these, and building a statement anew costs as much as running it.
_ANSWERED = select(SignUp).where(
    SignUp.person_id == bindparam("person_id"), SignUp.idempotency_key == bindparam("key")
)
_OPEN = (
    select(SignUp)
    .where(SignUp.shift_id == bindparam("shift_id"), SignUp.person_id == bindparam("person_id"), is_open())
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class OpenedSignUp:
    """A sign-up under both locks, with its shift, and its state now."""

    sign_up: SignUp
    held: LockedShift
    state: SignUpState


async def join(session: Session, viewer: Viewer, shift_id: UUID, draft: JoinDraft) -> UUID:
    """Sign the viewer up: confirmed at once, applied where the organiser approves, waiting when the shift is full.

    Gives the sign-up's id; a repeated key gives the first one again. Raises SignInNeeded, NotFound, AlreadySignedUp, PlacesAreDrawnByLot, a Reason of
    ``eligibility``, RisksAreNotAgreed, ShiftClashes, KeyWasUsedElsewhere.
    """
    person = await people.must_be_there(session, viewer.signed_in())
    answered = await _answered(session, person.id, draft.idempotency_key)
    if answered is not None:
        if answered.shift_id != shift_id:
            raise KeyWasUsedElsewhere()
        return answered.id
    async with places.locked(session, shift_id, visible_to(viewer)) as held:
        await waiting.settle(session, held)
        if await open_sign_up(session, shift_id, person.id) is not None:
            raise AlreadySignedUp()
        if held.shift.lottery_closes_at is not None:
            raise PlacesAreDrawnByLot(closes_at=held.shift.lottery_closes_at)
        await _must_suit(session, person.id, held)
        if held.need.is_risky and not draft.agreed:
            raise RisksAreNotAgreed()
        sign_up = _wish_of(session, person.id, held, draft)
        await _place(session, held, sign_up)
        session.add(sign_up)
    return sign_up.id


async def accept_offer(session: Session, viewer: Viewer, sign_up_id: UUID) -> None:
    """Take the place that is offered; shortly before the start, when no more offers are made, any place that is free.

    Raises NotFound, NotPermitted, OfferHasExpired, NoPlaceIsOffered, ShiftClashes, a Reason of ``eligibility``.
    """
    async with opened(session, viewer, sign_up_id) as it:
        _must_be_own(viewer, it.sign_up)
        if it.state is SignUpState.CONFIRMED:
            return
        if it.state is SignUpState.LAPSED and it.sign_up.offered_at is not None:
            raise OfferHasExpired(expired_at=it.sign_up.offer_expires_at)
        if it.state not in (SignUpState.OFFERED, SignUpState.WAITING):
            raise NoPlaceIsOffered()
        await _must_suit(session, it.sign_up.person_id, it.held)
        if it.state is SignUpState.WAITING and not await places.take(session, it.held.id):
            raise NoPlaceIsOffered()
        await confirm(session, it.sign_up)


async def decline_offer(session: Session, viewer: Viewer, sign_up_id: UUID) -> None:
    """Leave the offered place to the next in line. Raises NotFound, NotPermitted, NoPlaceIsOffered."""
    async with opened(session, viewer, sign_up_id) as it:
        _must_be_own(viewer, it.sign_up)
        if it.state is SignUpState.WITHDRAWN:
            return
        if it.state is not SignUpState.OFFERED:
            raise NoPlaceIsOffered()
        await leave(session, viewer, it)


async def withdraw(session: Session, viewer: Viewer, sign_up_id: UUID) -> None:
    """Take the sign-up back. Confirmed people may until the need's notice before the start; afterwards the organiser releases them.

    Raises NotFound, NotPermitted, WithdrawalIsTooLate, SignUpHasEnded.
    """
    async with opened(session, viewer, sign_up_id) as it:
        _must_be_own(viewer, it.sign_up)
        if it.state is SignUpState.WITHDRAWN:
            return
        if it.state not in OPEN_STATES:
            raise SignUpHasEnded()
        deadline = it.held.shift.starts_at - timedelta(minutes=it.held.need.withdrawal_notice_minutes)
        if it.state is SignUpState.CONFIRMED and session.now() >= deadline:
            raise WithdrawalIsTooLate(deadline=deadline)
        await leave(session, viewer, it)


@asynccontextmanager
async def opened(session: Session, viewer: Viewer, sign_up_id: UUID) -> AsyncIterator[OpenedSignUp]:
    """The sign-up under both locks, its shift settled, for who may see it. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = (
        await session.execute(
            select(SignUp.person_id, SignUp.shift_id)
            .join(Shift, Shift.id == SignUp.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .where(SignUp.id == sign_up_id, sign_up_visible_to(viewer))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    await people.must_be_there(session, found.person_id)
    async with places.locked(session, found.shift_id) as held:
        await waiting.settle(session, held)
        sign_up = await session.get_one(SignUp, sign_up_id, populate_existing=True)
        yield OpenedSignUp(sign_up, held, sign_up_state(sign_up, session.now()))


async def open_sign_up(session: Session, shift_id: UUID, person_id: UUID) -> SignUp | None:
    """The person's open sign-up for the shift, of which there is at most one."""
    found: SignUp | None = await session.scalar(_OPEN, {"shift_id": shift_id, "person_id": person_id})
    return found


async def confirm(session: Session, sign_up: SignUp) -> None:
    """Note that the place, taken by the caller, is the person's."""
    sign_up.confirmed_at = session.now()
    await publish(session, SignUpConfirmed(sign_up.id))


async def leave(session: Session, viewer: Viewer, it: OpenedSignUp) -> None:
    """End the sign-up as withdrawn by the viewer; its place, if it has one, goes to the next in line."""
    it.sign_up.withdrawn_at = session.now()
    it.sign_up.withdrawn_by = viewer.person_id
    if it.state in (SignUpState.CONFIRMED, SignUpState.OFFERED):
        await places.give_back(session, it.held.id)
    await publish(session, SignUpWithdrawn(it.sign_up.id))
    await waiting.settle(session, it.held)


async def _answered(session: Session, person_id: UUID, key: str) -> SignUp | None:
    # Looked up under the person's lock: of two requests with one key the second waits here and then sees the first one's row.
    found: SignUp | None = await session.scalar(_ANSWERED, {"person_id": person_id, "key": key})
    return found


async def _must_suit(session: Session, person_id: UUID, held: LockedShift) -> None:
    await eligibility.must_suit(session, person_id, held.shift, held.need)
    clash = await clash_of(session, person_id, held.shift)
    if clash is not None:
        raise ShiftClashes(need=clash.title, starts_at=clash.starts_at, ends_at=clash.ends_at)


def _wish_of(session: Session, person_id: UUID, held: LockedShift, draft: JoinDraft) -> SignUp:
    return SignUp(
        id=new_id(),
        shift_id=held.id,
        person_id=person_id,
        idempotency_key=draft.idempotency_key,
        created_at=session.now(),
        message=draft.message,
        agreed_at=session.now() if draft.agreed else None,
        applied_at=session.now() if held.need.needs_approval else None,
    )


async def _place(session: Session, held: LockedShift, sign_up: SignUp) -> None:
    if held.need.needs_approval:
        await publish(session, SignUpApplied(sign_up.id))
    elif await places.take(session, held.id):
        await confirm(session, sign_up)
    else:
        await waiting.enqueue(session, sign_up)


def _must_be_own(viewer: Viewer, sign_up: SignUp) -> None:
    if sign_up.person_id != viewer.person_id:
        raise NotPermitted()
