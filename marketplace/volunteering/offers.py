"""Named offers: a place held for one particular person, behind nobody who waits. A run or a draw names people; they accept or decline.

The offer is the waiting list's own, with a number, an expiry and a held place (docs/adr/0005, 0019), so everything that happens to
offers happens to these too.
"""

from datetime import datetime, timedelta
from uuid import UUID

from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.volunteering import eligibility, places, waiting
from marketplace.volunteering.errors import (
    OfferIsTooLate,
    PersonIsTakenThen,
    PlaceIsHeldAlready,
    RisksAreNotAgreed,
    ShiftIsFull,
)
from marketplace.volunteering.models import SignUp
from marketplace.volunteering.places import LockedShift
from marketplace.volunteering.sign_up_queries import clash_of
from marketplace.volunteering.sign_ups import open_sign_up


async def offer_to(
    session: Session,
    held: LockedShift,
    person_id: UUID,
    *,
    lasts: timedelta | None = None,
    agreed_at: datetime | None = None,
) -> UUID:
    """Offer a place of the locked shift to the person; gives the sign-up's id. A wish of theirs becomes the offer.

    The caller has locked the person before the shift (``people.must_be_there``) and judged who may do this. What is free goes to the
    waiting list first. ``lasts`` is how long the offer holds, by the rule when left out, and never up to the last hour before the start;
    ``agreed_at`` is when the person said that the risks were read. Raises PlaceIsHeldAlready, a Reason of ``eligibility``,
    RisksAreNotAgreed, PersonIsTakenThen, OfferIsTooLate, ShiftIsFull.
    """
    await waiting.settle(session, held)
    wish = await open_sign_up(session, held.id, person_id)
    if wish is not None and (wish.confirmed_at is not None or wish.offered_at is not None):
        raise PlaceIsHeldAlready()
    await _must_suit(session, held, person_id)
    sign_up = wish or _wish_of(session, held, person_id)
    sign_up.agreed_at = sign_up.agreed_at or agreed_at
    if held.need.is_risky and sign_up.agreed_at is None:
        raise RisksAreNotAgreed()
    expires_at = await waiting.expiry(session, held.shift, lasts)
    if expires_at <= session.now():
        raise OfferIsTooLate()
    if not await places.take(session, held.id):
        raise ShiftIsFull(capacity=held.shift.capacity)
    session.add(sign_up)
    if sign_up.waiting_number is None:
        sign_up.waiting_number = await places.next_waiting_number(session, held.id)
    await waiting.offer(session, sign_up, expires_at)
    return sign_up.id


async def _must_suit(session: Session, held: LockedShift, person_id: UUID) -> None:
    await eligibility.must_suit(session, person_id, held.shift, held.need)
    clash = await clash_of(session, person_id, held.shift)
    if clash is not None:
        raise PersonIsTakenThen(starts_at=clash.starts_at, ends_at=clash.ends_at)


def _wish_of(session: Session, held: LockedShift, person_id: UUID) -> SignUp:
    """A row that the caller adds to the session once everything is granted."""
    return SignUp(id=new_id(), shift_id=held.id, person_id=person_id, created_at=session.now())
