"""A finished volunteer shift is a delivery: what was planned for it is done, or one is made of it, once the hours are settled."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.deliveries import origins
from marketplace.delivery.deliveries.deliveries import finish
from marketplace.delivery.deliveries.drafts import Receiver
from marketplace.delivery.deliveries.events import DeliveryPlanned
from marketplace.delivery.deliveries.holding import overdue_after
from marketplace.delivery.deliveries.models import Delivery, DeliveryCommitment
from marketplace.delivery.deliveries.recipients import of_resident
from marketplace.hours.models import Attendance, HourReview, LedgerEntry
from marketplace.hours.rules import check_in_rule
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.volunteering.models import Need, Shift

_AT_ONCE: Final = 50
_SLEPT: Final = timedelta(days=30)
"""A worker that slept longer than this lets the older shifts be: nobody could still say how they were."""
_MOST_MINUTES: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Served:
    """What a shift came to."""

    people: int
    minutes: int


async def deliver_finished(session: Session) -> None:
    """Repeated task: finished shifts with attendances become done deliveries, each once; safe to run again.

    What was planned with measurable commitments is left to its organisers, who know what they came to.
    """
    now = session.now()
    closed = now - (await check_in_rule(session)).closes_after
    waited = now - await overdue_after(session)
    reviewed = ~exists().where(HourReview.shift_id == Shift.id, HourReview.decided_at.is_(None))
    rows = await session.execute(
        select(Shift, Need, Delivery.id)
        .join(Need, Need.id == Shift.need_id)
        .outerjoin(Delivery, Delivery.shift_id == Shift.id)
        .where(
            Shift.cancelled_at.is_(None),
            Need.cancelled_at.is_(None),
            Shift.ends_at.between(now - _SLEPT, closed),
            # A review that nobody decides for days does not hold back those who were helped.
            or_(reviewed, Shift.ends_at <= waited),
            exists().where(Attendance.shift_id == Shift.id),
            _is_to_do(),
        )
        .order_by(Shift.ends_at, Shift.id)
        .limit(_AT_ONCE)
    )
    for row in rows.all():
        planned: UUID | None = row[2]
        served = await _served(session, row[0].id)
        if planned is not None:
            await _finish_planned(session, planned, served)
        else:
            await _make(session, row[0], row[1], served)


def _is_to_do() -> ColumnElement[bool]:
    """SQL: the shift is no delivery yet, or one that is planned, and that the hours alone can finish."""
    promised = exists().where(DeliveryCommitment.delivery_id == Delivery.id)
    return or_(
        Delivery.id.is_(None),
        and_(Delivery.done_at.is_(None), Delivery.cancelled_at.is_(None), ~promised),
    )


async def _served(session: Session, shift_id: UUID) -> _Served:
    people = select(func.count()).where(Attendance.shift_id == shift_id)
    minutes = select(func.coalesce(func.sum(LedgerEntry.minutes), 0)).where(LedgerEntry.shift_id == shift_id)
    total = await session.scalar(minutes) or 0
    return _Served(await session.scalar(people) or 0, max(0, min(int(total), _MOST_MINUTES)))


async def _finish_planned(session: Session, delivery_id: UUID, served: _Served) -> None:
    row = (
        await session.scalars(
            select(Delivery)
            .where(Delivery.id == delivery_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).one()
    if row.done_at is None and row.cancelled_at is None:
        row.minutes = served.minutes
        await finish(session, row, None)


async def _make(session: Session, shift: Shift, need: Need, served: _Served) -> None:
    asked = await origins.resident_who_asked(session, need)
    row = Delivery(
        id=new_id(),
        need_id=need.id,
        shift_id=shift.id,
        organisation_id=need.organisation_id,
        service_type=need.category_code,
        area_code=need.area_code,
        title=need.title,
        promised=need.description,
        place=need.place,
        receiver=(Receiver.GROUP if asked is None else Receiver.PERSON).value,
        people=1,
        served_by=f"志愿者 {served.people} 人",
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        idempotency_key=shift.id.hex,
        planned_at=session.now(),
        minutes=served.minutes,
    )
    if not await insert_once(session, row):
        return  # somebody planned it meanwhile; the next run finishes that
    if asked is not None:
        session.add(await of_resident(session, row, asked, 1, None))
        await session.flush()
    await publish(session, DeliveryPlanned(row.id))
    await finish(session, row, None)
