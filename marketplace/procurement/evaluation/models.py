"""Tables of evaluation: the register of experts, panels and their members, eligibility, score sheets, low prices, reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class Expert(Identified, Base):
    """Somebody whom the supervisor registered to evaluate tenders of some fields (category tags) within an area."""

    __tablename__ = "experts"
    __table_args__ = (
        Index(
            "uq_experts_open",
            "person_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(None, "area_code"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    fields: Mapped[list[str]]
    speciality: Mapped[str] = mapped_column(String(120))
    employer: Mapped[str | None] = mapped_column(String(120))
    employer_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]


class PanelPromise(Base):
    """The promise of a draw, made when the tender is published: SHA-256 of a secret that the vault keeps until the panel is drawn."""

    __tablename__ = "panel_promises"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    promised_at: Mapped[datetime]
    commitment: Mapped[str] = mapped_column(String(64))
    sealed_secret: Mapped[bytes]


class Panel(Base):
    """A panel as it was drawn, never changed (a trigger refuses): ``draws.Draw`` with what it was drawn for.

    ``pool`` and ``order`` are ids of experts, ``excluded`` pairs of an expert who would have fitted and the reason against them.
    Seats are taken in the order of the draw, and so are replacements.
    """

    __tablename__ = "panels"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    size: Mapped[int]
    experts: Mapped[int]
    promised_at: Mapped[datetime]
    commitment: Mapped[str] = mapped_column(String(64))
    secret: Mapped[str] = mapped_column(String(64))
    opening_hash: Mapped[str] = mapped_column(String(64))
    pool: Mapped[list[str]]
    pool_hash: Mapped[str] = mapped_column(String(64))
    seed: Mapped[str] = mapped_column(String(64))
    order: Mapped[list[str]]
    excluded: Mapped[list[Any]]


class PanelMember(Identified, Base):
    """A seat of a panel held by one person: drawn as an expert, or sent by the buyer. Declares before seeing any bid.

    ``conflicts`` are what the member declared; ``replaced_at`` ends the seat, its successor says whom it replaces. Somebody who was
    drawn and could not sit down at all has both moments at once.
    """

    __tablename__ = "panel_members"
    __table_args__ = (
        UniqueConstraint("tender_id", "person_id"),
        CheckConstraint("kind IN ('expert', 'buyer')", name="kind_known"),
        CheckConstraint("(kind = 'expert') = (expert_id IS NOT NULL)", name="experts_are_drawn"),
        Index(
            "uq_panel_members_seat",
            "tender_id",
            "seat",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
            sqlite_where=text("replaced_at IS NULL"),
        ),
        Index(None, "person_id"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    expert_id: Mapped[UUID | None] = mapped_column(ForeignKey("experts.id"))
    kind: Mapped[str] = mapped_column(String(16))
    seat: Mapped[int]
    joined_at: Mapped[datetime]
    declared_at: Mapped[datetime | None]
    conflicts: Mapped[list[Any] | None]
    replaced_at: Mapped[datetime | None]
    replaced_for: Mapped[str | None] = mapped_column(String(64))
    replacement_reason: Mapped[str | None] = mapped_column(String(500))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("panel_members.id"))


class EligibilityFinding(Identified, Base):
    """Whether one bid meets one condition of the file. The newest of a bid and condition counts; none is changed."""

    __tablename__ = "eligibility_findings"
    __table_args__ = (UniqueConstraint("bid_id", "condition_key", "number"),)

    bid_id: Mapped[UUID] = mapped_column(ForeignKey("bids.id"))
    condition_key: Mapped[str] = mapped_column(ShortCode)
    number: Mapped[int]
    is_met: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500))
    found_at: Mapped[datetime]
    found_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class EligibilityClosing(Base):
    """The check of the bids is closed: from here on members score those that met every condition. Never changed (a trigger refuses)."""

    __tablename__ = "eligibility_closings"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class PriceQuery(Identified, Base):
    """A price that looks too low: the bidder is asked to justify it, and the majority of the panel's seats decides whether it holds."""

    __tablename__ = "price_queries"
    __table_args__ = (UniqueConstraint("bid_lot_id"),)

    bid_lot_id: Mapped[UUID] = mapped_column(ForeignKey("bid_lots.id"))
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    due_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_accepted: Mapped[bool | None]
    decided_at: Mapped[datetime | None]


class PriceVote(Base):
    """What one member thinks of a bidder's reasons for a low price. Never changed (a trigger refuses)."""

    __tablename__ = "price_votes"

    query_id: Mapped[UUID] = mapped_column(ForeignKey("price_queries.id"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("panel_members.id"), primary_key=True)
    is_accepted: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500))
    voted_at: Mapped[datetime]


class ScoreSheet(Identified, Base):
    """One member's scores for all bids of one lot: written alone, frozen by handing in, void when the member is replaced."""

    __tablename__ = "score_sheets"
    __table_args__ = (UniqueConstraint("lot_id", "member_id"),)

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("panel_members.id"))
    started_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]


class Score(Base):
    """Points of a sheet for one bid and one criterion, in hundredths of a point from 0 to 100, with the reason; a draft may have gaps."""

    __tablename__ = "scores"
    __table_args__ = (CheckConstraint("points BETWEEN 0 AND 10000", name="points_in_range"),)

    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("score_sheets.id"), primary_key=True)
    bid_lot_id: Mapped[UUID] = mapped_column(ForeignKey("bid_lots.id"), primary_key=True)
    criterion_key: Mapped[str] = mapped_column(ShortCode, primary_key=True)
    points: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(1000))


class EvaluationReport(Base):
    """What came of one lot: all that is needed to redo the ranking, and the ranking. Never changed (a trigger refuses)."""

    __tablename__ = "evaluation_reports"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), index=True)
    finished_at: Mapped[datetime]
    finished_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    report: Mapped[dict[str, Any]]
    report_hash: Mapped[str] = mapped_column(String(64))
