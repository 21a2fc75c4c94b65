"""Check-in and check-out, by code or by the organiser's hand; what nobody checked out is closed by the rule and reviewed."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.hours import ledger, reviews
from marketplace.hours.drafts import ByHandDraft
from marketplace.hours.errors import (
    CheckInIsClosed,
    CheckInIsNotOpen,
    CheckOutIsClosed,
    CodeIsWrong,
    KeyWasUsed,
    NotCheckedIn,
    SignUpIsNotConfirmed,
)
from marketplace.hours.ledger import Served
from marketplace.hours.models import Attendance
from marketplace.hours.policy import must_witness
from marketplace.hours.proofs import Proof
from marketplace.hours.rules import CheckInRule, check_in_rule
from marketplace.hours.states import (
    Cause,
    Method,
    Source,
    attendance_grade,
    is_witnessed,
    late_minutes,
    served_minutes,
)
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.policy import visible_to
from marketplace.volunteering.sign_up_states import is_confirmed

_CLOSED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Witness:
    """Who saw it and how."""

    by: UUID
    method: Method
    metres: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """A person's place in a shift, held until the transaction ends, and the rule for it."""

    sign_up: SignUp
    shift: Shift
    rule: CheckInRule


async def check_in(session: Session, proof: Proof) -> UUID:
    """Record that the person of ``proof`` came; its attendance. Doing it again changes nothing and gives the same answer.

    Raises SignUpIsNotConfirmed, CheckInIsNotOpen, CheckInIsClosed, CodeIsWrong, KeyWasUsed.
    """
    place = await _place(session, proof.sign_up_id, proof.person_id)
    known = await _attendance(session, proof.sign_up_id)
    if known is not None:
        return known.id
    _expect_open(session, place)
    method = _proven(proof)
    await _expect_unused(session, proof.person_id, proof.key)
    return await _come(session, place, _Witness(proof.person_id, method, proof.metres), proof.key)


async def check_out(session: Session, proof: Proof) -> UUID:
    """Record that the person of ``proof`` left, and their minutes; the attendance. Repeating it changes nothing.

    Raises NotCheckedIn, CheckOutIsClosed, CodeIsWrong.
    """
    place = await _place(session, proof.sign_up_id, proof.person_id)
    attendance = await _present(session, place)
    if attendance.checked_out_at is None:
        _expect_not_closed(session, place, attendance)
        await _leave(session, place, attendance, _Witness(proof.person_id, _proven(proof)))
    return attendance.id


async def check_in_by_hand(session: Session, viewer: Viewer, draft: ByHandDraft) -> UUID:
    """An organiser says that somebody came, and why there was no code. Raises as ``check_in``, and NotPermitted, NotForOneself."""
    place, witness = await _witnessed(session, viewer, draft)
    known = await _attendance(session, draft.sign_up_id)
    if known is not None:
        return known.id
    _expect_open(session, place)
    audit.record(session, witness.by, "hours.checked_in_by_hand", ("sign_up", draft.sign_up_id))
    return await _come(session, place, witness, None)


async def check_out_by_hand(session: Session, viewer: Viewer, draft: ByHandDraft) -> UUID:
    """An organiser says that somebody left, and why there was no code. Raises as ``check_out``, and NotPermitted, NotForOneself."""
    place, witness = await _witnessed(session, viewer, draft)
    attendance = await _present(session, place)
    if attendance.checked_out_at is None:
        _expect_not_closed(session, place, attendance)
        audit.record(session, witness.by, "hours.checked_out_by_hand", ("sign_up", draft.sign_up_id))
        await _leave(session, place, attendance, witness)
    return attendance.id


async def close_forgotten(session: Session) -> None:
    """Close every presence whose check-out never came, and open its review. A repeated task; safe to run again."""
    rule = await check_in_rule(session)
    forgotten = await session.execute(
        select(Attendance.id, Attendance.person_id)
        .join(Shift, Shift.id == Attendance.shift_id)
        .where(
            Attendance.checked_out_at.is_(None),
            Attendance.closed_by_rule_at.is_(None),
            Shift.ends_at < session.now() - rule.closes_after,
        )
        .order_by(Attendance.person_id)
        .limit(_CLOSED_AT_ONCE)
    )
    for row in forgotten.all():
        await ledger.hold(session, row.person_id)
        attendance = await session.get_one(Attendance, row.id, populate_existing=True)
        if attendance.checked_out_at is None and attendance.closed_by_rule_at is None:
            attendance.closed_by_rule_at = session.now()
            await reviews.open_for(session, attendance, Cause.NO_CHECK_OUT, opened_by=None)


async def _place(session: Session, sign_up_id: UUID, person_id: UUID) -> _Place:
    """Hold the person, then read what they signed up for. Raises SignUpIsNotConfirmed."""
    await ledger.hold(session, person_id)
    found = (
        await session.execute(
            select(SignUp, Shift)
            .join(Shift, Shift.id == SignUp.shift_id)
            .where(SignUp.id == sign_up_id, is_confirmed())
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if found is None:
        raise SignUpIsNotConfirmed()
    return _Place(found[0], found[1], await check_in_rule(session))


async def _witnessed(session: Session, viewer: Viewer, draft: ByHandDraft) -> tuple[_Place, _Witness]:
    viewer.signed_in()
    found = (
        await session.execute(
            select(SignUp.person_id, Need)
            .join(Shift, Shift.id == SignUp.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .where(SignUp.id == draft.sign_up_id, visible_to(viewer))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    by = must_witness(viewer, found[1], found[0])
    place = await _place(session, draft.sign_up_id, found[0])
    return place, _Witness(by, Method.BY_HAND, reason=draft.reason)


async def _attendance(session: Session, sign_up_id: UUID) -> Attendance | None:
    return await session.scalar(
        select(Attendance)
        .where(Attendance.sign_up_id == sign_up_id)
        .execution_options(populate_existing=True)
    )


async def _present(session: Session, place: _Place) -> Attendance:
    attendance = await _attendance(session, place.sign_up.id)
    if attendance is None:
        raise NotCheckedIn()
    return attendance


def _proven(proof: Proof) -> Method:
    if proof.method is None:
        raise CodeIsWrong()
    return proof.method


def _expect_open(session: Session, place: _Place) -> None:
    opens_at = place.rule.opens_at(place.shift.starts_at)
    if session.now() < opens_at:
        raise CheckInIsNotOpen(article=place.rule.article, opens_at=opens_at)
    if session.now() >= place.shift.ends_at:
        raise CheckInIsClosed(article=place.rule.article, ended_at=place.shift.ends_at)


def _expect_not_closed(session: Session, place: _Place, attendance: Attendance) -> None:
    closes_at = place.rule.closes_at(place.shift.ends_at)
    if attendance.closed_by_rule_at is not None or session.now() > closes_at:
        raise CheckOutIsClosed(article=place.rule.closing_article, closed_at=closes_at)


async def _expect_unused(session: Session, person_id: UUID, key: str | None) -> None:
    used = select(Attendance.id).where(Attendance.person_id == person_id, Attendance.idempotency_key == key)
    if key is not None and await session.scalar(used):
        raise KeyWasUsed()


async def _come(session: Session, place: _Place, witness: _Witness, key: str | None) -> UUID:
    attendance = Attendance(
        id=new_id(),
        sign_up_id=place.sign_up.id,
        shift_id=place.shift.id,
        person_id=place.sign_up.person_id,
        idempotency_key=key,
        checked_in_at=session.now(),
        check_in_method=witness.method,
        checked_in_by=witness.by,
        check_in_reason=witness.reason,
        check_in_metres=witness.metres,
        late_minutes=late_minutes(place.shift.starts_at, session.now(), place.rule.late_after_minutes),
    )
    session.add(attendance)
    await session.flush()
    return attendance.id


async def _leave(session: Session, place: _Place, attendance: Attendance, witness: _Witness) -> None:
    attendance.checked_out_at = session.now()
    attendance.check_out_method = witness.method
    attendance.checked_out_by = witness.by
    attendance.check_out_reason = witness.reason
    grade = attendance_grade(
        is_witnessed(attendance.check_in_method, attendance.check_in_metres, place.rule.place_metres),
        is_witnessed(witness.method, witness.metres, place.rule.place_metres),
    )
    if grade is None:
        await reviews.open_for(session, attendance, Cause.BY_HAND, opened_by=witness.by)
        return
    shift = place.shift
    await ledger.record(
        session,
        Served(
            person_id=attendance.person_id,
            need_id=shift.need_id,
            shift_id=shift.id,
            minutes=served_minutes(
                (shift.starts_at, shift.ends_at), (attendance.checked_in_at, session.now())
            ),
            grade=grade,
            served_on=ledger.served_on(shift),
            source=Source.ATTENDANCE,
            source_id=attendance.id,
        ),
    )
