"""Which ratings are public, which count and what of them is hidden: asked here by everybody, so that a list, a score and a dump agree."""

from sqlalchemy import ColumnElement, and_, exists, or_

from marketplace.delivery.ratings.models import Rating, RatingHiding, RatingHold, RatingPeriod


def is_public() -> ColumnElement[bool]:
    """SQL over ratings: their period has closed."""
    closed = exists().where(RatingPeriod.id == Rating.period_id, RatingPeriod.closed_at.is_not(None))
    # Said outright, so that a query may join periods or holds itself.
    return closed.correlate(Rating)


def is_held() -> ColumnElement[bool]:
    """SQL over ratings: an auditor has not decided yet, or decided to keep it out."""
    held = exists().where(
        RatingHold.rating_id == Rating.id,
        or_(RatingHold.decided_at.is_(None), RatingHold.is_upheld.is_(True)),
    )
    return held.correlate(Rating)


def counts() -> ColumnElement[bool]:
    """SQL over ratings: it makes part of a published score."""
    return and_(is_public(), ~is_held())


def hides(hiding: type[RatingHiding], what: str) -> ColumnElement[bool]:
    """SQL over ratings joined with a hiding: it hides this part, and nobody restored it."""
    return and_(hiding.rating_id == Rating.id, hiding.what == what, hiding.is_restored.is_not(True))
