"""May they: who buys for an area, who supervises, who acts for a supplier. Openers and panels are named per tender, in their rooms."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.areas.codes import within
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound, NotPermitted


def may_buy(viewer: Viewer, area_code: str) -> bool:
    """Procurement officers of the area. An administrator of the house buys nothing."""
    return viewer.holds_in_area(area_code, Role.PROCUREMENT_OFFICER)


def must_buy(viewer: Viewer, area_code: str, *, is_public: bool) -> UUID:
    """The officer's id. Raises SignInNeeded, NotPermitted, or NotFound where the thing is not public and so not to be seen."""
    person_id = viewer.signed_in()
    if not may_buy(viewer, area_code):
        raise NotPermitted() if is_public else NotFound()
    return person_id


def may_supervise(viewer: Viewer, area_code: str) -> bool:
    """The authority that decides complaints and keeps the register of experts in the area."""
    return viewer.holds_in_area(area_code, Role.PROCUREMENT_SUPERVISOR)


def must_supervise(viewer: Viewer, area_code: str) -> UUID:
    """The supervisor's id. Raises SignInNeeded, NotPermitted."""
    person_id = viewer.signed_in()
    if not may_supervise(viewer, area_code):
        raise NotPermitted()
    return person_id


def may_supply(viewer: Viewer, organisation_id: UUID | None) -> bool:
    """Managers act for their organisation as a supplier: ask, bid, object, sign."""
    return viewer.holds_in_organisation(organisation_id, Role.ORGANISATION_MANAGER)


def must_supply(viewer: Viewer, organisation_id: UUID) -> UUID:
    """The manager's id. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    if not may_supply(viewer, organisation_id):
        raise NotFound()
    return person_id


def supplies_for(viewer: Viewer) -> tuple[UUID, ...]:
    """The organisations for which the viewer acts as a supplier."""
    return viewer.organisations_of(Role.ORGANISATION_MANAGER)


def of_the_trade(viewer: Viewer, area_code: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """SQL: the area is one in which the viewer buys or supervises; they see what is not public yet."""
    areas = viewer.areas_of(Role.PROCUREMENT_OFFICER, Role.PROCUREMENT_SUPERVISOR)
    return or_(*(within(area_code, area) for area in areas)) if areas else false()
