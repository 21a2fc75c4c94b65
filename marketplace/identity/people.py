"""What others ask of a person: age on a day, whether a minor, and the facts that decide whether they may take a shift."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from marketplace.areas import queries as areas
from marketplace.catalogue import qualifications
from marketplace.db.session import Session
from marketplace.identity import guardian
from marketplace.identity.ages import age_on, is_minor
from marketplace.identity.models import Person, PersonQualification, PersonTag
from marketplace.kernel.errors import NotFound

__all__ = ["VolunteerFacts", "age_on", "facts_for_sign_up", "is_minor", "must_be_there"]


@dataclass(frozen=True, slots=True)
class VolunteerFacts:
    """What a sign-up is judged by. ``age`` is None, and ``is_minor`` False, where no birth date was given.

    ``qualification_codes`` are verified and valid on the day, with all that they include; ``expired_codes`` were valid once
    and are not covered by another one. The point is the person's own, or the middle of the home district, or None.
    """

    person_id: UUID
    age: int | None
    is_minor: bool
    guardian_consented: bool
    qualification_codes: frozenset[str]
    expired_codes: frozenset[str]
    tag_codes: frozenset[str]
    home_area_code: str | None
    latitude: float | None
    longitude: float | None
    travel_radius_metres: int | None


async def facts_for_sign_up(session: Session, person_id: UUID, on: date) -> VolunteerFacts:
    """The person as a volunteer on the day ``on`` (in Shanghai). Raises NotFound, also after erasure."""
    person = await session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        raise NotFound()
    valid, expired = await _qualifications(session, person_id, on)
    minor = await is_minor(session, person.birth_date, on)
    latitude, longitude = await _point(session, person)
    return VolunteerFacts(
        person_id=person_id,
        age=None if person.birth_date is None else age_on(person.birth_date, on),
        is_minor=minor,
        guardian_consented=minor and await guardian.has_consent(session, person_id),
        qualification_codes=valid,
        expired_codes=expired,
        tag_codes=frozenset(
            await session.scalars(select(PersonTag.tag_code).where(PersonTag.person_id == person_id))
        ),
        home_area_code=person.home_area_code,
        latitude=latitude,
        longitude=longitude,
        travel_radius_metres=person.travel_radius_metres,
    )


async def _qualifications(
    session: Session, person_id: UUID, on: date
) -> tuple[frozenset[str], frozenset[str]]:
    rows = (
        await session.execute(
            select(PersonQualification.qualification_code, PersonQualification.expires_on).where(
                PersonQualification.person_id == person_id, PersonQualification.verified_at.is_not(None)
            )
        )
    ).all()
    if not rows:
        return frozenset(), frozenset()
    included = await qualifications.inclusions(session)

    def closure(codes: Iterable[str]) -> frozenset[str]:
        return qualifications.with_included(codes, included)

    valid = closure(code for code, expires_on in rows if expires_on is None or expires_on >= on)
    return valid, closure(code for code, expires_on in rows if expires_on and expires_on < on) - valid


async def _point(session: Session, person: Person) -> tuple[float | None, float | None]:
    if person.latitude is not None and person.longitude is not None:
        return person.latitude, person.longitude
    if person.home_area_code is None:
        return None, None
    point = await areas.point_of(session, person.home_area_code)
    return (point.latitude, point.longitude) if point else (None, None)


async def must_be_there(session: Session, person_id: UUID) -> Person:
    """The person's row, locked for the rest of the transaction. Raises NotFound, also after erasure.

    The lock lets others refer to the person meanwhile (``added_by``), else two organisers could wait for each other.
    """
    row = await session.scalar(
        select(Person)
        .where(Person.id == person_id, Person.erased_at.is_(None))
        .with_for_update(key_share=True)
    )
    if row is None:
        raise NotFound()
    return row
