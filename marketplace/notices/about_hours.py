"""Notices about hours: minutes recorded or taken back, presences and requests that wait for a decision, and what was decided."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.hours.events import (
    HourEntryRefused,
    HourEntryRequested,
    HoursRecorded,
    ReviewDeclined,
    ReviewOpened,
)
from marketplace.hours.models import HourEntryRequest, HourReview, LedgerEntry
from marketplace.hours.states import RequestState, request_state
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Span
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.volunteering.models import Need, Shift


async def recorded(session: Session, event: HoursRecorded) -> None:
    """Minutes were added, or, with a reason, taken back."""
    entry = await session.get_one(LedgerEntry, event.entry_id)
    need = await session.get_one(Need, entry.need_id)
    kind = Kind.HOURS_RECORDED if entry.minutes > 0 else Kind.HOURS_REVERSED
    facts: dict[str, Fact] = {
        "need": need.title,
        "served_on": entry.served_on,
        "time": timedelta(minutes=abs(entry.minutes)),
    }
    if entry.reason and kind is Kind.HOURS_REVERSED:
        facts["reason"] = entry.reason
    await tell(session, [entry.person_id], News(kind, f"hours:{entry.id}", facts, links.MY_HOURS))


async def review_opened(session: Session, event: ReviewOpened) -> None:
    """Organisers decide; the person whose presence it is knows that it waits, unless they asked themselves."""
    review, facts, need = await _review(session, event.review_id)
    if review.decided_at is not None:
        return
    organisers = await audience.organisers(session, need.area_code, need.organisation_id)
    await tell(
        session,
        set(organisers) - {review.person_id, review.opened_by},
        News(Kind.REVIEW_OPENED, f"{Kind.REVIEW_OPENED}:{review.id}", facts, links.REVIEWS),
    )
    if review.opened_by != review.person_id:
        news = News(Kind.HOURS_IN_REVIEW, f"{Kind.HOURS_IN_REVIEW}:{review.id}", facts, links.MY_HOURS)
        await tell(session, [review.person_id], news)


async def review_declined(session: Session, event: ReviewDeclined) -> None:
    review, facts, _ = await _review(session, event.review_id)
    if review.reason:
        facts["reason"] = review.reason
    news = News(Kind.HOURS_NOT_COUNTED, f"{Kind.HOURS_NOT_COUNTED}:{review.id}", facts, links.MY_HOURS)
    await tell(session, [review.person_id], news)


async def requested(session: Session, event: HourEntryRequested) -> None:
    """Organisers who neither asked nor own the hours may approve."""
    request = await session.get_one(HourEntryRequest, event.request_id)
    if request_state(request.completed_at, request.refused_at) is not RequestState.WAITING:
        return
    need = await session.get_one(Need, request.need_id)
    organisers = await audience.organisers(session, need.area_code, need.organisation_id)
    told_for = f"{Kind.HOURS_REQUESTED}:{request.id}"
    await tell(
        session,
        set(organisers) - {request.requested_by, request.person_id},
        News(Kind.HOURS_REQUESTED, told_for, _request_facts(request, need), links.HOUR_ENTRIES),
    )


async def refused(session: Session, event: HourEntryRefused) -> None:
    request = await session.get_one(HourEntryRequest, event.request_id)
    need = await session.get_one(Need, request.need_id)
    facts = _request_facts(request, need)
    if request.refusal_reason:
        facts["reason"] = request.refusal_reason
    news = News(Kind.HOURS_REFUSED, f"{Kind.HOURS_REFUSED}:{request.id}", facts, links.HOUR_ENTRIES)
    await tell(session, [request.requested_by], news)


def _request_facts(request: HourEntryRequest, need: Need) -> dict[str, Fact]:
    return {
        "need": need.title,
        "served_on": request.served_on,
        "time": timedelta(minutes=request.minutes),
    }


async def _review(session: Session, review_id: UUID) -> tuple[HourReview, dict[str, Fact], Need]:
    found = await session.execute(
        select(HourReview, Shift, Need)
        .join(Shift, Shift.id == HourReview.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(HourReview.id == review_id)
    )
    review, shift, need = found.one()
    return review, {"need": need.title, "shift": Span(shift.starts_at, shift.ends_at)}, need
