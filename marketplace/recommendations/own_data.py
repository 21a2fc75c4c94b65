"""Recommendations' share of a person's data: what was recommended, and who invited them; forgotten on erasure or refusal."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.recommendations import invitations, lists
from marketplace.recommendations.models import Invitation, Recommendation, RecommendationList
from marketplace.volunteering.models import Need, Shift


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """What was recommended to the person and the invitations they got, as plain JSON values."""
    recommended = (
        select(
            Need.title,
            RecommendationList.made_at,
            Recommendation.place,
            Recommendation.score,
            Recommendation.factors,
            RecommendationList.weights_version,
        )
        .join(RecommendationList, RecommendationList.id == Recommendation.list_id)
        .join(Need, Need.id == Recommendation.need_id)
        .where(RecommendationList.person_id == person_id)
        .order_by(RecommendationList.made_at, RecommendationList.id, Recommendation.place)
    )
    invited = (
        select(
            Need.title,
            Shift.starts_at,
            Invitation.invited_at,
            Invitation.score,
            Invitation.factors,
            Invitation.weights_version,
            Invitation.declined_at,
        )
        .join(Need, Need.id == Invitation.need_id)
        .join(Shift, Shift.id == Invitation.shift_id)
        .where(Invitation.person_id == person_id)
        .order_by(Invitation.id)
    )
    return {
        "recommendations": await plain_rows(session, recommended),
        "invitations": await plain_rows(session, invited),
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Nothing of it is anybody else's business."""
    await lists.forget(session, person_id)
    await invitations.forget(session, person_id)
