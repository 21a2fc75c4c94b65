"""Who sees what of objections and awards before it is public."""

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.identity.viewer import Viewer
from marketplace.procurement import policy
from marketplace.procurement.awards.models import Objection
from marketplace.procurement.tenders.models import Tender


def visible_to(viewer: Viewer, area_code: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """SQL: answered ones are public; others are for who raised them, the buyer and the supervisor."""
    return or_(
        Objection.answered_at.is_not(None),
        Objection.organisation_id.in_(policy.supplies_for(viewer)),
        policy.of_the_trade(viewer, area_code),
    )


def sees_who_objects(viewer: Viewer, row: Objection, tender: Tender, *, was_complained: bool) -> bool:
    """The supplier and the supervisor always; the buyer from the opening on, because before it nobody learns who might bid
    (87号 article 28); everybody once a complaint was decided, whose results are published (94号 article 38)."""
    if policy.may_supply(viewer, row.organisation_id) or policy.may_supervise(viewer, tender.area_code):
        return True
    if was_complained:
        return True
    is_closed = (
        tender.opened_at is not None or tender.unsuccessful_at is not None or tender.cancelled_at is not None
    )
    return is_closed and policy.may_buy(viewer, tender.area_code)
