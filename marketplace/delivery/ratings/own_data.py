"""The share of ratings in a person's data: tickets and what they said. Erased, the numbers stay, without words, photos and traces."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.ratings.models import (
    DIMENSIONS,
    Rating,
    RatingPhoto,
    RatingSource,
    RatingTicket,
    RatingWords,
)
from marketplace.delivery.ratings.policy import held_by


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """The person's tickets, ratings and photos, and what they entered for others, as plain JSON values."""
    issued = (
        select(
            Delivery.title,
            RatingTicket.issued_at,
            RatingTicket.expires_at,
            RatingTicket.reminded_at,
            RatingTicket.used_at,
            RatingTicket.void_at,
        )
        .join(Delivery, Delivery.id == RatingTicket.delivery_id)
        .where(held_by(person_id))
        .order_by(RatingTicket.id)
    )
    said = (
        select(
            Delivery.title,
            *(getattr(Rating, name) for name in DIMENSIONS),
            Rating.should_continue,
            Rating.assisted_how,
            Rating.given_at,
            RatingWords.text,
        )
        .join(Delivery, Delivery.id == Rating.delivery_id)
        .outerjoin(RatingWords, RatingWords.rating_id == Rating.id)
        .where(Rating.id.in_(_given_by(person_id)))
        .order_by(Rating.id)
    )
    shown = (
        select(Delivery.title, RatingPhoto.content_type, RatingPhoto.size, RatingPhoto.removed_at)
        .join(Rating, Rating.delivery_id == Delivery.id)
        .join(RatingPhoto, RatingPhoto.rating_id == Rating.id)
        .where(Rating.id.in_(_given_by(person_id)))
        .order_by(RatingPhoto.id)
    )
    entered = (
        select(Delivery.title, Rating.assisted_how, Rating.given_at)
        .join(Delivery, Delivery.id == Rating.delivery_id)
        .where(Rating.assisted_by == person_id)
        .order_by(Rating.id)
    )
    return {
        "tickets": await plain_rows(session, issued),
        "ratings": await plain_rows(session, said),
        "rating_photos": await plain_rows(session, shown),
        "ratings_entered_for_others": await plain_rows(session, entered),
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Forget words, photos and where they came from; the numbers make part of published scores and stay."""
    mine = _given_by(person_id)
    await session.execute(
        update(RatingWords)
        .where(RatingWords.rating_id.in_(mine))
        .values(text=None, text_fingerprint=None, erased_at=session.now())
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(RatingPhoto)
        .where(RatingPhoto.rating_id.in_(mine), RatingPhoto.removed_at.is_(None))
        .values(removed_at=session.now())
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        delete(RatingSource)
        .where(RatingSource.rating_id.in_(mine))
        .execution_options(synchronize_session=False)
    )


def _given_by(person_id: UUID) -> Any:
    """Ids of ratings that the person gave: with a ticket of theirs, or signed in with one of nobody's."""
    return (
        select(Rating.id)
        .join(RatingTicket, RatingTicket.id == Rating.ticket_id)
        .where(or_(Rating.rater == person_id, held_by(person_id)))
    )
