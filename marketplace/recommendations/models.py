"""Tables of recommendations: weights by version, who decided them, lists of what was recommended to whom, and invitations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified

LIVE_INVITATION = "declined_at IS NULL AND ended_at IS NULL"


class RankingWeights(Identified, Base):
    """One version of the points for each factor, proposed with a reason and a preview. Append-only by trigger.

    ``proposed_by`` is empty for what ships with the house. What ``preview`` holds is written by ``previews.as_json``.
    """

    __tablename__ = "ranking_weights"
    __table_args__ = (
        UniqueConstraint("kind", "version"),
        CheckConstraint("version > 0", name="versions_count_from_one"),
    )

    kind: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    points: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(500))
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    preview: Mapped[dict[str, Any] | None]


class RankingDecision(Base):
    """What a second person decided about proposed weights: in force from a moment, or refused. One a version; append-only."""

    __tablename__ = "ranking_decisions"
    __table_args__ = (
        CheckConstraint("(in_force_from IS NULL) = (refusal_reason IS NOT NULL)", name="in_force_or_refused"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
    )

    weights_id: Mapped[UUID] = mapped_column(ForeignKey("ranking_weights.id"), primary_key=True)
    decided_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    in_force_from: Mapped[datetime | None]
    refusal_reason: Mapped[str | None] = mapped_column(String(500))


class RecommendationList(Identified, Base):
    """What suits one person, as it was worked out at a moment. The newest is shown as long as it holds; all are kept for ninety days."""

    __tablename__ = "recommendation_lists"
    __table_args__ = (Index(None, "person_id", "made_at"), Index(None, "made_at"))

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    good_until: Mapped[datetime]
    weights_version: Mapped[int]


class Recommendation(Identified, Base):
    """A need on a list, with its score and what it was made of, in tenths of a point."""

    __tablename__ = "recommendations"
    __table_args__ = (UniqueConstraint("list_id", "need_id"), Index(None, "need_id"))

    list_id: Mapped[UUID] = mapped_column(ForeignKey("recommendation_lists.id"))
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    place: Mapped[int]
    score: Mapped[int]
    factors: Mapped[list[Any]]


class Invitation(Identified, Base):
    """An organiser asks one person for one shift. Live until it is declined or ends; whether it was taken, the sign-ups say."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("person_id", "shift_id"),
        Index(
            "uq_invitations_live",
            "person_id",
            "need_id",
            unique=True,
            postgresql_where=text(LIVE_INVITATION),
            sqlite_where=text(LIVE_INVITATION),
        ),
        Index(None, "need_id"),
        Index(None, "person_id", "invited_at"),
    )

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    invited_at: Mapped[datetime]
    score: Mapped[int]
    factors: Mapped[list[Any]]
    weights_version: Mapped[int]
    declined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
