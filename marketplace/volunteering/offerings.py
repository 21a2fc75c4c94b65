"""Shifts as somebody who chooses among many looks at them: what they ask, where and when; in a few statements however many."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select

from marketplace.areas.queries import Point
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.volunteering.models import Need, NeedQualification, NeedTag, Shift, SignUp
from marketplace.volunteering.policy import visible_to
from marketplace.volunteering.sign_up_states import is_confirmed
from marketplace.volunteering.states import is_open_need


@dataclass(frozen=True, slots=True)
class Offering:
    """One shift with what its need asks of everybody. ``point`` is where the work is, if the need says so."""

    shift_id: UUID
    need_id: UUID
    area_code: str
    category_code: str
    point: Point | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    places_taken: int
    minimum_age: int
    is_uninsured: bool
    tag_codes: frozenset[str]
    qualification_codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch of time for which a person is confirmed somewhere."""

    shift_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime


async def offerings(session: Session, shift_ids: Collection[UUID]) -> dict[UUID, Offering]:
    """Those of the shifts that exist, whatever their state. Three statements."""
    rows = (await session.execute(_shifts().where(Shift.id.in_(shift_ids)))).all()
    need_ids = {row.need_id for row in rows}
    tags = await _codes(
        session, select(NeedTag.need_id, NeedTag.tag_code).where(NeedTag.need_id.in_(need_ids))
    )
    asked = await _codes(
        session,
        select(NeedQualification.need_id, NeedQualification.qualification_code).where(
            NeedQualification.need_id.in_(need_ids)
        ),
    )
    return {
        row.id: Offering(
            shift_id=row.id,
            need_id=row.need_id,
            area_code=row.area_code,
            category_code=row.category_code,
            point=_point(row),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            capacity=row.capacity,
            places_taken=row.places_taken,
            minimum_age=row.minimum_age,
            is_uninsured=row.is_risky and not row.insurance,
            tag_codes=frozenset(tags.get(row.need_id, ())),
            qualification_codes=frozenset(asked.get(row.need_id, ())),
        )
        for row in rows
    }


async def next_free_shifts(
    session: Session, viewer: Viewer, need_ids: Collection[UUID], most: int = 10
) -> dict[UUID, list[UUID]]:
    """For each need its soonest coming shifts with free places, at most ``most``. One statement."""
    rank = func.row_number().over(partition_by=Shift.need_id, order_by=(Shift.starts_at, Shift.id))
    ranked = (
        select(Shift.id, Shift.need_id, rank.label("rank"))
        .join(Need, Need.id == Shift.need_id)
        .where(Shift.need_id.in_(need_ids), visible_to(viewer), is_on_offer(session))
        .subquery()
    )
    rows = await session.execute(
        select(ranked.c.need_id, ranked.c.id).where(ranked.c.rank <= most).order_by(ranked.c.rank)
    )
    return grouped(rows)


async def taken_times(session: Session, person_ids: Collection[UUID]) -> Mapping[UUID, list[Taken]]:
    """For each person the confirmed shifts that have not ended. One statement."""
    rows = await session.execute(
        select(SignUp.person_id, Shift.id, Need.title, Shift.starts_at, Shift.ends_at)
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(
            SignUp.person_id.in_(person_ids),
            is_confirmed(),
            Shift.cancelled_at.is_(None),
            Shift.ends_at > session.now(),
        )
        .order_by(Shift.starts_at, Shift.id)
    )
    return grouped(
        (person_id, Taken(shift_id, title, starts_at, ends_at))
        for person_id, shift_id, title, starts_at, ends_at in rows
    )


async def tags_of_needs(session: Session, need_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The tags of each need. One statement."""
    return await _codes(
        session, select(NeedTag.need_id, NeedTag.tag_code).where(NeedTag.need_id.in_(need_ids))
    )


def is_on_offer(session: Session) -> ColumnElement[bool]:
    """SQL over shifts joined with needs: the need takes people, and the shift is to come and has places."""
    return and_(
        is_open_need(),
        Shift.cancelled_at.is_(None),
        Shift.starts_at > session.now(),
        Shift.places_taken < Shift.capacity,
    )


def _shifts() -> Select[*tuple[Any, ...]]:
    return select(
        Shift.id,
        Shift.need_id,
        Shift.starts_at,
        Shift.ends_at,
        Shift.capacity,
        Shift.places_taken,
        Need.area_code,
        Need.category_code,
        Need.latitude,
        Need.longitude,
        Need.minimum_age,
        Need.is_risky,
        Need.insurance,
    ).join(Need, Need.id == Shift.need_id)


def _point(row: Any) -> Point | None:
    return None if row.latitude is None or row.longitude is None else Point(row.latitude, row.longitude)


async def _codes(session: Session, query: Select[UUID, str]) -> dict[UUID, list[str]]:
    return grouped(await session.execute(query))
