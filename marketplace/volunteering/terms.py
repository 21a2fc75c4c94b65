"""What somebody reads before signing up: when, where, what may happen, and whether they may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.volunteering import eligibility, queries, sign_up_queries
from marketplace.volunteering.errors import Reason
from marketplace.volunteering.models import SignUp
from marketplace.volunteering.sign_up_queries import Clash, SignUpRow
from marketplace.volunteering.sign_up_states import is_waiting


@dataclass(frozen=True, slots=True)
class Terms:
    """A shift before one signs up. ``mine`` is the viewer's open sign-up; ``waiting`` counts the people in line."""

    need_id: UUID
    shift_id: UUID
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    note: str | None
    risks: str | None
    is_risky: bool
    insurance: str | None
    minimum_age: int
    needs_approval: bool
    places_left: int
    waiting: int
    withdraw_until: datetime
    reasons: Sequence[Reason]
    clash: Clash | None
    mine: SignUpRow | None


async def terms(session: Session, viewer: Viewer, shift_id: UUID) -> Terms:
    """The terms of a shift for the signed-in viewer. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    shift, need = await queries.shift_with_need(session, viewer, shift_id)
    waiting = await session.scalar(
        select(func.count()).select_from(SignUp).where(SignUp.shift_id == shift_id, is_waiting())
    )
    mine = await sign_up_queries.my_open_by_shifts(session, viewer, [shift_id])
    return Terms(
        need_id=need.id,
        shift_id=shift.id,
        title=need.title,
        place=need.place,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        note=shift.note,
        risks=need.risks,
        is_risky=need.is_risky,
        insurance=need.insurance,
        minimum_age=need.minimum_age,
        needs_approval=need.needs_approval,
        places_left=shift.capacity - shift.places_taken,
        waiting=waiting or 0,
        withdraw_until=shift.starts_at - timedelta(minutes=need.withdrawal_notice_minutes),
        reasons=await eligibility.for_shift(session, person_id, shift, need),
        clash=await sign_up_queries.clash_of(session, person_id, shift),
        mine=mine.get(shift_id),
    )
