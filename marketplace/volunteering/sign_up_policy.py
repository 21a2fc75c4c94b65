"""May they: whose sign-ups a viewer sees, and who decides about them."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_

from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.volunteering.errors import NobodyDecidesForThemselves
from marketplace.volunteering.models import Need, SignUp
from marketplace.volunteering.policy import manages, may_manage


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over sign_ups joined with their shifts and needs: one's own, and those of the needs that one organises."""
    if viewer.is_stranger:
        return false()
    return or_(SignUp.person_id == viewer.person_id, manages(viewer))


def must_organise(viewer: Viewer, need: Need) -> None:
    """Raises SignInNeeded, or NotPermitted for somebody who sees the need but does not organise it."""
    viewer.signed_in()
    if not may_manage(viewer, area_code=need.area_code, organisation_id=need.organisation_id):
        raise NotPermitted()


def must_decide(viewer: Viewer, need: Need, person_id: UUID) -> None:
    """Who organises the need decides about everybody but themselves. Raises as must_organise, and NobodyDecidesForThemselves."""
    must_organise(viewer, need)
    if person_id == viewer.person_id:
        raise NobodyDecidesForThemselves()
