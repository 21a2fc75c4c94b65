"""May they: who reads public ratings, who audits what is held, who moderates words, who replies. Nobody judges what concerns them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Label, and_, case, false, or_, true

from marketplace.areas.codes import within
from marketplace.delivery.ratings.errors import CaretakerIsConcerned
from marketplace.delivery.ratings.models import Rating
from marketplace.delivery.ratings.policy import is_holder
from marketplace.delivery.ratings.standing import counts, is_public
from marketplace.identity.viewer import ORGANISATION_ROLES, Role, Viewer
from marketplace.kernel.errors import NotPermitted


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over ratings joined with their tickets: what counts is everybody's to read; what is held its author's and the area's
    auditors' and moderators'. Nothing of an open period is anybody's here."""
    if viewer.is_stranger:
        return counts()
    return or_(
        counts(),
        and_(is_public(), or_(given_by(viewer), in_care_of(viewer, Role.AUDITOR, Role.MODERATOR))),
    )


def given_by(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over ratings joined with their tickets: given with a ticket of the viewer's, or by them with one of nobody's."""
    return or_(is_holder(viewer), Rating.rater == viewer.person_id) if viewer.person_id else false()


def is_mine(viewer: Viewer) -> Label[bool]:
    """A column of a select over ratings joined with their tickets: whether the viewer gave the rating."""
    return case((given_by(viewer), true()), else_=false()).label("is_mine")


def in_care_of(viewer: Viewer, *roles: Role) -> ColumnElement[bool]:
    """SQL over ratings: given in an area over which the viewer holds one of the roles, about an organisation not their own."""
    areas = viewer.areas_of(*roles)
    if not areas:
        return false()
    own = viewer.organisations_of(*ORGANISATION_ROLES)
    there = or_(*(within(Rating.area_code, area) for area in areas))
    return and_(there, or_(Rating.organisation_id.is_(None), Rating.organisation_id.not_in(own)))


def must_care(viewer: Viewer, role: Role, ratings: Sequence[tuple[Rating, bool]]) -> UUID:
    """The id of an auditor or moderator for all of these; each rating comes with whether the viewer gave it.

    Raises SignInNeeded, NotPermitted, CaretakerIsConcerned.
    """
    person_id = viewer.signed_in()
    if not all(viewer.holds_in_area(row.area_code, role) for row, _ in ratings):
        raise NotPermitted()
    if any(is_mine or belongs_to(viewer, row.organisation_id) for row, is_mine in ratings):
        raise CaretakerIsConcerned()
    return person_id


def belongs_to(viewer: Viewer, organisation_id: UUID | None) -> bool:
    """Whether the viewer is one of the provider's own people."""
    return viewer.holds_in_organisation(organisation_id, *ORGANISATION_ROLES)


def may_reply(viewer: Viewer, organisation_id: UUID | None) -> bool:
    """Managers speak for the provider."""
    return viewer.holds_in_organisation(organisation_id, Role.ORGANISATION_MANAGER)
