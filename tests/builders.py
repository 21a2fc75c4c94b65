"""People, organisations, needs and shifts for tests: written straight into the tables, with defaults that make sense."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from marketplace.db.session import Session
from marketplace.identity import viewers
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from marketplace.volunteering.models import Need, Shift, SignUp
from tests import city


async def person(session: Session, name: str = "林小满", **facts: Any) -> UUID:
    """A grown-up who lives in Jiangsu Road community."""
    defaults: dict[str, Any] = {
        "name": name,
        "locale": "zh_Hans",
        "birth_date": date(1990, 5, 1),
        "home_area_code": city.JIANGSU_COMMUNITY,
        "created_at": session.now(),
    }
    row = Person(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id


async def grant(session: Session, person_id: UUID, role: Role, scope: str | UUID) -> None:
    """Give a role over an area (a code) or in an organisation (an id)."""
    where = {"area_code": scope} if isinstance(scope, str) else {"organisation_id": scope}
    session.add(
        RoleGrant(
            id=new_id(), person_id=person_id, role=role, granted_at=session.now(), granted_by=None, **where
        )
    )
    await session.flush()


async def viewer(
    session: Session,
    name: str = "林小满",
    role: Role | None = None,
    scope: str | UUID = city.CITY,
    **facts: Any,
) -> Viewer:
    """A new person, with one role if asked, as a Viewer."""
    person_id = await person(session, name, **facts)
    if role is not None:
        await grant(session, person_id, role, scope)
    return await viewers.of_person(session, person_id)


async def organisation(
    session: Session, name: str = "暖阳助老服务社", *, verified: bool = True, **facts: Any
) -> UUID:
    """A social organisation in Changning, verified unless told otherwise."""
    defaults: dict[str, Any] = {
        "name": name,
        "credit_code": None,
        "kind": "social_service",
        "area_code": city.CHANGNING,
        "registered_at": session.now(),
        "submitted_at": session.now(),
        "verified_at": session.now() if verified else None,
    }
    row = Organisation(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id


async def need(session: Session, title: str = "陪老人就医", *, published: bool = True, **facts: Any) -> UUID:
    """A harmless need of Jiangsu Road community, published unless told otherwise."""
    defaults: dict[str, Any] = {
        "title": title,
        "description": "陪同社区里行动不便的老人去医院看病、取药，再送回家。",
        "category_code": "elderly_care",
        "area_code": city.JIANGSU_COMMUNITY,
        "place": "江苏路街道社区服务中心",
        "risks": "上下楼梯时注意搀扶。",
        "is_risky": False,
        "minimum_age": 0,
        "raised_at": session.now(),
        "published_at": session.now() if published else None,
    }
    row = Need(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id


async def shift(
    session: Session,
    need_id: UUID,
    *,
    starts_in: timedelta = timedelta(days=2),
    lasts: timedelta = timedelta(hours=2),
    **facts: Any,
) -> UUID:
    """A shift with two places, the day after tomorrow for two hours, unless told otherwise."""
    starts_at: datetime = facts.pop("starts_at", session.now() + starts_in)
    defaults: dict[str, Any] = {
        "need_id": need_id,
        "starts_at": starts_at,
        "ends_at": starts_at + lasts,
        "capacity": 2,
        "created_at": session.now(),
    }
    row = Shift(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id


async def sign_up(session: Session, shift_id: UUID, person_id: UUID, **facts: Any) -> UUID:
    """A confirmed sign-up; it takes its place in the shift."""
    defaults: dict[str, Any] = {"created_at": session.now(), "confirmed_at": session.now()}
    row = SignUp(id=new_id(), shift_id=shift_id, person_id=person_id, **{**defaults, **facts})
    session.add(row)
    if row.confirmed_at is not None:
        taken = await session.get_one(Shift, shift_id)
        taken.places_taken += 1
    await session.flush()
    return row.id


def in_english(viewer: Viewer) -> Viewer:
    """The same viewer, reading English."""
    return replace(viewer, locale="en")
