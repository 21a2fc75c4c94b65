"""People as volunteers, many at once: what a ranking may look at, in the same few statements however many they are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, union

from marketplace.areas import queries as areas
from marketplace.areas.queries import Point
from marketplace.catalogue import qualifications
from marketplace.db.session import Session
from marketplace.identity import consents
from marketplace.identity.consents import ConsentKind
from marketplace.identity.models import (
    ApiToken,
    Availability,
    GuardianConsent,
    Person,
    PersonQualification,
    PersonTag,
    SignedInSession,
)


@dataclass(frozen=True, slots=True)
class HeldQualification:
    """A verified qualification, or one that it includes. ``expires_on`` is the last day on which it is valid."""

    code: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class VolunteerProfile:
    """One person who is there. ``stated_codes`` are qualifications that nobody has verified yet.

    ``point`` is their own, or the middle of their home district. ``stretches`` are (weekday, from, to) in minutes from local
    midnight, Monday is 0. ``may_be_ranked`` and ``may_be_invited`` are the person's own choices.
    """

    person_id: UUID
    name: str
    birth_date: date | None
    home_area_code: str | None
    point: Point | None
    travel_radius_metres: int | None
    created_at: datetime
    tag_codes: frozenset[str]
    stretches: tuple[tuple[int, int, int], ...]
    held: tuple[HeldQualification, ...]
    stated_codes: frozenset[str]
    guardian_consented: bool
    may_be_ranked: bool
    may_be_invited: bool


async def profiles(session: Session, person_ids: Collection[UUID]) -> dict[UUID, VolunteerProfile]:
    """Those of the people who are there; erased ones are left out. Eight statements."""
    people = (
        await session.scalars(select(Person).where(Person.id.in_(person_ids), Person.erased_at.is_(None)))
    ).all()
    ids = [person.id for person in people]
    if not ids:
        return {}
    points = await areas.points_of(session, {person.home_area_code for person in people if _is_vague(person)})
    tags = await _by_person(
        session, select(PersonTag.person_id, PersonTag.tag_code).where(PersonTag.person_id.in_(ids))
    )
    stretches = await _by_person(session, _stretches(ids))
    held, stated = await _qualifications(session, ids)
    guarded = await _guarded(session, ids)
    choices = await consents.choices_of(session, ids, (ConsentKind.RANKING, ConsentKind.INVITATIONS))
    return {
        person.id: VolunteerProfile(
            person_id=person.id,
            name=person.name,
            birth_date=person.birth_date,
            home_area_code=person.home_area_code,
            point=_point(person, points),
            travel_radius_metres=person.travel_radius_metres,
            created_at=person.created_at,
            tag_codes=frozenset(code for (code,) in tags.get(person.id, [])),
            stretches=tuple(stretches.get(person.id, [])),
            held=held.get(person.id, ()),
            stated_codes=frozenset(stated.get(person.id, ())),
            guardian_consented=person.id in guarded,
            may_be_ranked=choices[person.id][ConsentKind.RANKING],
            may_be_invited=choices[person.id][ConsentKind.INVITATIONS],
        )
        for person in people
    }


async def ids_after(session: Session, after: UUID | None, most: int) -> list[UUID]:
    """The next ``most`` people who are there, by id."""
    query = select(Person.id).where(Person.erased_at.is_(None)).order_by(Person.id).limit(most)
    return list(await session.scalars(query if after is None else query.where(Person.id > after)))


async def seen_since(session: Session, since: datetime, after: UUID | None, most: int) -> list[UUID]:
    """The next ``most`` people whose browser is signed in and was here since then, or whose program was, by id."""
    browsers = select(SignedInSession.person_id).where(
        SignedInSession.last_seen_at > since,
        SignedInSession.revoked_at.is_(None),
        SignedInSession.expires_at > session.now(),
    )
    programs = select(ApiToken.person_id).where(ApiToken.last_used_at > since, ApiToken.revoked_at.is_(None))
    query = select(Person.id).where(Person.erased_at.is_(None), Person.id.in_(union(browsers, programs)))
    query = query.order_by(Person.id).limit(most)
    return list(await session.scalars(query if after is None else query.where(Person.id > after)))


def _is_vague(person: Person) -> bool:
    return person.home_area_code is not None and (person.latitude is None or person.longitude is None)


def _point(person: Person, points: dict[str, Point]) -> Point | None:
    if person.latitude is not None and person.longitude is not None:
        return Point(person.latitude, person.longitude)
    return points.get(person.home_area_code or "")


def _stretches(ids: Collection[UUID]) -> Select[UUID, int, int, int]:
    return (
        select(Availability.person_id, Availability.weekday, Availability.from_minute, Availability.to_minute)
        .where(Availability.person_id.in_(ids))
        .order_by(Availability.weekday, Availability.from_minute)
    )


async def _qualifications(
    session: Session, ids: Collection[UUID]
) -> tuple[dict[UUID, tuple[HeldQualification, ...]], dict[UUID, set[str]]]:
    rows = await session.execute(
        select(
            PersonQualification.person_id,
            PersonQualification.qualification_code,
            PersonQualification.expires_on,
            PersonQualification.verified_at.is_not(None).label("is_verified"),
        ).where(PersonQualification.person_id.in_(ids), PersonQualification.refused_at.is_(None))
    )
    included = await qualifications.inclusions(session)
    held: dict[UUID, dict[str, date | None]] = {}
    stated: dict[UUID, set[str]] = {}
    for person_id, code, expires_on, is_verified in rows:
        if not is_verified:
            stated.setdefault(person_id, set()).add(code)
            continue
        own = held.setdefault(person_id, {})
        for one in qualifications.with_included([code], included):
            own[one] = _longer(own[one], expires_on) if one in own else expires_on
    return (
        {
            person_id: tuple(HeldQualification(code, until) for code, until in sorted(own.items()))
            for person_id, own in held.items()
        },
        stated,
    )


def _longer(one: date | None, other: date | None) -> date | None:
    """The later end; None has no end."""
    return None if one is None or other is None else max(one, other)


async def _guarded(session: Session, ids: Collection[UUID]) -> set[UUID]:
    found = await session.scalars(
        select(GuardianConsent.minor_id).where(
            GuardianConsent.minor_id.in_(ids), GuardianConsent.withdrawn_at.is_(None)
        )
    )
    return set(found)


async def _by_person(session: Session, query: Select[*tuple[Any, ...]]) -> dict[UUID, list[tuple[Any, ...]]]:
    found: dict[UUID, list[tuple[Any, ...]]] = {}
    for person_id, *values in await session.execute(query):
        found.setdefault(person_id, []).append(tuple(values))
    return found
