"""Notices about sign-ups: what became of one's wish, and, for organisers, who asks for a place or gives one back."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.kernel.local_forms import Named
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Span
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.recommendations import words
from marketplace.staffing import queries as staffing
from marketplace.volunteering.events import (
    OfferLapsed,
    PlaceOffered,
    SignUpApplied,
    SignUpConfirmed,
    SignUpDeclined,
    SignUpLapsed,
    SignUpWaiting,
    SignUpWithdrawn,
)
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_states import SignUpState, sign_up_state

# Somebody who turned personal ranking off is told that, instead of reasons.
_PLAIN = Named(
    "您已关闭个性化排序，各班次同等对待", "you turned personal ranking off, so every shift counts the same"
)


@dataclass(frozen=True, slots=True)
class _Case:
    """A sign-up as it is now, which may be further than when the event was published."""

    sign_up: SignUp
    shift: Shift
    need: Need
    state: SignUpState

    def facts(self, **more: Fact | None) -> Mapping[str, Fact]:
        always: dict[str, Fact] = {
            "need": self.need.title,
            "place": self.need.place,
            "shift": Span(self.shift.starts_at, self.shift.ends_at),
        }
        return always | {name: fact for name, fact in more.items() if fact is not None}


async def confirmed(session: Session, event: SignUpConfirmed) -> None:
    """A place is theirs: taken at once, approved, accepted, or given by an organiser."""
    case = await _case(session, event.sign_up_id)
    if case is None or case.state is not SignUpState.CONFIRMED:
        return
    added_by = case.sign_up.added_by
    kind = Kind.SIGN_UP_CONFIRMED if added_by in (None, case.sign_up.person_id) else Kind.SIGN_UP_ADDED
    await _tell_person(session, case, kind)


async def waiting(session: Session, event: SignUpWaiting) -> None:
    case = await _case(session, event.sign_up_id)
    if case is not None and case.state is SignUpState.WAITING:
        await _tell_person(session, case, Kind.SIGN_UP_WAITING)


async def offered(session: Session, event: PlaceOffered) -> None:
    """A place is held for them until the offer expires; a word that would come later is not sent."""
    case = await _case(session, event.sign_up_id)
    if case is None or case.state is not SignUpState.OFFERED or case.sign_up.offer_expires_at is None:
        return
    expires_at = case.sign_up.offer_expires_at
    planned = await staffing.why_for_notice(session, case.sign_up.id)
    kind = Kind.PLACE_OFFERED if planned is None else Kind.PLACE_PLANNED
    reasons = None if planned is None or planned.told is None else words.why(planned.told)
    news = News(
        kind=kind,
        told_for=f"{Kind.PLACE_OFFERED}:{case.sign_up.id}",
        facts=case.facts(expires_at=expires_at, why=_PLAIN if planned and reasons is None else reasons),
        link=links.MY_SHIFTS,
        useless_from=expires_at,
    )
    await tell(session, [case.sign_up.person_id], news)


async def lapsed(session: Session, event: OfferLapsed) -> None:
    case = await _case(session, event.sign_up_id)
    if case is not None and case.state is SignUpState.LAPSED:
        await _tell_person(session, case, Kind.OFFER_LAPSED)


async def not_placed(session: Session, event: SignUpLapsed) -> None:
    """The shift began, and no place had come their way."""
    case = await _case(session, event.sign_up_id)
    if case is not None:
        await _tell_person(session, case, Kind.SIGN_UP_LAPSED)


async def declined(session: Session, event: SignUpDeclined) -> None:
    case = await _case(session, event.sign_up_id)
    if case is not None:
        await _tell_person(session, case, Kind.SIGN_UP_DECLINED, reason=case.sign_up.decline_reason)


async def withdrawn(session: Session, event: SignUpWithdrawn) -> None:
    """Whoever was released by an organiser is told why; when somebody gives a place back, the organisers are told."""
    case = await _case(session, event.sign_up_id)
    if case is None:
        return
    if case.sign_up.withdrawn_by not in (None, case.sign_up.person_id):
        await _tell_person(session, case, Kind.SIGN_UP_RELEASED, reason=case.sign_up.withdrawal_reason)
    elif case.sign_up.confirmed_at is not None:
        await _tell_organisers(session, case, Kind.SIGN_UP_WITHDRAWN)


async def applied(session: Session, event: SignUpApplied) -> None:
    """Somebody waits for an organiser's yes or no. Who it is stands on the roster, not in the notice."""
    case = await _case(session, event.sign_up_id)
    if case is not None and case.state is SignUpState.APPLIED:
        await _tell_organisers(session, case, Kind.SIGN_UP_APPLIED)


async def _case(session: Session, sign_up_id: UUID) -> _Case | None:
    found = (
        await session.execute(
            select(SignUp, Shift, Need)
            .join(Shift, Shift.id == SignUp.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .where(SignUp.id == sign_up_id)
        )
    ).one_or_none()
    if found is None:
        return None
    return _Case(found[0], found[1], found[2], sign_up_state(found[0], session.now()))


async def _tell_person(session: Session, case: _Case, kind: Kind, **more: Fact | None) -> None:
    news = News(kind, f"{kind}:{case.sign_up.id}", case.facts(**more), links.MY_SHIFTS)
    await tell(session, [case.sign_up.person_id], news)


async def _tell_organisers(session: Session, case: _Case, kind: Kind) -> None:
    people = await audience.organisers(session, case.need.area_code, case.need.organisation_id)
    news = News(kind, f"{kind}:{case.sign_up.id}", case.facts(), links.roster(case.shift.id))
    await tell(session, set(people) - {case.sign_up.person_id}, news)
