"""Tables of awards: who is awarded a lot and why, objections and complaints, suspensions, and corrections by two people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified, ShortCode


class AwardNotice(Identified, Base):
    """A notice of awards as it was published, with the hash of its canonical JSON. Never changed (a trigger refuses).

    ``official_notice_url`` is where the official medium has it: this site is none.
    """

    __tablename__ = "award_notices"
    __table_args__ = (Index(None, "tender_id"),)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    published_at: Mapped[datetime]
    published_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    ends_at: Mapped[datetime]
    official_notice_url: Mapped[str | None] = mapped_column(String(300))
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(String(64))


class Award(Identified, Base):
    """A lot goes to a bid. A corrected or declined award stays on record; at most one of a lot and bid stands.

    ``seat`` counts the suppliers of a framework's lot; everywhere else there is one seat, so the index lets one award stand.
    ``signed_at`` is written by the room above when both sides signed the contract: from then on nobody declines.
    """

    __tablename__ = "awards"
    __table_args__ = (
        Index(
            "uq_awards_standing",
            "bid_lot_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_awards_seat",
            "lot_id",
            "seat",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(None, "tender_id"),
        Index(None, "lot_id"),
        Index(None, "organisation_id"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    seat: Mapped[int] = mapped_column(default=1)
    bid_lot_id: Mapped[UUID] = mapped_column(ForeignKey("bid_lots.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    place: Mapped[int]
    price_fen: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str]
    decided_at: Mapped[datetime]
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    published_at: Mapped[datetime | None]
    notice_ends_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("award_notices.id"))
    ended_at: Mapped[datetime | None]
    ended_for: Mapped[str | None] = mapped_column(String(64))
    ended_reason: Mapped[str | None] = mapped_column(String(500))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("awards.id"))


class AwardCorrection(Identified, Base):
    """An award was wrong: one person says why, another one decides; what was and what is are both public."""

    __tablename__ = "award_corrections"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
        Index(
            "uq_award_corrections_open",
            "award_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
            sqlite_where=text("decided_at IS NULL"),
        ),
    )

    award_id: Mapped[UUID] = mapped_column(ForeignKey("awards.id"))
    successor_bid_lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("bid_lots.id"))
    reason: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_approved: Mapped[bool | None]
    decision_reason: Mapped[str | None] = mapped_column(String(500))


class Objection(Identified, Base):
    """A supplier objects to the file, the process or the result (the buyer answers), or complains about the answer (the supervisor
    decides). ``due_at`` is the last moment for the answer by the calendar of working days. ``remedy`` is what an upheld complaint does.
    Of one supplier one objection about the same thing waits at a time."""

    __tablename__ = "objections"
    __table_args__ = (
        CheckConstraint("kind IN ('objection', 'complaint')", name="kind_known"),
        CheckConstraint(
            "(kind = 'complaint') = (objection_id IS NOT NULL)", name="complaint_follows_objection"
        ),
        UniqueConstraint("raised_by", "idempotency_key"),
        UniqueConstraint("objection_id"),
        Index(
            "uq_objections_waiting",
            "tender_id",
            "organisation_id",
            "about",
            unique=True,
            postgresql_where=text("kind = 'objection' AND answered_at IS NULL AND withdrawn_at IS NULL"),
            sqlite_where=text("kind = 'objection' AND answered_at IS NULL AND withdrawn_at IS NULL"),
        ),
        Index(None, "tender_id"),
        Index(None, "organisation_id"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    kind: Mapped[str] = mapped_column(String(16))
    objection_id: Mapped[UUID | None] = mapped_column(ForeignKey("objections.id"))
    about: Mapped[str] = mapped_column(String(16))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    raised_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    text: Mapped[str]
    wish: Mapped[str]
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answer: Mapped[str | None]
    is_upheld: Mapped[bool | None]
    remedy: Mapped[str | None] = mapped_column(String(32))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None]


class Suspension(Identified, Base):
    """The supervisor holds a process while a complaint is decided, at most until ``ends_at``."""

    __tablename__ = "tender_suspensions"
    __table_args__ = (
        Index(
            "uq_tender_suspensions_open",
            "tender_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
            sqlite_where=text("lifted_at IS NULL"),
        ),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("objections.id"))
    reason: Mapped[str] = mapped_column(String(500))
    suspended_at: Mapped[datetime]
    suspended_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    ends_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
