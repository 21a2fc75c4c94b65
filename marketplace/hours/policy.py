"""May they: whose hours a viewer sees, and who may decide about them. The subject never does."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.areas.codes import within
from marketplace.hours.errors import NotByTheSamePerson, NotForOneself
from marketplace.identity.viewer import Role, Viewer
from marketplace.volunteering.models import Need
from marketplace.volunteering.policy import manages
from marketplace.volunteering.sign_up_policy import must_organise


def must_witness(viewer: Viewer, need: Need, subject_id: UUID) -> UUID:
    """The viewer's id: an organiser of the need, and not the one whose presence it is.

    Raises SignInNeeded, NotPermitted, NotForOneself.
    """
    must_organise(viewer, need)
    viewer_id = viewer.signed_in()
    if viewer_id == subject_id:
        raise NotForOneself()
    return viewer_id


def must_be_second_person(
    viewer: Viewer, need: Need, *, subject_id: UUID, asked_by: UUID | None, article: str | None = None
) -> UUID:
    """The viewer's id: an organiser of the need who neither owns the hours nor asked for them.

    Raises SignInNeeded, NotPermitted, NotForOneself, NotByTheSamePerson, the last two with the ``article`` that wants two people.
    """
    viewer_id = viewer.signed_in()
    if viewer_id == subject_id:
        raise NotForOneself(article=article)
    must_organise(viewer, need)
    if viewer_id == asked_by:
        raise NotByTheSamePerson(article=article)
    return viewer_id


def visible_to(
    viewer: Viewer, person_id: InstrumentedAttribute[UUID], need_id: InstrumentedAttribute[UUID]
) -> ColumnElement[bool]:
    """SQL: a person's own records, those of needs that the viewer manages, and for auditors those of their area."""
    if viewer.is_stranger:
        return false()
    return or_(person_id == viewer.person_id, need_id.in_(_overseen_needs(viewer)))


def _overseen_needs(viewer: Viewer) -> Any:
    audited = [within(Need.area_code, area) for area in viewer.areas_of(Role.AUDITOR)]
    return select(Need.id).where(or_(manages(viewer), *audited))
