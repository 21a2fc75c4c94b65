"""Rating periods: calendar months, opened when first needed with the rules of that moment, closed once by the worker, never reopened."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.ratings import examining
from marketplace.delivery.ratings.errors import PeriodIsClosed
from marketplace.delivery.ratings.events import PeriodClosed
from marketplace.delivery.ratings.models import RatingPeriod
from marketplace.kernel.clock import day_starts, local_day
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

PREFIX = "rating."
_KEPT = ("score", "publication", "ticket", "reply", "moderation", "anomalies")


async def current(session: Session) -> RatingPeriod:
    """The period of today, locked against closing until commit; opened, with the rules of now, when it is missing.

    Raises PeriodIsClosed when it closed meanwhile: what is sent again belongs to the next one.
    """
    today = local_day(session.now())
    found = await _of_day(session, today)
    if found is None:
        await _open(session, today)
        found = await _of_day(session, today)
        assert found is not None
    if found.closed_at is not None:
        raise PeriodIsClosed(ended=found.ends_on)
    return found


async def running(session: Session) -> RatingPeriod | None:
    """The period of today, to be looked at only; None where nobody needed it yet."""
    today = local_day(session.now())
    found: RatingPeriod | None = await session.scalar(
        select(RatingPeriod).where(RatingPeriod.starts_on <= today, RatingPeriod.ends_on >= today)
    )
    return found


async def newest_closed(session: Session) -> RatingPeriod | None:
    """The last period that closed, by whose rules what is public is judged; None before the first closing."""
    found: RatingPeriod | None = await session.scalar(
        select(RatingPeriod)
        .where(RatingPeriod.closed_at.is_not(None))
        .order_by(RatingPeriod.starts_on.desc())
        .limit(1)
    )
    return found


async def due(session: Session) -> Sequence[RatingPeriod]:
    """Open periods whose last day is over, the oldest first."""
    found = await session.scalars(
        select(RatingPeriod)
        .where(RatingPeriod.closed_at.is_(None), RatingPeriod.ends_on < local_day(session.now()))
        .order_by(RatingPeriod.starts_on)
    )
    return found.all()


async def next_appearance(session: Session) -> date:
    """The day on which a rating given today appears: the first after its period."""
    period = await running(session)
    if period is not None:
        return period.ends_on + timedelta(days=1)
    months = (await rules.in_force(session, f"{PREFIX}period")).value["months"]
    return _months_later(local_day(session.now()).replace(day=1), months)


async def rules_now(session: Session) -> Mapping[str, Any]:
    """The values that hold for ratings today, by code: those that the running period keeps, or else those in force."""
    period = await running(session)
    if period is not None:
        return period.rules
    return _values(await rules.all_in_force(session, PREFIX))


async def close_due(session: Session) -> None:
    """Close every period whose last day is over, the oldest first, and see that today has one: a repeated task."""
    for period in await due(session):
        await _close(session, period.id)
    await current(session)


def ends_at(period: RatingPeriod) -> datetime:
    """The first moment that is no longer of the period."""
    return day_starts(period.ends_on + timedelta(days=1))


async def _of_day(session: Session, day: date) -> RatingPeriod | None:
    found: RatingPeriod | None = await session.scalar(
        select(RatingPeriod)
        .where(RatingPeriod.starts_on <= day, RatingPeriod.ends_on >= day)
        # Those who rate share the row; closing waits for them, and they for closing.
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    return found


async def _open(session: Session, today: date) -> None:
    known = _values(await rules.all_in_force(session, PREFIX))
    first = today.replace(day=1)
    last = _months_later(first, known["rating.period"]["months"]) - timedelta(days=1)
    opened = upsert(session, RatingPeriod).values(
        id=new_id(),
        starts_on=first,
        ends_on=last,
        rules={f"{PREFIX}{name}": known[f"{PREFIX}{name}"] for name in _KEPT},
        formula=formula.VERSION,
        opened_at=session.now(),
    )
    # Two who are the first of the month both come here; the constraint lets one of them open it.
    await session.execute(opened.on_conflict_do_nothing(index_elements=["starts_on"]))
    await rules.freeze(session, PREFIX, day_starts(last + timedelta(days=1)))


async def _close(session: Session, period_id: UUID) -> None:
    """Examine, then let everything appear in the same commit. Another worker may have been quicker."""
    is_open = (RatingPeriod.id == period_id, RatingPeriod.closed_at.is_(None))
    locked = await session.scalar(select(RatingPeriod.id).where(*is_open).with_for_update())
    if locked is None:
        return
    held = await examining.examine(session, period_id)
    closed = await session.execute(
        update(RatingPeriod).where(*is_open).values(closed_at=session.now()).returning(RatingPeriod.id)
    )
    if closed.scalar_one_or_none() is not None:
        audit.record(session, None, "rating_period.closed", ("rating_period", period_id), held=held)
        await publish(session, PeriodClosed(period_id=period_id))


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + max(months, 1), 12)
    return date(first.year + years, month + 1, 1)


def _values(known: Mapping[str, rules.RuleInForce]) -> dict[str, Any]:
    return {code: dict(rule.value) for code, rule in known.items()}
