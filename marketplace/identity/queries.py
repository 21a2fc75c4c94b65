"""Look up people: by id for whoever may see them, one's own profile, and qualifications that wait for an officer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue.models import Tag, TagKind
from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.identity import phones
from marketplace.identity.models import Availability, Person, PersonQualification, PersonTag
from marketplace.identity.policy import verifies, visible_to
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.kernel.vault import Vault


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's profile as its owner sees it; the telephone number is masked."""

    id: UUID
    name: str
    phone: str | None
    email: str | None
    email_confirmed_at: datetime | None
    locale: str
    birth_date: date | None
    home_area_code: str | None
    travel_radius_metres: int | None
    about: str | None
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    availability: tuple[Availability, ...]


@dataclass(frozen=True, slots=True)
class StatedQualification:
    """A qualification that waits, with the name of whoever states it."""

    row: PersonQualification
    person_name: str


async def people_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those of the people whom the viewer may see: oneself, and for officers those who live in their area."""
    rows = await session.scalars(
        select(Person).where(Person.id.in_(ids), Person.erased_at.is_(None), visible_to(viewer))
    )
    return {row.id: row for row in rows}


async def own_profile(session: Session, vault: Vault, viewer: Viewer) -> Profile:
    """The viewer's own profile. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    person = await session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        raise NotFound()
    tags = (
        await session.execute(
            select(PersonTag.tag_code, Tag.kind)
            .join(Tag, Tag.code == PersonTag.tag_code)
            .where(PersonTag.person_id == person_id)
            .order_by(PersonTag.tag_code)
        )
    ).all()
    stretches = await session.scalars(
        select(Availability)
        .where(Availability.person_id == person_id)
        .order_by(Availability.weekday, Availability.from_minute)
    )
    return Profile(
        id=person.id,
        name=person.name,
        phone=phones.mask(vault.decrypt(person.phone_sealed, phones.PURPOSE))
        if person.phone_sealed
        else None,
        email=person.email,
        email_confirmed_at=person.email_confirmed_at,
        locale=person.locale,
        birth_date=person.birth_date,
        home_area_code=person.home_area_code,
        travel_radius_metres=person.travel_radius_metres,
        about=person.about,
        skills=tuple(code for code, kind in tags if kind == TagKind.SKILL),
        languages=tuple(code for code, kind in tags if kind == TagKind.LANGUAGE),
        availability=tuple(stretches),
    )


async def own_qualifications(session: Session, viewer: Viewer) -> list[PersonQualification]:
    """What the viewer stated, the newest first. Raises SignInNeeded."""
    rows = await session.scalars(
        select(PersonQualification)
        .where(PersonQualification.person_id == viewer.signed_in())
        .order_by(PersonQualification.stated_at.desc(), PersonQualification.id)
    )
    return list(rows)


async def qualifications_to_verify(
    session: Session, viewer: Viewer, request: PageRequest
) -> Page[StatedQualification]:
    """What waits for a decision among the people of the viewer's areas, the oldest first; nothing for whoever has none."""
    waiting = (
        select(PersonQualification, Person.name)
        .join(Person, Person.id == PersonQualification.person_id)
        .where(
            verifies(viewer),
            Person.erased_at.is_(None),
            PersonQualification.verified_at.is_(None),
            PersonQualification.refused_at.is_(None),
        )
    )
    found = await session.execute(rising(waiting, request, PersonQualification.id))
    rows = [StatedQualification(row, name) for row, name in found]
    return cut(rows, request, lambda stated: encode_cursor(stated.row.id))
