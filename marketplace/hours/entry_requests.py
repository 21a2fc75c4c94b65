"""Hours entered by hand, and corrections: asked for with a reason, counted only when enough other people have approved."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.hours import ledger
from marketplace.hours.drafts import CorrectionDraft, EntryDraft, RefusalDraft
from marketplace.hours.errors import (
    CorrectionChangesNothing,
    EntryIsReversed,
    HoursAreRecorded,
    KeyWasUsed,
    RequestIsDecided,
    RequestIsUnderWay,
    ServedInTheFuture,
    ShiftIsNotOver,
)
from marketplace.hours.events import HourEntryRefused, HourEntryRequested
from marketplace.hours.ledger import Served
from marketplace.hours.models import HourEntryApproval, HourEntryRequest, LedgerEntry
from marketplace.hours.policy import must_be_second_person, visible_to
from marketplace.hours.reviews import expect_within
from marketplace.hours.rules import ApprovalRule, by_hand_rule, correction_rule
from marketplace.hours.states import Grade, Source, corrected_grade
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.volunteering import policy as volunteering_policy
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_policy import must_organise


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request about to be written, whoever it came from."""

    by: UUID
    key: str | None
    person_id: UUID
    need_id: UUID
    shift_id: UUID | None
    minutes: int
    served_on: date
    reason: str
    corrects: LedgerEntry | None
    rule: ApprovalRule


async def enter(session: Session, viewer: Viewer, draft: EntryDraft) -> UUID:
    """Ask for hours without evidence, for somebody who signed up to the need. The request; the same one for the same idempotency key.

    Raises SignInNeeded, NotFound, NotPermitted, ServedInTheFuture, ShiftIsNotOver, MinutesExceedTheShift, HoursAreRecorded,
    RequestIsUnderWay, KeyWasUsed.
    """
    viewer_id = viewer.signed_in()
    need, shift = await _need_and_shift(session, viewer, draft)
    must_organise(viewer, need)
    await _expect_signed_up(session, draft)
    await ledger.hold(session, draft.person_id, viewer_id)
    asked = _Asked(
        by=viewer_id,
        key=draft.idempotency_key,
        person_id=draft.person_id,
        need_id=draft.need_id,
        shift_id=draft.shift_id,
        minutes=draft.minutes,
        served_on=_served_on(session, draft, shift),
        reason=draft.reason,
        corrects=None,
        rule=await by_hand_rule(session),
    )
    known = await _same_request(session, asked)
    if known is not None:
        return known
    if draft.shift_id and await ledger.standing_entry(session, draft.person_id, draft.shift_id):
        raise HoursAreRecorded()
    return await _ask(session, asked)


async def correct(session: Session, viewer: Viewer, draft: CorrectionDraft) -> UUID:
    """Ask for an entry to be corrected, by its owner or an organiser. The request; the same one for the same idempotency key.

    More minutes than before are hours without evidence and need as many approvals as those; fewer need one second person.
    Raises SignInNeeded, NotFound, NotPermitted, EntryIsReversed, CorrectionChangesNothing, MinutesExceedTheShift,
    RequestIsUnderWay, KeyWasUsed.
    """
    viewer_id = viewer.signed_in()
    entry, need = await _seen_entry(session, viewer, draft.entry_id)
    if entry.person_id != viewer_id:
        must_organise(viewer, need)
    await ledger.hold(session, entry.person_id, viewer_id)
    adds = draft.minutes > entry.minutes
    asked = _Asked(
        by=viewer_id,
        key=draft.idempotency_key,
        person_id=entry.person_id,
        need_id=entry.need_id,
        shift_id=entry.shift_id,
        minutes=draft.minutes,
        served_on=entry.served_on,
        reason=draft.reason,
        corrects=entry,
        rule=await (by_hand_rule(session) if adds else correction_rule(session)),
    )
    known = await _same_request(session, asked)
    if known is not None:
        return known
    await _expect_correctable(session, entry, draft.minutes)
    return await _ask(session, asked)


async def approve(session: Session, viewer: Viewer, request_id: UUID) -> UUID:
    """Agree to a request; with the last approval that it needs, it counts. Agreeing twice is agreeing once. The request.

    Raises SignInNeeded, NotFound, NotPermitted, NotForOneself, NotByTheSamePerson, RequestIsDecided, HoursAreRecorded,
    EntryIsReversed.
    """
    request, viewer_id = await _decidable(session, viewer, request_id)
    approvers = await _approvers(session, request.id)
    if viewer_id in approvers:
        return request.id
    if request.completed_at is not None or request.refused_at is not None:
        raise RequestIsDecided()
    session.add(HourEntryApproval(request_id=request.id, approver_id=viewer_id, approved_at=session.now()))
    await session.flush()
    audit.record(session, viewer_id, "hours.request_approved", ("hour_entry_request", request.id))
    if len(approvers) + 1 >= request.approvals_needed:
        request.completed_at = session.now()
        await _count(session, request, viewer_id)
    return request.id


async def refuse(session: Session, viewer: Viewer, draft: RefusalDraft) -> UUID:
    """Turn a request down, for good and with a reason. Raises as ``approve``."""
    request, viewer_id = await _decidable(session, viewer, draft.request_id)
    if request.completed_at is not None or request.refused_at is not None:
        raise RequestIsDecided()
    request.refused_at, request.refused_by = session.now(), viewer_id
    request.refusal_reason = draft.reason
    audit.record(session, viewer_id, "hours.request_refused", ("hour_entry_request", request.id))
    await publish(session, HourEntryRefused(request_id=request.id))
    return request.id


async def _ask(session: Session, asked: _Asked) -> UUID:
    await _expect_not_under_way(session, asked)
    request = HourEntryRequest(
        id=new_id(),
        person_id=asked.person_id,
        need_id=asked.need_id,
        shift_id=asked.shift_id,
        corrects_entry_id=asked.corrects.id if asked.corrects else None,
        idempotency_key=asked.key,
        minutes=asked.minutes,
        served_on=asked.served_on,
        reason=asked.reason,
        requested_at=session.now(),
        requested_by=asked.by,
        approvals_needed=asked.rule.approvals,
    )
    session.add(request)
    await session.flush()
    audit.record(
        session, asked.by, "hours.requested", ("hour_entry_request", request.id), minutes=asked.minutes
    )
    await publish(session, HourEntryRequested(request_id=request.id))
    return request.id


async def _count(session: Session, request: HourEntryRequest, approver_id: UUID) -> None:
    """Write what the approvals made true: the reversal of what was wrong, and the entry itself."""
    grade = Grade.D
    if request.corrects_entry_id is not None:
        corrected = await session.get_one(LedgerEntry, request.corrects_entry_id)
        await ledger.reverse(session, corrected, approver_id, request.reason)
        grade = corrected_grade(corrected.grade) if request.minutes <= corrected.minutes else Grade.D
    await ledger.record(
        session,
        Served(
            person_id=request.person_id,
            need_id=request.need_id,
            shift_id=request.shift_id,
            minutes=request.minutes,
            grade=grade,
            served_on=request.served_on,
            source=Source.REQUEST,
            source_id=request.id,
            entered_by=request.requested_by,
            reason=request.reason,
        ),
    )


async def _decidable(session: Session, viewer: Viewer, request_id: UUID) -> tuple[HourEntryRequest, UUID]:
    """The request, held, and the viewer's id, who may decide it."""
    viewer.signed_in()
    found = (
        await session.execute(
            select(HourEntryRequest, Need)
            .join(Need, Need.id == HourEntryRequest.need_id)
            .where(
                HourEntryRequest.id == request_id,
                visible_to(viewer, HourEntryRequest.person_id, HourEntryRequest.need_id),
            )
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    request, need = found
    viewer_id = must_be_second_person(
        viewer,
        need,
        subject_id=request.person_id,
        asked_by=request.requested_by,
        article=(await by_hand_rule(session)).article,
    )
    # Two approvers at once queue here: the second one counts the first one's approval.
    await ledger.hold(session, request.person_id)
    await session.refresh(request)
    return request, viewer_id


async def _approvers(session: Session, request_id: UUID) -> set[UUID]:
    found = select(HourEntryApproval.approver_id).where(HourEntryApproval.request_id == request_id)
    return set(await session.scalars(found))


async def _need_and_shift(session: Session, viewer: Viewer, draft: EntryDraft) -> tuple[Need, Shift | None]:
    need = await session.scalar(
        select(Need).where(Need.id == draft.need_id, volunteering_policy.visible_to(viewer))
    )
    if need is None:
        raise NotFound()
    if draft.shift_id is None:
        return need, None
    shift = await session.scalar(
        select(Shift).where(Shift.id == draft.shift_id, Shift.need_id == draft.need_id)
    )
    if shift is None:
        raise NotFound()
    return need, shift


async def _expect_signed_up(session: Session, draft: EntryDraft) -> None:
    """Whoever is to have hours signed up to the need once: an organiser can neither invent people nor go through the city's."""
    found = await session.scalar(
        select(func.count())
        .select_from(SignUp)
        .join(Shift, Shift.id == SignUp.shift_id)
        .where(SignUp.person_id == draft.person_id, Shift.need_id == draft.need_id)
    )
    if not found:
        raise NotFound()


def _served_on(session: Session, draft: EntryDraft, shift: Shift | None) -> date:
    if shift is not None:
        if session.now() < shift.ends_at:
            raise ShiftIsNotOver(ends_at=shift.ends_at)
        expect_within(shift, draft.minutes)
        if draft.served_on not in (None, ledger.served_on(shift)):
            raise InputIsInvalid.of("served_on", "not_the_day_of_the_shift")
        return ledger.served_on(shift)
    if draft.served_on is None:
        raise InputIsInvalid.of("served_on", "missing")
    if draft.served_on > local_day(session.now()):
        raise ServedInTheFuture()
    return draft.served_on


async def _seen_entry(session: Session, viewer: Viewer, entry_id: UUID) -> tuple[LedgerEntry, Need]:
    found = (
        await session.execute(
            select(LedgerEntry, Need)
            .join(Need, Need.id == LedgerEntry.need_id)
            .where(LedgerEntry.id == entry_id, visible_to(viewer, LedgerEntry.person_id, LedgerEntry.need_id))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found[0], found[1]


async def _expect_correctable(session: Session, entry: LedgerEntry, minutes: int) -> None:
    if entry.reverses_id is not None or await ledger.is_reversed(session, entry.id):
        raise EntryIsReversed()
    if minutes == entry.minutes:
        raise CorrectionChangesNothing()
    if entry.shift_id is not None:
        expect_within(await session.get_one(Shift, entry.shift_id), minutes)


async def _same_request(session: Session, asked: _Asked) -> UUID | None:
    """The request that this person sent with the same key. Raises KeyWasUsed when it was about something else."""
    if asked.key is None:
        return None
    known = await session.scalar(
        select(HourEntryRequest).where(
            HourEntryRequest.requested_by == asked.by, HourEntryRequest.idempotency_key == asked.key
        )
    )
    if known is None:
        return None
    corrects = asked.corrects.id if asked.corrects else None
    same = (known.person_id, known.need_id, known.shift_id, known.minutes, known.corrects_entry_id)
    if same != (asked.person_id, asked.need_id, asked.shift_id, asked.minutes, corrects):
        raise KeyWasUsed()
    return known.id


async def _expect_not_under_way(session: Session, asked: _Asked) -> None:
    """One question at a time: the same entry, or the same shift, waits for one decision only."""
    about = (
        HourEntryRequest.corrects_entry_id == asked.corrects.id
        if asked.corrects
        else HourEntryRequest.corrects_entry_id.is_(None)
        & (HourEntryRequest.need_id == asked.need_id)
        & (HourEntryRequest.served_on == asked.served_on)
        & (
            HourEntryRequest.shift_id.is_(None)
            if asked.shift_id is None
            else HourEntryRequest.shift_id == asked.shift_id
        )
    )
    waiting = select(HourEntryRequest.id).where(
        HourEntryRequest.person_id == asked.person_id,
        HourEntryRequest.completed_at.is_(None),
        HourEntryRequest.refused_at.is_(None),
        about,
    )
    if await session.scalar(waiting):
        raise RequestIsUnderWay()
