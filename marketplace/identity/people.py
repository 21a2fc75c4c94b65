"""What others ask of a person: age on a day, whether a minor, where they live, and what decides whether they may take a shift."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, select

from marketplace.areas import queries as areas
from marketplace.areas.queries import Point
from marketplace.catalogue import qualifications
from marketplace.db.session import Session
from marketplace.identity import guardian
from marketplace.identity.ages import age_on, is_minor
from marketplace.identity.models import Person, PersonQualification
from marketplace.kernel.errors import NotFound

__all__ = ["VolunteerFacts", "age_on", "facts_for_sign_up", "home_point", "is_minor", "must_be_there"]

# Built once: every sign-up asks these, and building a statement anew costs as much as running it.
_LOCKED = (
    select(Person)
    .where(Person.id == bindparam("person_id"), Person.erased_at.is_(None))
    .with_for_update(key_share=True)
)
_QUALIFIED = select(PersonQualification.qualification_code, PersonQualification.expires_on).where(
    PersonQualification.person_id == bindparam("person_id"), PersonQualification.verified_at.is_not(None)
)


@dataclass(frozen=True, slots=True)
class VolunteerFacts:
    """What a sign-up is judged by. ``age`` is None, and ``is_minor`` False, where no birth date was given.

    ``qualification_codes`` are verified and valid on the day, with all that they include; ``expired_codes`` were valid once
    and are not covered by another one.
    """

    person_id: UUID
    age: int | None
    is_minor: bool
    guardian_consented: bool
    qualification_codes: frozenset[str]
    expired_codes: frozenset[str]


async def facts_for_sign_up(session: Session, person_id: UUID, on: date) -> VolunteerFacts:
    """The person as a volunteer on the day ``on`` (in Shanghai). Raises NotFound, also after erasure."""
    person = await _known(session, person_id)
    valid, expired = await _qualifications(session, person_id, on)
    minor = await is_minor(session, person.birth_date, on)
    return VolunteerFacts(
        person_id=person_id,
        age=None if person.birth_date is None else age_on(person.birth_date, on),
        is_minor=minor,
        guardian_consented=minor and await guardian.has_consent(session, person_id),
        qualification_codes=valid,
        expired_codes=expired,
    )


async def _qualifications(
    session: Session, person_id: UUID, on: date
) -> tuple[frozenset[str], frozenset[str]]:
    rows = (await session.execute(_QUALIFIED, {"person_id": person_id})).all()
    if not rows:
        return frozenset(), frozenset()
    included = await qualifications.inclusions(session)

    def closure(codes: Iterable[str]) -> frozenset[str]:
        return qualifications.with_included(codes, included)

    valid = closure(code for code, expires_on in rows if expires_on is None or expires_on >= on)
    return valid, closure(code for code, expires_on in rows if expires_on and expires_on < on) - valid


async def home_point(session: Session, person_id: UUID) -> Point | None:
    """Where the person lives: their own point, or the middle of the home district. Raises NotFound, also after erasure."""
    person = await _known(session, person_id)
    if person.latitude is not None and person.longitude is not None:
        return Point(person.latitude, person.longitude)
    return None if person.home_area_code is None else await areas.point_of(session, person.home_area_code)


async def _known(session: Session, person_id: UUID) -> Person:
    person = await session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        raise NotFound()
    return person


async def must_be_there(session: Session, person_id: UUID) -> Person:
    """The person's row, locked for the rest of the transaction. Raises NotFound, also after erasure.

    The lock lets others refer to the person meanwhile (``added_by``), else two organisers could wait for each other.
    """
    row = await session.scalar(_LOCKED, {"person_id": person_id})
    if row is None:
        raise NotFound()
    return row
