"""Look up areas: by code, by parent, by words, and where they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians

from sqlalchemy import select

from marketplace.areas.codes import Level, ancestors_of
from marketplace.areas.models import Area
from marketplace.db.session import Session
from marketplace.kernel.locale import EN

_METRES_A_DEGREE = 111_195.0
_FARTHEST_METRES = 60_000


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth, in degrees."""

    latitude: float
    longitude: float


def name_of(area: Area, locale: str) -> str:
    """The area's name in the reader's language."""
    return area.name_en if locale == EN else area.name


async def by_codes(session: Session, codes: Collection[str]) -> dict[str, Area]:
    """The areas with these codes, retired ones too: old records keep meaning what they meant."""
    rows = await session.scalars(select(Area).where(Area.code.in_(codes)))
    return {row.code: row for row in rows}


async def current(session: Session, code: str) -> Area | None:
    """The area with this code, if the newest edition still lists it."""
    return await session.scalar(select(Area).where(Area.code == code, Area.retired_in.is_(None)))


async def children(session: Session, code: str | None) -> Sequence[Area]:
    """What lies directly under ``code`` (None: the municipality itself), by code."""
    parent = Area.parent_code.is_(None) if code is None else Area.parent_code == code
    found = await session.scalars(select(Area).where(parent, Area.retired_in.is_(None)).order_by(Area.code))
    return found.all()


async def path(session: Session, code: str) -> list[Area]:
    """The area and all above it, from the municipality down; empty for a code that nobody knows."""
    found = await by_codes(session, ancestors_of(code))
    return [found[above] for above in ancestors_of(code) if above in found] if code in found else []


async def paths(session: Session, codes: Collection[str]) -> dict[str, list[Area]]:
    """``path`` of many areas by one statement."""
    found = await by_codes(session, {above for code in codes for above in ancestors_of(code)})
    return {
        code: [found[above] for above in ancestors_of(code) if above in found]
        for code in codes
        if code in found
    }


async def point_of(session: Session, code: str) -> Point | None:
    """Where the area is: its own point, or that of the nearest one above it that has one."""
    for area in reversed(await path(session, code)):
        if area.latitude is not None and area.longitude is not None:
            return Point(area.latitude, area.longitude)
    return None


async def points_of(session: Session, codes: Collection[str | None]) -> dict[str, Point]:
    """``point_of`` of many areas by one statement; areas that nobody can place are left out."""
    found: dict[str, Point] = {}
    for code, areas in (await paths(session, {code for code in codes if code})).items():
        for area in areas:  # from the municipality down: the nearest one wins
            if area.latitude is not None and area.longitude is not None:
                found[code] = Point(area.latitude, area.longitude)
    return found


def metres_between(one: Point, other: Point) -> float:
    """The distance over ground; flat-earth arithmetic errs by less than a metre in a thousand within a city."""
    north = (one.latitude - other.latitude) * _METRES_A_DEGREE
    middle = radians((one.latitude + other.latitude) / 2)
    return hypot(north, (one.longitude - other.longitude) * _METRES_A_DEGREE * cos(middle))


async def nearest_district(session: Session, point: Point) -> Area | None:
    """The district whose middle is nearest; a guess to start from, not a boundary. None far outside the city."""
    districts = await session.scalars(
        select(Area).where(
            Area.level == Level.DISTRICT, Area.retired_in.is_(None), Area.latitude.is_not(None)
        )
    )
    measured = [
        (metres_between(point, Point(area.latitude, area.longitude)), area.code, area)
        for area in districts
        if area.latitude is not None and area.longitude is not None
    ]
    near = [found for found in measured if found[0] <= _FARTHEST_METRES]
    return min(near)[2] if near else None
