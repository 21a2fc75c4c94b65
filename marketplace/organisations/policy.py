"""May they: who runs an organisation, who decides about it, and which organisations a viewer may see."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_

from marketplace.areas.codes import within
from marketplace.identity.viewer import ORGANISATION_ROLES, Role, Viewer
from marketplace.organisations.models import Organisation

DECIDING = (Role.DISTRICT_OFFICER, Role.ADMINISTRATOR)
_LOOKING = (*DECIDING, Role.AUDITOR)


def may_manage(viewer: Viewer, organisation_id: UUID) -> bool:
    """Managers change the profile, the papers and the people."""
    return viewer.holds_in_organisation(organisation_id, Role.ORGANISATION_MANAGER)


def belongs(viewer: Viewer, organisation_id: UUID) -> bool:
    """Members and managers."""
    return viewer.holds_in_organisation(organisation_id, *ORGANISATION_ROLES)


def decides_there(viewer: Viewer, area_code: str) -> bool:
    """Officers of the organisation's area, whether or not they may decide about this one."""
    return viewer.holds_in_area(area_code, *DECIDING)


def sees_papers(viewer: Viewer, organisation: Organisation) -> bool:
    """Its own people, and who verifies or audits in its area."""
    return belongs(viewer, organisation.id) or viewer.holds_in_area(organisation.area_code, *_LOOKING)


def decides(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: the organisations of the areas where the viewer verifies."""
    return or_(false(), *(within(Organisation.area_code, area) for area in viewer.areas_of(*DECIDING)))


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: verified ones for everybody; the rest for its own people, whoever registered it, and officers and auditors of its area."""
    public = and_(Organisation.verified_at.is_not(None), Organisation.suspended_at.is_(None))
    if viewer.is_stranger:
        return public
    own = or_(
        Organisation.registered_by == viewer.person_id,
        Organisation.id.in_(viewer.organisations_of(*ORGANISATION_ROLES)),
    )
    return or_(public, own, *(within(Organisation.area_code, area) for area in viewer.areas_of(*_LOOKING)))
