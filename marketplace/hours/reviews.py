"""Reviews: a presence that no code proves becomes hours only by an organiser's decision, in minutes and with a reason."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.hours import ledger
from marketplace.hours.drafts import AskDraft, DecisionDraft
from marketplace.hours.errors import (
    MinutesExceedTheShift,
    ReviewIsDecided,
    ReviewIsNotNeeded,
    ShiftIsNotOver,
    SignUpIsNotConfirmed,
)
from marketplace.hours.events import ReviewDeclined, ReviewOpened
from marketplace.hours.ledger import Served
from marketplace.hours.models import Attendance, HourReview
from marketplace.hours.policy import must_be_second_person, visible_to
from marketplace.hours.states import Cause, Grade, Source, whole_minutes
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_policy import must_organise
from marketplace.volunteering.sign_up_states import is_confirmed


async def ask(session: Session, viewer: Viewer, draft: AskDraft) -> UUID:
    """Ask for a review of a presence that nobody checked in: by the volunteer, or by an organiser. Asking again changes nothing.

    Without it, a confirmed person who never checked in was absent. Raises SignInNeeded, NotFound, NotPermitted,
    SignUpIsNotConfirmed, ShiftIsNotOver, ReviewIsNotNeeded.
    """
    viewer_id = viewer.signed_in()
    sign_up, shift, need = await _signed_up(session, viewer, draft.sign_up_id)
    if sign_up.person_id != viewer_id:
        must_organise(viewer, need)
    await ledger.hold(session, sign_up.person_id)
    known = await session.scalar(select(HourReview.id).where(HourReview.sign_up_id == sign_up.id))
    if known is not None:
        return known
    await _expect_missed(session, sign_up, shift)
    return await _open(session, sign_up, Cause.NO_CHECK_IN, opened_by=viewer_id)


async def open_for(session: Session, attendance: Attendance, cause: Cause, opened_by: UUID | None) -> UUID:
    """Open the review of an attendance that cannot count by itself. The caller holds the person."""
    sign_up = await session.get_one(SignUp, attendance.sign_up_id)
    return await _open(session, sign_up, cause, opened_by)


async def decide(session: Session, viewer: Viewer, draft: DecisionDraft) -> UUID:
    """Decide a review, once. 0 minutes say that nothing is counted. The review.

    Raises SignInNeeded, NotFound, NotPermitted, NotForOneself, NotByTheSamePerson, ReviewIsDecided, ShiftIsNotOver,
    MinutesExceedTheShift.
    """
    viewer.signed_in()
    review, shift, need = await _seen(session, viewer, draft.review_id)
    viewer_id = must_be_second_person(viewer, need, subject_id=review.person_id, asked_by=review.opened_by)
    await ledger.hold(session, review.person_id)
    await session.refresh(review)
    if review.decided_at is not None:
        raise ReviewIsDecided()
    expect_within(shift, draft.minutes)
    if session.now() < shift.ends_at:
        raise ShiftIsNotOver(ends_at=shift.ends_at)
    review.decided_at, review.decided_by = session.now(), viewer_id
    review.minutes, review.reason = draft.minutes, draft.reason
    audit.record(session, viewer_id, "hours.reviewed", ("hour_review", review.id), minutes=draft.minutes)
    await _count(session, review, shift)
    return review.id


def expect_within(shift: Shift, minutes: int) -> None:
    """Raises MinutesExceedTheShift for more minutes than the shift has."""
    most = whole_minutes(shift.ends_at - shift.starts_at)
    if minutes > most:
        raise MinutesExceedTheShift(most=timedelta(minutes=most))


async def _count(session: Session, review: HourReview, shift: Shift) -> None:
    entry_id = await ledger.record(
        session,
        Served(
            person_id=review.person_id,
            need_id=shift.need_id,
            shift_id=shift.id,
            minutes=review.minutes or 0,
            grade=Grade.C,
            served_on=ledger.served_on(shift),
            source=Source.REVIEW,
            source_id=review.id,
            entered_by=review.decided_by,
            reason=review.reason,
        ),
    )
    if entry_id is None:
        await publish(session, ReviewDeclined(review_id=review.id))


async def _open(session: Session, sign_up: SignUp, cause: Cause, opened_by: UUID | None) -> UUID:
    review = HourReview(
        id=new_id(),
        sign_up_id=sign_up.id,
        shift_id=sign_up.shift_id,
        person_id=sign_up.person_id,
        cause=cause,
        opened_at=session.now(),
        opened_by=opened_by,
    )
    session.add(review)
    await session.flush()
    await publish(session, ReviewOpened(review_id=review.id))
    return review.id


async def _expect_missed(session: Session, sign_up: SignUp, shift: Shift) -> None:
    if session.now() < shift.ends_at:
        raise ShiftIsNotOver(ends_at=shift.ends_at)
    attended = select(Attendance.id).where(Attendance.sign_up_id == sign_up.id)
    if await session.scalar(attended) or await ledger.standing_entry(session, sign_up.person_id, shift.id):
        raise ReviewIsNotNeeded()


async def _signed_up(session: Session, viewer: Viewer, sign_up_id: UUID) -> tuple[SignUp, Shift, Need]:
    found = (
        await session.execute(
            select(SignUp, Shift, Need, is_confirmed().label("is_confirmed"))
            .join(Shift, Shift.id == SignUp.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .where(SignUp.id == sign_up_id, visible_to(viewer, SignUp.person_id, Shift.need_id))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    if not found.is_confirmed:
        raise SignUpIsNotConfirmed()
    return found[0], found[1], found[2]


async def _seen(session: Session, viewer: Viewer, review_id: UUID) -> tuple[HourReview, Shift, Need]:
    found = (
        await session.execute(
            select(HourReview, Shift, Need)
            .join(Shift, Shift.id == HourReview.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .where(HourReview.id == review_id, visible_to(viewer, HourReview.person_id, Shift.need_id))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found[0], found[1], found[2]
