"""A person's profile: changed by its owner; the birth date, once given, only by an officer."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select

from marketplace.areas import queries as areas
from marketplace.areas.codes import Level, level_of
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tag, TagKind
from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.drafts import BirthDateDraft, ProfileDraft
from marketplace.identity.errors import BirthDateIsSet
from marketplace.identity.events import ProfileChanged
from marketplace.identity.models import Availability, Person, PersonTag
from marketplace.identity.people import must_be_there
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import FieldProblem, InputIsInvalid, NotFound, NotPermitted
from marketplace.outbox.publish import publish

_PLAIN = ("about", "locale", "home_area_code", "travel_radius_metres")
_TAGS = {"skills": TagKind.SKILL, "languages": TagKind.LANGUAGE}


async def change(session: Session, viewer: Viewer, draft: ProfileDraft) -> None:
    """Change what ``draft`` names and leave the rest. Raises SignInNeeded, InputIsInvalid, BirthDateIsSet."""
    person = await must_be_there(session, viewer.signed_in())
    named = draft.model_fields_set
    if "name" in named:
        if draft.name is None:
            raise InputIsInvalid.of("name", "missing")
        person.name = draft.name
    if "locale" in named and draft.locale is None:
        raise InputIsInvalid.of("locale", "missing")
    await _check_home(session, draft)
    for field in _PLAIN:
        if field in named:
            setattr(person, field, getattr(draft, field))
    if draft.birth_date is not None:
        _set_birth_date_once(session, person, draft)
    for field, kind in _TAGS.items():
        if field in named:
            await _replace_tags(session, person.id, kind, field, getattr(draft, field))
    if "availability" in named:
        await _replace_availability(session, person.id, draft)
    await publish(session, ProfileChanged(person_id=person.id))
    await session.flush()


async def correct_birth_date(
    session: Session, viewer: Viewer, person_id: UUID, draft: BirthDateDraft
) -> None:
    """Set a birth date right, as an officer who has seen a paper. Raises NotFound, NotPermitted, InputIsInvalid."""
    person = await must_be_there(session, person_id)
    if viewer.signed_in() == person_id:
        raise NotPermitted()
    if not policy.may_verify(viewer, person.home_area_code):
        raise NotFound()
    _refuse_future(session, "birth_date", draft.birth_date)
    person.birth_date = draft.birth_date
    audit.record(
        session, viewer.person_id, "person.birth_date_corrected", ("person", person_id), reason=draft.reason
    )
    await publish(session, ProfileChanged(person_id=person_id))
    await session.flush()


def _set_birth_date_once(session: Session, person: Person, draft: ProfileDraft) -> None:
    if person.birth_date == draft.birth_date:
        return
    if person.birth_date is not None:
        raise BirthDateIsSet()
    _refuse_future(session, "birth_date", draft.birth_date)
    person.birth_date = draft.birth_date


def _refuse_future(session: Session, field: str, day: object) -> None:
    if day is not None and day > local_day(session.now()):  # type: ignore[operator]
        raise InputIsInvalid.of(field, "date_in_future")


async def _check_home(session: Session, draft: ProfileDraft) -> None:
    code = draft.home_area_code
    if code is None:
        return
    if level_of(code) == Level.MUNICIPALITY or await areas.current(session, code) is None:
        raise InputIsInvalid.of("home_area_code", "unknown_choice", choice=code)


async def _replace_tags(
    session: Session, person_id: UUID, kind: TagKind, field: str, codes: Collection[str]
) -> None:
    known = await catalogue.usable_codes(session, codes, kind)
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise InputIsInvalid([FieldProblem(field, "unknown_choice", {"choice": code}) for code in unknown])
    of_kind = select(Tag.code).where(Tag.kind == kind.value)
    await session.execute(
        delete(PersonTag).where(PersonTag.person_id == person_id, PersonTag.tag_code.in_(of_kind))
    )
    session.add_all(PersonTag(person_id=person_id, tag_code=code) for code in sorted(known))
    await session.flush()


async def _replace_availability(session: Session, person_id: UUID, draft: ProfileDraft) -> None:
    await session.execute(delete(Availability).where(Availability.person_id == person_id))
    session.add_all(
        Availability(
            person_id=person_id,
            weekday=stretch.weekday,
            from_minute=stretch.from_minute,
            to_minute=stretch.to_minute,
        )
        for stretch in draft.availability
    )
    await session.flush()
