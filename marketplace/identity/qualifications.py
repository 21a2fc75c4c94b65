"""Qualifications of people: stated by their holder, verified or refused by an officer who has seen the proof."""

from uuid import UUID

from sqlalchemy import delete, func, select

from marketplace.catalogue.models import QualificationType
from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.drafts import QualificationDraft, ReasonDraft
from marketplace.identity.errors import QualificationIsDecided, QualificationIsOwn, TooManyQualifications
from marketplace.identity.events import ProfileChanged, QualificationDecided
from marketplace.identity.models import Person, PersonQualification
from marketplace.identity.people import must_be_there
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

MOST_STATED = 30


async def state(session: Session, viewer: Viewer, draft: QualificationDraft) -> UUID:
    """Say that one holds it; it counts once verified. Raises SignInNeeded, InputIsInvalid, TooManyQualifications."""
    person = await must_be_there(session, viewer.signed_in())
    if await session.get(QualificationType, draft.qualification_code) is None:
        raise InputIsInvalid.of("qualification_code", "unknown_choice", choice=draft.qualification_code)
    today = local_day(session.now())
    if draft.issued_on is not None and draft.issued_on > today:
        raise InputIsInvalid.of("issued_on", "date_in_future")
    if draft.expires_on is not None and draft.expires_on < today:
        raise InputIsInvalid.of("expires_on", "date_in_past")
    stated = await session.scalar(
        select(func.count())
        .select_from(PersonQualification)
        .where(PersonQualification.person_id == person.id)
    )
    if (stated or 0) >= MOST_STATED:
        raise TooManyQualifications(most=MOST_STATED)
    qualification_id = new_id()
    session.add(
        PersonQualification(
            id=qualification_id, person_id=person.id, stated_at=session.now(), **draft.model_dump()
        )
    )
    await session.flush()
    return qualification_id


async def remove(session: Session, viewer: Viewer, qualification_id: UUID) -> None:
    """Take back what one stated, verified or not. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    removed = await session.execute(
        delete(PersonQualification)
        .where(PersonQualification.id == qualification_id, PersonQualification.person_id == person_id)
        .returning(PersonQualification.qualification_code)
    )
    code = removed.scalar_one_or_none()
    if code is None:
        raise NotFound()
    audit.record(session, person_id, "qualification.removed", ("qualification", qualification_id), code=code)
    await publish(session, ProfileChanged(person_id=person_id))


async def verify(session: Session, viewer: Viewer, qualification_id: UUID) -> None:
    """Confirm that the proof was seen. Raises NotFound, QualificationIsOwn, QualificationIsDecided."""
    row = await _to_decide(session, viewer, qualification_id)
    row.verified_at, row.verified_by = session.now(), viewer.person_id
    await _decided(session, viewer, row, "qualification.verified", "")


async def refuse(session: Session, viewer: Viewer, qualification_id: UUID, draft: ReasonDraft) -> None:
    """Turn it down with a reason that its holder reads. Raises NotFound, QualificationIsOwn, QualificationIsDecided."""
    row = await _to_decide(session, viewer, qualification_id)
    row.refused_at, row.refusal_reason = session.now(), draft.reason
    await _decided(session, viewer, row, "qualification.refused", draft.reason)


async def _to_decide(session: Session, viewer: Viewer, qualification_id: UUID) -> PersonQualification:
    viewer_id = viewer.signed_in()
    row = await session.get(PersonQualification, qualification_id, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.person_id == viewer_id:
        raise QualificationIsOwn()
    home = await session.scalar(select(Person.home_area_code).where(Person.id == row.person_id))
    if not policy.may_verify(viewer, home):
        raise NotFound()
    if row.verified_at is not None or row.refused_at is not None:
        raise QualificationIsDecided()
    return row


async def _decided(
    session: Session, viewer: Viewer, row: PersonQualification, action: str, reason: str
) -> None:
    audit.record(
        session,
        viewer.person_id,
        action,
        ("qualification", row.id),
        person=row.person_id,
        code=row.qualification_code,
        reason=reason,
    )
    await publish(session, QualificationDecided(person_id=row.person_id, qualification_id=row.id))
    await session.flush()
