"""Examination of a period before it closes: its ratings are read with what their providers are used to, and what is suspicious is held."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, case, cast, distinct, func, select, union

from marketplace.db import audit
from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.ratings import anomalies
from marketplace.delivery.ratings.anomaly_rows import (
    HIGHEST_FROM,
    LOWEST_UP_TO,
    Cell,
    Finding,
    Given,
    Limits,
    Past,
)
from marketplace.delivery.ratings.models import (
    Rating,
    RatingHold,
    RatingPeriod,
    RatingSource,
    RatingTicket,
    RatingWords,
)
from marketplace.delivery.ratings.standing import counts
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import ORGANISATION_ROLES
from marketplace.kernel.ids import new_id

LINKS: Final = ("member", "phone", "deliverer", "device")
"""How a rater may be linked to the supplier, the strongest first."""

_HISTORY = timedelta(days=730)
_AT_ONCE: Final = 500


async def examine(session: Session, period_id: UUID) -> int:
    """Hold what is suspicious in the period; answers how many of its ratings are held. Once more changes nothing."""
    period = await session.get_one(RatingPeriod, period_id)
    given = await _given(session, period_id)
    findings = anomalies.find(given, await _past(session, period), Limits.of(period.rules))
    await _hold(session, findings)
    held = await session.scalar(
        select(func.count(distinct(RatingHold.rating_id)))
        .join(Rating, Rating.id == RatingHold.rating_id)
        .where(Rating.period_id == period_id)
    )
    audit.record(
        session,
        None,
        "rating_period.examined",
        ("rating_period", period_id),
        ratings=len(given),
        held=held or 0,
    )
    return held or 0


async def _given(session: Session, period_id: UUID) -> list[Given]:
    """The period's ratings about organisations; what a community brought itself has no score and is not examined."""
    linked = await _linked(session, period_id)
    rows = await session.execute(
        select(
            Rating.id,
            Rating.organisation_id,
            Rating.service_type,
            Rating.delivery_id,
            Rating.rater,
            Rating.given_at,
            Rating.sixtieths,
            Rating.assisted_by,
            RatingSource.address_fingerprint,
            RatingSource.device_fingerprint,
            RatingWords.text_fingerprint,
            func.length(RatingWords.text),
        )
        .outerjoin(RatingSource, RatingSource.rating_id == Rating.id)
        .outerjoin(RatingWords, RatingWords.rating_id == Rating.id)
        .where(Rating.period_id == period_id, Rating.organisation_id.is_not(None))
    )
    return [
        Given(
            id=id,
            cell=_cell(organisation_id, service_type),
            delivery_id=delivery_id,
            rater=rater,
            given_at=given_at,
            sixtieths=sixtieths,
            address=address,
            device=device,
            text=text,
            text_length=length or 0,
            assisted_by=helper,
            link=linked.get(id),
        )
        for id, organisation_id, service_type, delivery_id, rater, given_at, sixtieths, helper, address, device, text, length in rows
    ]


async def _past(session: Session, period: RatingPeriod) -> dict[Cell, Past]:
    """What counts of the two years before, for the cells that have ratings in the period."""
    mine = (
        select(Rating.organisation_id, Rating.service_type)
        .where(Rating.period_id == period.id, Rating.organisation_id.is_not(None))
        .distinct()
        .subquery()
    )
    rows = await session.execute(
        select(
            Rating.organisation_id,
            Rating.service_type,
            func.count(),
            func.sum(Rating.sixtieths),
            func.sum(Rating.sixtieths * Rating.sixtieths),
            func.sum(_one_if(Rating.sixtieths >= HIGHEST_FROM)),
            func.sum(_one_if(Rating.sixtieths <= LOWEST_UP_TO)),
            func.count(distinct(Rating.given_on)),
            func.min(Rating.given_on),
            func.max(Rating.given_on),
        )
        .join(
            mine,
            and_(
                mine.c.organisation_id == Rating.organisation_id, mine.c.service_type == Rating.service_type
            ),
        )
        .where(
            Rating.given_on < period.starts_on,
            Rating.given_on >= period.starts_on - _HISTORY,
            counts(),
        )
        .group_by(Rating.organisation_id, Rating.service_type)
    )
    return {
        _cell(organisation_id, service_type): Past(
            ratings=count,
            total=int(total),
            squares=int(squares),
            highest=int(high),
            lowest=int(low),
            active_days=days,
            spread_days=(last - first).days + 1,
        )
        for organisation_id, service_type, count, total, squares, high, low, days, first, last in rows
    }


def _cell(organisation_id: UUID | None, service_type: str) -> Cell:
    assert organisation_id is not None  # the queries ask for providers only
    return organisation_id, service_type


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(case((condition, 1), else_=0), Integer)


async def _linked(session: Session, period_id: UUID) -> dict[UUID, str]:
    """Ratings whose rater is, or may act for, the supplier: its people of now and of old, their phones, who plans and records for
    it, and the devices with which its people rated others."""
    found: dict[UUID, str] = {}
    for link in LINKS:
        for rating_id in await _by_link(session, period_id, link):
            found.setdefault(rating_id, link)
    return found


async def _by_link(session: Session, period_id: UUID, link: str) -> Iterable[UUID]:
    if link == "device":
        return await _on_own_devices(session, period_id)
    if link == "deliverer":
        return await _by_deliverers(session, period_id)
    rated = (
        select(Rating.id)
        .join(RatingTicket, RatingTicket.id == Rating.ticket_id)
        .join(RoleGrant, RoleGrant.organisation_id == Rating.organisation_id)
        .where(Rating.period_id == period_id, RoleGrant.role.in_(ORGANISATION_ROLES))
    )
    if link == "member":
        rated = rated.where(RoleGrant.person_id == RatingTicket.person_id)
    else:
        rated = (
            rated.join(DeliveryRecipient, DeliveryRecipient.id == RatingTicket.recipient_id)
            .join(Person, Person.id == RoleGrant.person_id)
            .where(Person.phone_fingerprint == DeliveryRecipient.phone_fingerprint)
        )
    return (await session.scalars(rated.distinct())).all()


async def _by_deliverers(session: Session, period_id: UUID) -> Iterable[UUID]:
    """Ratings by people who plan or record the supplier's deliveries, or did within the years that are looked at."""
    suppliers = select(Rating.organisation_id).where(Rating.period_id == period_id).distinct()
    recent = (Delivery.organisation_id.in_(suppliers), Delivery.starts_at >= session.now() - _HISTORY)
    hands = union(
        select(Delivery.organisation_id, Delivery.planned_by.label("person_id")).where(*recent),
        select(Delivery.organisation_id, Delivery.done_by.label("person_id")).where(*recent),
    ).subquery()
    return (
        await session.scalars(
            select(Rating.id)
            .join(RatingTicket, RatingTicket.id == Rating.ticket_id)
            .join(
                hands,
                and_(
                    hands.c.organisation_id == Rating.organisation_id,
                    hands.c.person_id == RatingTicket.person_id,
                ),
            )
            .where(Rating.period_id == period_id)
        )
    ).all()


async def _on_own_devices(session: Session, period_id: UUID) -> Iterable[UUID]:
    pairs = await _own_devices(session, period_id)
    rows = await session.execute(
        select(
            Rating.id,
            Rating.organisation_id,
            RatingSource.address_fingerprint,
            RatingSource.device_fingerprint,
        )
        .join(RatingSource, RatingSource.rating_id == Rating.id)
        .where(Rating.period_id == period_id, Rating.assisted_by.is_(None))
    )
    return [rating_id for rating_id, *source in rows if tuple(source) in pairs]


async def _own_devices(session: Session, period_id: UUID) -> set[tuple[Any, ...]]:
    """(organisation, address, device) from which the people of a supplier rated anything themselves."""
    suppliers = select(Rating.organisation_id).where(Rating.period_id == period_id).distinct()
    rows = await session.execute(
        select(RoleGrant.organisation_id, RatingSource.address_fingerprint, RatingSource.device_fingerprint)
        .join(RatingTicket, RatingTicket.person_id == RoleGrant.person_id)
        .join(Rating, Rating.ticket_id == RatingTicket.id)
        .join(RatingSource, RatingSource.rating_id == Rating.id)
        .where(
            RoleGrant.role.in_(ORGANISATION_ROLES),
            RoleGrant.organisation_id.in_(suppliers),
            Rating.assisted_by.is_(None),
        )
        .distinct()
    )
    return {tuple(row) for row in rows}


async def _hold(session: Session, findings: list[Finding]) -> None:
    """The constraint on (rating, cause) lets whoever examines again pass over what is held."""
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "rating_id": one.rating_id,
            "cause": one.cause,
            "evidence": one.evidence,
            "held_at": session.now(),
        }
        for one in findings
    ]
    for start in range(0, len(rows), _AT_ONCE):
        added = upsert(session, RatingHold).values(rows[start : start + _AT_ONCE])
        await session.execute(added.on_conflict_do_nothing(index_elements=["rating_id", "cause"]))
