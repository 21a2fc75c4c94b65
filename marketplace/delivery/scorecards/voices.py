"""A few words that people wrote, beside a scorecard, with the provider's replies: one statement. All of them are read in ``ratings``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import aliased

from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.ratings import published, standing
from marketplace.delivery.ratings.models import Rating, RatingHiding, RatingPeriod, RatingReply, RatingWords
from marketplace.delivery.scorecards.rows import ScorecardRow

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Voice:
    """What somebody wrote of a month. ``mean`` in ten-thousandths, only where the score is public; ``is_hidden`` stands for words."""

    rating_id: UUID
    month: date
    mean: int | None
    words: str | None
    is_hidden: bool
    reply: str | None
    update: str | None


async def newest(session: Session, card: ScorecardRow) -> Sequence[Voice]:
    """The newest ratings with words that make part of the scorecard's cell, at most five."""
    reply, update = aliased(RatingReply), aliased(RatingReply)
    words_hidden, reply_hidden = aliased(RatingHiding), aliased(RatingHiding)
    query: Select[*tuple[Any, ...]] = (
        select(
            Rating.id,
            RatingPeriod.starts_on,
            Rating.sixtieths,
            RatingWords.text,
            words_hidden.id,
            reply.text,
            update.text,
            reply_hidden.id,
        )
        .join(RatingPeriod, RatingPeriod.id == Rating.period_id)
        .join(RatingWords, RatingWords.rating_id == Rating.id)
        .outerjoin(words_hidden, standing.hides(words_hidden, published.WORDS))
        .outerjoin(reply_hidden, standing.hides(reply_hidden, published.REPLY))
        .outerjoin(reply, and_(reply.rating_id == Rating.id, reply.number == 1))
        .outerjoin(update, and_(update.rating_id == Rating.id, update.number == 2))
        .where(
            Rating.organisation_id == card.organisation_id,
            Rating.service_type == card.service_type,
            Rating.given_on <= card.as_of,
            RatingWords.text.is_not(None),
            standing.counts(),
        )
        .order_by(RatingPeriod.starts_on.desc(), Rating.id.desc())
        .limit(MOST_SHOWN)
    )
    to_ten_thousandths = formula.TEN_THOUSANDTHS / formula.SIXTIETHS
    return [
        Voice(
            rating_id=rating_id,
            month=month,
            mean=round(sixtieths * to_ten_thousandths) if card.is_public else None,
            words=None if hidden else text,
            is_hidden=hidden is not None,
            reply=None if reply_gone else said,
            update=None if reply_gone else added,
        )
        for rating_id, month, sixtieths, text, hidden, said, added, reply_gone in await session.execute(query)
    ]
