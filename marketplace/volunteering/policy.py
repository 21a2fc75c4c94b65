"""May they: who manages a need, who may publish for whom, and which needs a viewer may see."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_

from marketplace.areas.codes import within
from marketplace.identity.viewer import Role, Viewer
from marketplace.volunteering.models import Need

AREA_ORGANISERS = (Role.COMMUNITY_WORKER, Role.DISTRICT_OFFICER, Role.ADMINISTRATOR)
ORGANISATION_ORGANISERS = (Role.ORGANISATION_MANAGER, Role.ORGANISATION_MEMBER)


def may_manage(viewer: Viewer, *, area_code: str, organisation_id: UUID | None) -> bool:
    """Organisers of a need: the people of its organisation, and the workers and officers of its area."""
    return viewer.holds_in_organisation(organisation_id, *ORGANISATION_ORGANISERS) or viewer.holds_in_area(
        area_code, *AREA_ORGANISERS
    )


def may_publish(viewer: Viewer, *, area_code: str, organisation_id: UUID | None) -> bool:
    """For an organisation its own people publish (an administrator when a list is taken in), for an area its workers and officers."""
    if organisation_id is None:
        return viewer.holds_in_area(area_code, *AREA_ORGANISERS)
    return viewer.holds_in_organisation(organisation_id, *ORGANISATION_ORGANISERS) or viewer.holds_in_area(
        area_code, Role.ADMINISTRATOR
    )


def manages(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: the needs that the viewer may manage."""
    clauses: list[ColumnElement[bool]] = [
        within(Need.area_code, area) for area in viewer.areas_of(*AREA_ORGANISERS)
    ]
    organisations = viewer.organisations_of(*ORGANISATION_ORGANISERS)
    if organisations:
        clauses.append(Need.organisation_id.in_(organisations))
    return or_(*clauses) if clauses else false()


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: published needs for everybody; the rest for whoever raised or manages them. Auditors see what lies in their area."""
    public = and_(Need.published_at.is_not(None), Need.declined_at.is_(None))
    if viewer.is_stranger:
        return public
    audited = [within(Need.area_code, area) for area in viewer.areas_of(Role.AUDITOR, Role.MODERATOR)]
    return or_(public, Need.raised_by == viewer.person_id, manages(viewer), *audited)
