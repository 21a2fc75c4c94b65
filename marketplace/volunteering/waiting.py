"""The waiting list: in order of number, with a place offered for a time and passed on when nobody answers."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.catalogue import rules
from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.volunteering import places
from marketplace.volunteering.events import (
    NeedResumed,
    OfferLapsed,
    PlaceOffered,
    SignUpLapsed,
    SignUpWaiting,
)
from marketplace.volunteering.models import Shift, SignUp
from marketplace.volunteering.places import LockedShift
from marketplace.volunteering.sign_up_states import is_offered, is_waiting, is_wish
from marketplace.volunteering.states import NeedState, ShiftState, need_state, shift_state

_MOST_SHIFTS_AT_ONCE = 100


async def enqueue(session: Session, sign_up: SignUp) -> None:
    """Put the sign-up at the end of its shift's waiting list; the shift is locked."""
    sign_up.waiting_number = await places.next_waiting_number(session, sign_up.shift_id)
    await publish(session, SignUpWaiting(sign_up.id))


async def line_up(session: Session, held: LockedShift, person_id: UUID, agreed_at: datetime | None) -> SignUp:
    """Give somebody who has no sign-up for the locked shift the next number, without telling: a draw decides the order, and tells itself."""
    sign_up = SignUp(
        id=new_id(),
        shift_id=held.id,
        person_id=person_id,
        created_at=session.now(),
        agreed_at=agreed_at,
        waiting_number=await places.next_waiting_number(session, held.id),
    )
    session.add(sign_up)
    return sign_up


async def fill_free_places(session: Session, shift_id: UUID) -> None:
    """Offer whatever places are free to whoever waits; for when a shift has grown. Raises NotFound."""
    async with places.locked(session, shift_id) as held:
        await settle(session, held)


async def settle(session: Session, held: LockedShift) -> None:
    """Bring a locked shift up to date: offers whose time is over lapse and pass on; once it has begun, every wish lapses."""
    # Whoever waits or is offered a place has a number, so a shift that never gave one out is spared two queries.
    if held.shift.next_waiting_number > 1:
        await _lapse_expired(session, held)
    if session.now() >= held.shift.starts_at:
        await _lapse_wishes(session, held)
    elif held.shift.next_waiting_number > 1:
        await _offer_free_places(session, held)


async def go_on(session: Session, event: NeedResumed) -> None:
    """Consumer: what became free while the need rested goes to whoever waited."""
    waited_for = (
        select(SignUp.shift_id)
        .join(Shift, Shift.id == SignUp.shift_id)
        .where(Shift.need_id == event.need_id, is_waiting())
        .distinct()
        .order_by(SignUp.shift_id)  # one order for everybody who locks several shifts
    )
    for shift_id in (await session.scalars(waited_for)).all():
        await fill_free_places(session, shift_id)


async def settle_overdue(session: Session) -> None:
    """Repeated task: settle the shifts that have expired offers, and those that began while people still wished for a place."""
    overdue = (
        select(SignUp.shift_id)
        .join(Shift, Shift.id == SignUp.shift_id)
        .where(
            is_wish(),
            or_(SignUp.offer_expires_at <= session.now(), Shift.starts_at <= session.now()),
        )
        .distinct()
        .order_by(SignUp.shift_id)  # one order for everybody who locks several shifts
        .limit(_MOST_SHIFTS_AT_ONCE)
    )
    for shift_id in (await session.scalars(overdue)).all():
        await fill_free_places(session, shift_id)


async def _lapse_expired(session: Session, held: LockedShift) -> None:
    expired = await session.scalars(
        select(SignUp)
        .where(SignUp.shift_id == held.id, is_offered(), SignUp.offer_expires_at <= session.now())
        .order_by(SignUp.waiting_number)
    )
    for sign_up in expired.all():
        sign_up.lapsed_at = session.now()
        await places.give_back(session, held.id)
        await publish(session, OfferLapsed(sign_up.id))


async def _lapse_wishes(session: Session, held: LockedShift) -> None:
    for sign_up in (await session.scalars(select(SignUp).where(SignUp.shift_id == held.id, is_wish()))).all():
        sign_up.lapsed_at = session.now()
        if sign_up.offered_at is None:
            await publish(session, SignUpLapsed(sign_up.id))
        else:
            await places.give_back(session, held.id)
            await publish(session, OfferLapsed(sign_up.id))


async def _offer_free_places(session: Session, held: LockedShift) -> None:
    if (
        need_state(held.need) is not NeedState.OPEN
        or shift_state(held.shift, session.now()) is not ShiftState.COMING
    ):
        return
    waiting = await session.scalars(
        select(SignUp)
        .where(SignUp.shift_id == held.id, is_waiting())
        .order_by(SignUp.waiting_number)
        .limit(max(0, held.shift.capacity - held.shift.places_taken))
    )
    for sign_up in waiting.all():
        expires_at = await expiry(session, held.shift)
        if expires_at <= session.now() or not await places.take(session, held.id):
            return
        await offer(session, sign_up, expires_at)


async def offer(session: Session, sign_up: SignUp, expires_at: datetime) -> None:
    """Note that the place, taken by the caller, is held for this person until ``expires_at``."""
    sign_up.offered_at = session.now()
    sign_up.offer_expires_at = expires_at
    await publish(session, PlaceOffered(sign_up.id))


async def expiry(session: Session, shift: Shift, lasts: timedelta | None = None) -> datetime:
    """When an offer made now expires, after ``lasts`` or, left out, as long as the rule says; never later than the rule's latest.

    In the past once the shift is too near: then free places go to whoever takes them.
    """
    rule = await rules.in_force(session, "volunteering.offer")
    lasts = lasts or timedelta(minutes=rule.value["minutes"])
    return min(session.now() + lasts, await latest_expiry(session, shift))


async def latest_expiry(session: Session, shift: Shift) -> datetime:
    """When the last offers for the shift expire, whenever they are made."""
    rule = await rules.in_force(session, "volunteering.offer")
    return shift.starts_at - timedelta(minutes=rule.value["latest_before_start_minutes"])
