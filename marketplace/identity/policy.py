"""May they, in identity: who grants which role where, who verifies, who governs the catalogue, and who sees a person."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_

from marketplace.areas.codes import CITY, within
from marketplace.identity.errors import TokenMayNotManageAccount
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import ORGANISATION_ROLES, Role, Scope, Viewer

# Who may grant (and revoke) a role that is held in an area, within their own area.
_GRANTERS = {
    Role.COMMUNITY_WORKER: (Role.DISTRICT_OFFICER, Role.ADMINISTRATOR),
    Role.DISTRICT_OFFICER: (Role.ADMINISTRATOR,),
    Role.MODERATOR: (Role.ADMINISTRATOR,),
    Role.AUDITOR: (Role.ADMINISTRATOR,),
    Role.PROCUREMENT_OFFICER: (Role.DISTRICT_OFFICER, Role.ADMINISTRATOR),
    Role.PROCUREMENT_SUPERVISOR: (Role.ADMINISTRATOR,),
    Role.ADMINISTRATOR: (Role.ADMINISTRATOR,),
}
VERIFIERS = (Role.DISTRICT_OFFICER, Role.ADMINISTRATOR)


def manages_account(viewer: Viewer) -> UUID:
    """The person whose sessions, tokens, consents or data are at stake. Raises SignInNeeded, TokenMayNotManageAccount."""
    person_id = viewer.signed_in()
    if viewer.scopes is not None and Scope.ACCOUNT not in viewer.scopes:
        raise TokenMayNotManageAccount()
    return person_id


def may_grant(viewer: Viewer, role: Role, *, area_code: str | None, organisation_id: UUID | None) -> bool:
    """Higher rank, and only within one's own area or organisation; the city's administrators help orphaned organisations."""
    if role in ORGANISATION_ROLES:
        return viewer.holds_in_organisation(
            organisation_id, Role.ORGANISATION_MANAGER
        ) or viewer.holds_in_area(CITY, Role.ADMINISTRATOR)
    return viewer.holds_in_area(area_code, *_GRANTERS[role])


def grantable_roles(viewer: Viewer) -> tuple[Role, ...]:
    """The roles that the viewer may grant somewhere."""
    held = {role.role for role in viewer.roles}
    area_roles = [role for role, granters in _GRANTERS.items() if held & set(granters)]
    in_organisations = Role.ORGANISATION_MANAGER in held or viewer.holds_in_area(CITY, Role.ADMINISTRATOR)
    return (*area_roles, *(role for role in Role if role in ORGANISATION_ROLES and in_organisations))


def revocable_by(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: the grants that the viewer may take away; the same rule as ``may_grant``."""
    clauses: list[ColumnElement[bool]] = [
        (RoleGrant.role == role.value) & within(RoleGrant.area_code, area)
        for role, granters in _GRANTERS.items()
        for area in viewer.areas_of(*granters)
    ]
    if viewer.holds_in_area(CITY, Role.ADMINISTRATOR):
        clauses.append(RoleGrant.organisation_id.is_not(None))
    managed = viewer.organisations_of(Role.ORGANISATION_MANAGER)
    if managed:
        clauses.append(RoleGrant.organisation_id.in_(managed))
    return or_(false(), *clauses)


def may_verify(viewer: Viewer, home_area_code: str | None) -> bool:
    """Officers of the area where the person lives; whoever gave no home is seen to by the city's."""
    return viewer.holds_in_area(home_area_code or CITY, *VERIFIERS)


def may_govern_tags(viewer: Viewer) -> bool:
    """Words are the whole city's, so a moderator of one district does not decide them."""
    return viewer.holds_in_area(CITY, Role.MODERATOR, Role.ADMINISTRATOR)


def may_change_rules(viewer: Viewer) -> bool:
    """Rules are changed by the city's administrators."""
    return viewer.holds_in_area(CITY, Role.ADMINISTRATOR)


def verifies(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: the people whose qualifications the viewer may verify; never the viewer."""
    areas = viewer.areas_of(*VERIFIERS)
    clauses = [within(Person.home_area_code, area) for area in areas]
    if CITY in areas:
        clauses.append(Person.home_area_code.is_(None))
    return or_(false(), *clauses) & (Person.id != viewer.person_id)


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: the people whose profile the viewer may read: oneself, and for officers those who live in their area."""
    if viewer.is_stranger:
        return Person.id.is_(None)
    return (Person.id == viewer.person_id) | verifies(viewer)
