"""Every open need with its coming shifts, as scoring sees them: all of a city, or what lies around one home, in as many statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import cos, radians
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.volunteers import VolunteerProfile
from marketplace.recommendations import facts
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.offerings import Offering, is_on_offer, offerings
from marketplace.volunteering.sign_up_states import is_open
from matching.features import Opportunity

AHEAD = timedelta(weeks=12)
METRES_A_DEGREE = 111_195.0
# Scoring counts from the middle of the home's cell, which may be nearer than the home itself.
CELL_METRES = 700
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Times:
    """When one shift is."""

    shift_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """A need that takes people and its shifts with free places, the soonest first. ``asks`` is the soonest of them."""

    need_id: UUID
    category: str
    asks: Opportunity
    shifts: Sequence[Times]

    def at(self, times: Times) -> Opportunity:
        """One of the shifts as an opportunity: they differ in time alone."""
        return replace(self.asks, id=times.shift_id, starts_at=times.starts_at, ends_at=times.ends_at)


async def openings(session: Session, around: VolunteerProfile | None = None) -> list[Opening]:
    """What is open in the coming twelve weeks, nothing of it beyond the reach of whom it is read for; seven statements."""
    rows = await session.execute(
        select(Shift.need_id, Shift.id, Shift.starts_at, Shift.ends_at)
        .join(Need, Need.id == Shift.need_id)
        .where(is_on_offer(session), Shift.starts_at < session.now() + AHEAD, _within_reach(around))
        .order_by(Shift.starts_at, Shift.id)
    )
    times = grouped((row.need_id, Times(row.id, row.starts_at, row.ends_at)) for row in rows)
    soonest = [some[0].shift_id for some in times.values()]
    found: dict[UUID, Offering] = {}
    for start in range(0, len(soonest), _AT_ONCE):
        found |= await offerings(session, soonest[start : start + _AT_ONCE])
    asks = await facts.of_offerings(session, found.values())
    return [
        Opening(one.need_id, one.category_code, asks[shift_id], times[one.need_id])
        for shift_id, one in found.items()
    ]


async def signed_up(session: Session, person_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """For each person the shifts that they signed up for, confirmed or not. One statement."""
    rows = await session.execute(
        select(SignUp.person_id, SignUp.shift_id).where(SignUp.person_id.in_(person_ids), is_open())
    )
    found: dict[UUID, set[UUID]] = {person_id: set() for person_id in person_ids}
    for person_id, shift_id in rows:
        found[person_id].add(shift_id)
    return found


def _within_reach(around: VolunteerProfile | None) -> ColumnElement[bool]:
    """Not beyond the radius that scoring bars: an area that covers it. Needs that name no point are judged by their area, later."""
    if around is None or around.point is None or around.travel_radius_metres is None:
        return true()
    north = (around.travel_radius_metres + CELL_METRES) / METRES_A_DEGREE
    east = north / cos(radians(around.point.latitude))
    return or_(
        Need.latitude.is_(None),
        and_(
            _is_near(Need.latitude, around.point.latitude, north),
            _is_near(Need.longitude, around.point.longitude, east),
        ),
    )


def _is_near(column: Any, middle: float, by: float) -> ColumnElement[bool]:
    near: ColumnElement[bool] = column.between(middle - by, middle + by)
    return near
