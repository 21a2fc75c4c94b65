"""Deliveries: planned once or week by week, moved, cancelled, and recorded as done with what each commitment came to."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.areas.codes import contains
from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.deliveries import origins, policy, recipients
from marketplace.delivery.deliveries.drafts import CancelDraft, MoveDraft, PlanDraft, RecordDraft
from marketplace.delivery.deliveries.errors import (
    CommitmentsAreTooMany,
    DeliveryIsDone,
    DeliveryIsInThePast,
    DeliveryIsOutOfTerm,
    DeliveryIsOutsideTheArea,
    DeliveryIsRecordedAlready,
    DeliveryIsTooFarAhead,
    RecipientsAreTooMany,
    ShiftHasItsDelivery,
)
from marketplace.delivery.deliveries.events import (
    DeliveryCancelled,
    DeliveryDone,
    DeliveryMoved,
    DeliveryPlanned,
    DeliveryPutRight,
)
from marketplace.delivery.deliveries.holding import (
    held,
    must_have_begun,
    must_not_be_cancelled,
    record_rule,
)
from marketplace.delivery.deliveries.models import Delivery, DeliveryCommitment
from marketplace.delivery.deliveries.origins import Origin
from marketplace.delivery.deliveries.states import is_decided
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish
from marketplace.procurement.contracts.errors import KeyWasUsedForAnother
from marketplace.volunteering import choices

_WEEK = timedelta(days=7)
_LONGEST = timedelta(days=1)


async def plan(session: Session, viewer: Viewer, vault: Vault, draft: PlanDraft) -> Sequence[UUID]:
    """Put one delivery on the calendar, or one for each week; answers their ids in order, for a repeated key the first ones.

    Raises SignInNeeded, NotFound, NotPermitted, ContractIsNotActive, FrameworkHasNoDeliveries, NeedHasNoDeliveriesNow,
    PropertyContractIsNotInForce, ProviderIsSuspended, DeliveryIsInThePast, DeliveryIsTooFarAhead, DeliveryIsOutOfTerm,
    DeliveryIsOutsideTheArea, RecipientsAreTooMany, CommitmentsAreTooMany, ShiftHasItsDelivery, KeyWasUsedForAnother, InputIsInvalid.
    """
    by = viewer.signed_in()
    before = await _of_key(session, by, draft)
    if before:
        return before
    origin = await origins.of_draft(session, viewer, draft)
    await origins.must_fit(session, origin, draft)
    await _must_be_within_bounds(session, origin, draft)
    area_code = await _area(session, origin, draft)
    rows = [_row(session, by, origin, draft, area_code, week) for week in range(draft.weeks)]
    # The first row decides a race between two of the same key: whoever comes second finds all of them.
    if not await insert_once(session, rows[0]):
        before = await _of_key(session, by, draft)
        if before:
            return before
        raise ShiftHasItsDelivery()
    session.add_all(rows[1:])
    await session.flush()
    for row in rows:
        _promise(session, row, draft)
        await recipients.put(session, vault, row, draft, origin.raised_by, by)
    audit.record(
        session,
        by,
        "delivery.planned",
        ("delivery", rows[0].id),
        weeks=len(rows),
        starts_at=rows[0].starts_at,
    )
    await publish(session, *(DeliveryPlanned(row.id) for row in rows))
    return [row.id for row in rows]


async def move(session: Session, viewer: Viewer, delivery_id: UUID, draft: MoveDraft) -> None:
    """Another time or place; the same again changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, DeliveryIsCancelled, DeliveryIsDone, DeliveryIsInThePast, DeliveryIsTooFarAhead,
    DeliveryIsOutOfTerm, InputIsInvalid.
    """
    row = await held(session, viewer, delivery_id)
    by = _must_plan(viewer, row)
    _must_be_open(row)
    place = draft.place or row.place
    if (row.starts_at, row.ends_at, row.place) == (draft.starts_at, draft.ends_at, place):
        return
    await _must_be_ahead(session, draft.starts_at, draft.ends_at, draft.ends_at)
    term = await origins.term_of(session, row)
    if term is not None:
        _must_be_in_term(draft.starts_at, draft.ends_at, term)
    audit.record(
        session, by, "delivery.moved", ("delivery", row.id), was=row.starts_at, starts_at=draft.starts_at
    )
    row.starts_at, row.ends_at, row.place = draft.starts_at, draft.ends_at, place
    row.moved_at = session.now()
    await publish(session, DeliveryMoved(row.id))


async def cancel(session: Session, viewer: Viewer, delivery_id: UUID, draft: CancelDraft) -> None:
    """It does not take place; a second click changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, DeliveryIsDone.
    """
    row = await held(session, viewer, delivery_id)
    by = _must_plan(viewer, row)
    if row.cancelled_at is not None:
        return
    _must_be_open(row)
    row.cancelled_at, row.cancelled_by, row.cancel_reason = session.now(), by, draft.reason
    # The shift may become another delivery.
    row.shift_id = None
    audit.record(session, by, "delivery.cancelled", ("delivery", row.id))
    await publish(session, DeliveryCancelled(row.id))


async def record(session: Session, viewer: Viewer, delivery_id: UUID, draft: RecordDraft) -> None:
    """It took place. The same person again changes nothing; what was sent back is recorded anew, and waits for its decision.

    Raises SignInNeeded, NotFound, NotPermitted, DeliveryIsCancelled, DeliveryIsTooEarly, DeliveryIsRecordedAlready, InputIsInvalid.
    """
    row = await held(session, viewer, delivery_id)
    if not policy.may_record(viewer, row):
        raise NotPermitted()
    by = viewer.signed_in()
    must_not_be_cancelled(row)
    is_sent_back = row.done_at is not None and is_decided(row) and not row.is_accepted
    if row.done_at is not None and not is_sent_back:
        if row.done_by != by:
            raise DeliveryIsRecordedAlready()
        return
    must_have_begun(row, await record_rule(session), session.now())
    await _keep_actuals(session, row, draft)
    row.minutes, row.note, row.done_by = draft.minutes, draft.note, by
    if is_sent_back:
        row.decided_at = row.decided_by = row.is_accepted = row.decision_reason = None
        audit.record(session, by, "delivery.put_right", ("delivery", row.id), minutes=draft.minutes)
        await publish(session, DeliveryPutRight(row.id))
        return
    await finish(session, row, by)


async def finish(session: Session, row: Delivery, by: UUID | None) -> None:
    """Note that a held delivery took place. ``by`` is None for what a volunteer shift says by itself."""
    row.done_at = session.now()
    audit.record(session, by, "delivery.done", ("delivery", row.id), minutes=row.minutes)
    await publish(session, DeliveryDone(row.id))


def _must_plan(viewer: Viewer, row: Delivery) -> UUID:
    """Raises NotPermitted."""
    if not policy.may_plan(viewer, row):
        raise NotPermitted()
    return viewer.signed_in()


def _must_be_open(row: Delivery) -> None:
    """Raises DeliveryIsCancelled, DeliveryIsDone."""
    must_not_be_cancelled(row)
    if row.done_at is not None:
        raise DeliveryIsDone()


async def _must_be_within_bounds(session: Session, origin: Origin, draft: PlanDraft) -> None:
    limits = await rules.in_force(session, "delivery.plan")
    named = len(draft.recipients) + draft.seats
    if named > limits.value["most_recipients"]:
        raise RecipientsAreTooMany(most=limits.value["most_recipients"], article=limits.article)
    if len(draft.commitments) > limits.value["most_commitments"]:
        raise CommitmentsAreTooMany(most=limits.value["most_commitments"], article=limits.article)
    if draft.people < named:
        raise InputIsInvalid.of("people", "greater_than_equal", ge=named)
    last = draft.ends_at + _WEEK * (draft.weeks - 1)
    await _must_be_ahead(session, draft.starts_at, draft.ends_at, last)
    if origin.starts_on is not None and origin.ends_on is not None:
        _must_be_in_term(draft.starts_at, last, (origin.starts_on, origin.ends_on))


def _must_be_in_term(starts_at: datetime, ends_at: datetime, term: tuple[date, date]) -> None:
    """Raises DeliveryIsOutOfTerm."""
    first, last = term
    if local_day(starts_at) < first or local_day(ends_at) > last:
        raise DeliveryIsOutOfTerm(first=first, last=last)


async def _must_be_ahead(session: Session, starts_at: datetime, ends_at: datetime, last: datetime) -> None:
    """Raises InputIsInvalid, DeliveryIsInThePast, DeliveryIsTooFarAhead."""
    if ends_at <= starts_at:
        raise InputIsInvalid.of("ends_at", "ends_before_start")
    if ends_at - starts_at > _LONGEST:
        raise InputIsInvalid.of("ends_at", "shift_too_long")
    if ends_at <= session.now():
        raise DeliveryIsInThePast()
    limits = await rules.in_force(session, "delivery.plan")
    most_days = limits.value["most_ahead_days"]
    if last > session.now() + timedelta(days=most_days):
        raise DeliveryIsTooFarAhead(most_days=most_days, article=limits.article)


async def _area(session: Session, origin: Origin, draft: PlanDraft) -> str:
    if draft.area_code is None or draft.area_code == origin.area_code:
        return origin.area_code
    area_code = await choices.area(session, draft.area_code)
    if not contains(origin.area_code, area_code):
        raise DeliveryIsOutsideTheArea()
    return area_code


def _row(session: Session, by: UUID, origin: Origin, draft: PlanDraft, area_code: str, week: int) -> Delivery:
    return Delivery(
        id=new_id(),
        contract_id=origin.contract_id,
        milestone_id=draft.milestone_id,
        need_id=origin.need_id,
        shift_id=draft.shift_id,
        property_contract_id=origin.property_contract_id,
        organisation_id=origin.organisation_id,
        service_type=origin.service_type,
        area_code=area_code,
        title=draft.title,
        promised=draft.promised,
        place=draft.place,
        receiver=draft.receiver.value,
        people=draft.people,
        served_by=draft.served_by,
        starts_at=draft.starts_at + _WEEK * week,
        ends_at=draft.ends_at + _WEEK * week,
        idempotency_key=_key(draft, week),
        planned_at=session.now(),
        planned_by=by,
    )


def _promise(session: Session, row: Delivery, draft: PlanDraft) -> None:
    session.add_all(
        DeliveryCommitment(
            id=new_id(),
            delivery_id=row.id,
            number=number,
            text=one.text,
            unit=one.unit,
            direction=one.direction.value,
            target=one.target,
        )
        for number, one in enumerate(draft.commitments, start=1)
    )


async def _keep_actuals(session: Session, row: Delivery, draft: RecordDraft) -> None:
    """Raises InputIsInvalid where a commitment's number is not told, or a number is of no commitment."""
    promised = await session.scalars(
        select(DeliveryCommitment).where(DeliveryCommitment.delivery_id == row.id)
    )
    by_number = {one.number: one for one in promised}
    for number in draft.actuals:
        if number not in by_number:
            raise InputIsInvalid.of(f"actuals.{number}", "unknown_choice", choice=str(number))
    for number, one in by_number.items():
        if number not in draft.actuals:
            raise InputIsInvalid.of(f"actuals.{number}", "missing")
        one.actual = draft.actuals[number]


def _key(draft: PlanDraft, week: int) -> str:
    """The draft's key for the first delivery, one worked out of it for each of the others."""
    if week == 0:
        return draft.idempotency_key
    return hashlib.sha256(f"{draft.idempotency_key} {week}".encode()).hexdigest()


async def _of_key(session: Session, by: UUID, draft: PlanDraft) -> list[UUID]:
    """What was planned under the key before. Raises KeyWasUsedForAnother."""
    keys = [_key(draft, week) for week in range(draft.weeks)]
    rows = (
        await session.scalars(
            select(Delivery)
            .where(Delivery.planned_by == by, Delivery.idempotency_key.in_(keys))
            .order_by(Delivery.starts_at, Delivery.id)
        )
    ).all()
    if not rows:
        return []
    first = rows[0]
    asked = (draft.contract_id, draft.need_id, draft.property_contract_id)
    if (first.contract_id, first.need_id, first.property_contract_id) != asked or first.title != draft.title:
        raise KeyWasUsedForAnother()
    return [row.id for row in rows]
