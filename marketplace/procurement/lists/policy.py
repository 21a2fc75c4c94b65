"""May they: lists are public from the first consultation on; a draft is seen by the officers of its buyer's area alone."""

from sqlalchemy import ColumnElement, exists, or_

from marketplace.areas.codes import within
from marketplace.identity.viewer import Role, Viewer
from marketplace.procurement.lists.models import ListEdition, ServiceList
from marketplace.procurement.models import Buyer


def buys(viewer: Viewer) -> list[ColumnElement[bool]]:
    """SQL over buyers: those for which the viewer may act, a clause for each of their areas."""
    return [within(Buyer.area_code, area) for area in viewer.areas_of(Role.PROCUREMENT_OFFICER)]


def editions_visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over editions joined with their lists' buyers: what was put before the public, and drafts for officers of the area."""
    return or_(ListEdition.consultation_opened_at.is_not(None), *buys(viewer))


def lists_visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over lists joined with their buyers: those of which anything is public, and all for officers of the area."""
    shown = exists().where(
        ListEdition.list_id == ServiceList.id, ListEdition.consultation_opened_at.is_not(None)
    )
    return or_(shown, *buys(viewer))


def may_moderate(viewer: Viewer, area_code: str) -> bool:
    """Moderators of the area take comments out of sight; never the buyer, who might not like what is said."""
    return viewer.holds_in_area(area_code, Role.MODERATOR)
