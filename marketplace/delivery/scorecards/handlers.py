"""What scorecards listen to: a period closed, a held rating was decided; and, once a day, facts are counted anew."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.delivery.ratings.events import HoldDecided, PeriodClosed
from marketplace.delivery.ratings.models import Rating
from marketplace.delivery.scorecards import computing, counting
from marketplace.outbox.registry import Registry


def register(registry: Registry) -> None:
    """Put the consumers and the repeated task into the registry."""
    registry.on(PeriodClosed, "scorecards.compute", _compute)
    registry.on(HoldDecided, "scorecards.compute_again", _compute_again)
    registry.repeat("scorecards.count_facts", timedelta(days=1), counting.count_all)


async def _compute(session: Session, event: PeriodClosed) -> None:
    await computing.compute_period(session, event.period_id)


async def _compute_again(session: Session, event: HoldDecided) -> None:
    found = (
        await session.execute(
            select(Rating.organisation_id, Rating.service_type).where(Rating.id == event.rating_id)
        )
    ).one_or_none()
    # What a community brought itself has no scorecard.
    if found is not None and found.organisation_id is not None:
        await computing.compute_cell(session, found.organisation_id, found.service_type)
