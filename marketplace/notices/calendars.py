"""Calendar feeds: a secret address for one's shifts, shown once when it is made, replaced or revoked at will."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import new_token, token_digest
from marketplace.notices.models import CalendarFeed
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_states import SignUpState, sign_up_state

_KEPT = timedelta(days=60)
_MOST = 1000


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One sign-up as a calendar shows it. ``sequence`` only ever grows: it is how calendars know that an entry is newer."""

    sign_up_id: UUID
    need_id: UUID
    title: str
    place: str
    note: str | None
    starts_at: datetime
    ends_at: datetime
    state: SignUpState
    sequence: int
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class PersonalCalendar:
    """What stands behind one secret address."""

    locale: str
    entries: list[CalendarEntry]


async def make_address(session: Session, viewer: Viewer) -> str:
    """A new secret for the viewer's calendar; the one before it ends. Only its digest is kept.

    Raises SignInNeeded, TokenMayNotManageAccount.
    """
    person_id = policy.manages_account(viewer)
    await session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    await revoke(session, viewer)
    token = new_token()
    session.add(
        CalendarFeed(
            id=new_id(), person_id=person_id, token_digest=token_digest(token), created_at=session.now()
        )
    )
    await session.flush()
    return token


async def revoke(session: Session, viewer: Viewer) -> None:
    """The viewer's secret address answers no more. Raises SignInNeeded."""
    await session.execute(
        update(CalendarFeed)
        .where(CalendarFeed.person_id == viewer.signed_in(), CalendarFeed.revoked_at.is_(None))
        .values(revoked_at=session.now())
    )


async def behind(session: Session, token: str) -> PersonalCalendar:
    """The calendar of whoever made this secret: shifts of the last 60 days and all to come. Raises NotFound when it is not one now."""
    owner = (
        await session.execute(
            select(Person.id, Person.locale)
            .join(CalendarFeed, CalendarFeed.person_id == Person.id)
            .where(
                CalendarFeed.token_digest == token_digest(token),
                CalendarFeed.revoked_at.is_(None),
                Person.erased_at.is_(None),
            )
        )
    ).one_or_none()
    if owner is None:
        raise NotFound()
    rows = await session.execute(
        select(SignUp, Shift, Need.title, Need.place)
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(SignUp.person_id == owner.id, Shift.ends_at > session.now() - _KEPT)
        .order_by(Shift.starts_at, SignUp.id)
        .limit(_MOST)
    )
    return PersonalCalendar(
        owner.locale, [_entry(row[0], row[1], row.title, row.place, session.now()) for row in rows]
    )


def _entry(sign_up: SignUp, shift: Shift, title: str, place: str, now: datetime) -> CalendarEntry:
    state = sign_up_state(sign_up, now)
    moments = (shift.created_at, sign_up.created_at, sign_up.confirmed_at, _ended_at(sign_up))
    return CalendarEntry(
        sign_up_id=sign_up.id,
        need_id=shift.need_id,
        title=title,
        place=place,
        note=shift.note,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        state=state,
        sequence=shift.calendar_sequence + _step(state),
        stamped_at=max(moment for moment in moments if moment is not None),
    )


def _step(state: SignUpState) -> int:
    """A wish becomes a place and a place ends, never the other way, so each step may count as a revision of the entry."""
    if state in (SignUpState.APPLIED, SignUpState.WAITING, SignUpState.OFFERED):
        return 0
    return 1 if state is SignUpState.CONFIRMED else 2


def _ended_at(sign_up: SignUp) -> datetime | None:
    return sign_up.cancelled_at or sign_up.withdrawn_at or sign_up.declined_at or sign_up.lapsed_at
