"""Volunteering's share of a person's data: their sign-ups and the needs they raised, collected for the export, forgotten on erasure."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.outbox.publish import publish
from marketplace.volunteering import places, waiting
from marketplace.volunteering.events import SignUpWithdrawn
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_states import is_open

_SIGN_UP_FACTS = (
    "created_at",
    "message",
    "agreed_at",
    "applied_at",
    "waiting_number",
    "offered_at",
    "confirmed_at",
    "withdrawn_at",
    "withdrawal_reason",
    "declined_at",
    "decline_reason",
    "lapsed_at",
    "cancelled_at",
    "override_reason",
)


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """The person's sign-ups with where and when, and the needs they raised, as plain JSON values."""
    sign_ups = (
        select(Need.title, Need.place, Shift.starts_at, Shift.ends_at, *_columns())
        .select_from(SignUp)
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(SignUp.person_id == person_id)
        .order_by(SignUp.id)
    )
    needs = (
        select(Need.title, Need.description, Need.place, Need.contact, Need.raised_at, Need.published_at)
        .where(Need.raised_by == person_id)
        .order_by(Need.id)
    )
    return {
        "sign_ups": await plain_rows(session, sign_ups),
        "needs_raised": await plain_rows(session, needs),
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Leave the shifts to come, and blank every word written by or about the person. That they were there stays, without a name."""
    open_shifts = await session.scalars(
        select(SignUp.shift_id).where(SignUp.person_id == person_id, is_open()).order_by(SignUp.shift_id)
    )
    for shift_id in open_shifts.all():
        await _leave(session, person_id, shift_id)
    await session.execute(
        update(SignUp)
        .where(SignUp.person_id == person_id)
        .values(message=None, withdrawal_reason=None, decline_reason=None, override_reason=None)
    )
    await session.execute(
        update(Need).where(Need.raised_by == person_id, Need.organisation_id.is_(None)).values(contact=None)
    )


async def _leave(session: Session, person_id: UUID, shift_id: UUID) -> None:
    async with places.locked(session, shift_id) as held:
        sign_up = await session.scalar(
            select(SignUp).where(SignUp.shift_id == shift_id, SignUp.person_id == person_id, is_open())
        )
        if sign_up is None or held.shift.starts_at <= session.now():
            return
        if sign_up.confirmed_at is not None or sign_up.offered_at is not None:
            await places.give_back(session, shift_id)
        sign_up.withdrawn_at = session.now()
        sign_up.withdrawn_by = person_id
        await publish(session, SignUpWithdrawn(sign_up.id))
        await waiting.settle(session, held)


def _columns() -> list[Any]:
    return [getattr(SignUp, name) for name in _SIGN_UP_FACTS]
