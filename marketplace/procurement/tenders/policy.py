"""May they: a published tender is everybody's to see; a draft is its buyer's and the supervisors'."""

from sqlalchemy import ColumnElement, or_

from marketplace.identity.viewer import Viewer
from marketplace.procurement.policy import may_buy, may_supervise, of_the_trade
from marketplace.procurement.tenders.models import Tender


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: published for all; drafts for the officers and supervisors of the area."""
    return or_(Tender.published_at.is_not(None), of_the_trade(viewer, Tender.area_code))


def sees_drafts(viewer: Viewer, area_code: str) -> bool:
    """Whether the viewer sees what is not public of a tender of that area."""
    return may_buy(viewer, area_code) or may_supervise(viewer, area_code)
