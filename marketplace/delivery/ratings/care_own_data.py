"""The share of moderation in a person's data: reports, appeals and replies that they wrote. Erased, their words go; counts stay."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.delivery.ratings.care_drafts import Part
from marketplace.delivery.ratings.models import RatingComplaint, RatingHiding, RatingReply


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """What the person reported, appealed against and replied for a provider, as plain JSON values."""
    reported = (
        select(RatingComplaint.what, RatingComplaint.text, RatingComplaint.complained_at)
        .where(RatingComplaint.complained_by == person_id)
        .order_by(RatingComplaint.id)
    )
    appealed = (
        select(RatingHiding.what, RatingHiding.reason, RatingHiding.appeal, RatingHiding.appealed_at)
        .where(RatingHiding.appealed_by == person_id)
        .order_by(RatingHiding.id)
    )
    replied = (
        select(RatingReply.number, RatingReply.text, RatingReply.written_at)
        .where(RatingReply.written_by == person_id)
        .order_by(RatingReply.id)
    )
    return {
        "reports_of_ratings": await plain_rows(session, reported),
        "appeals": await plain_rows(session, appealed),
        "replies_for_a_provider": await plain_rows(session, replied),
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Forget the words of reports and of appeals for oneself. A reply is its provider's public word, and stays."""
    await session.execute(
        update(RatingComplaint)
        .where(RatingComplaint.complained_by == person_id)
        .values(text="")
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(RatingHiding)
        .where(RatingHiding.appealed_by == person_id, RatingHiding.what != Part.REPLY.value)
        .values(appeal=None)
        .execution_options(synchronize_session=False)
    )
