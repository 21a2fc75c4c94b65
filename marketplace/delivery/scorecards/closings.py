"""Which closing is the newest whose scorecards stand: pages, choices and dumps all mean that one."""

from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from marketplace.delivery.ratings.models import RatingPeriod
from marketplace.delivery.scorecards.models import Scorecard


def newest_computed() -> Select[UUID]:
    """Select the last closed period whose scorecards stand. One that has just closed is computed a moment later; until then the one before."""
    # Under names of their own, so that a query may join periods and scorecards itself.
    period, card = aliased(RatingPeriod), aliased(Scorecard)
    return (
        select(period.id)
        .where(period.closed_at.is_not(None), exists().where(card.period_id == period.id))
        .order_by(period.starts_on.desc())
        .limit(1)
    )
