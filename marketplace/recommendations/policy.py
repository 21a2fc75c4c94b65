"""May they: who sees and decides the weights of the ranking, and whose invitations a viewer sees."""

from sqlalchemy import ColumnElement, false, or_

from marketplace.areas.codes import CITY
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.recommendations.models import Invitation
from marketplace.volunteering.policy import manages

GOVERNING = (Role.DISTRICT_OFFICER, Role.ADMINISTRATOR)


def may_govern_ranking(viewer: Viewer) -> bool:
    """One order holds for the whole city, so its officers and administrators decide it, not those of one district."""
    return viewer.holds_in_area(CITY, *GOVERNING)


def must_govern_ranking(viewer: Viewer) -> None:
    """Raises SignInNeeded, NotPermitted."""
    viewer.signed_in()
    if not may_govern_ranking(viewer):
        raise NotPermitted()


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over invitations joined with their needs: one's own, and those of the needs that one organises."""
    if viewer.is_stranger:
        return false()
    return or_(Invitation.person_id == viewer.person_id, manages(viewer))
