"""Tables of hours: attendances, wrong tries, reviews, entries by hand that wait for approvers, and the append-only ledger in minutes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified, ShortCode


class Attendance(Identified, Base):
    """One confirmed person's presence in one shift: in, out, and how each was witnessed."""

    __tablename__ = "attendances"
    __table_args__ = (
        UniqueConstraint("sign_up_id"),
        UniqueConstraint("person_id", "idempotency_key"),
        CheckConstraint("checked_out_at IS NULL OR checked_out_at >= checked_in_at", name="out_after_in"),
        Index(None, "shift_id"),
        Index(None, "person_id"),
    )

    sign_up_id: Mapped[UUID] = mapped_column(ForeignKey("sign_ups.id"))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    idempotency_key: Mapped[str | None] = mapped_column(ShortCode)
    checked_in_at: Mapped[datetime]
    check_in_method: Mapped[str] = mapped_column(String(16))
    checked_in_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    check_in_reason: Mapped[str | None] = mapped_column(String(500))
    check_in_metres: Mapped[int | None]
    late_minutes: Mapped[int] = mapped_column(default=0)
    checked_out_at: Mapped[datetime | None]
    check_out_method: Mapped[str | None] = mapped_column(String(16))
    checked_out_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    check_out_reason: Mapped[str | None] = mapped_column(String(500))
    closed_by_rule_at: Mapped[datetime | None]


class CheckInTry(Base):
    """How often somebody typed a wrong short code for one shift. Past the rule's limit only a scan or the organiser helps."""

    __tablename__ = "check_in_tries"
    __table_args__ = (CheckConstraint("wrong_tries >= 0", name="wrong_tries_not_negative"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"), primary_key=True)
    wrong_tries: Mapped[int] = mapped_column(default=0)


class HourReview(Identified, Base):
    """A presence that cannot become hours by itself; ``cause`` says why (states.Cause). Decided by an organiser, in minutes.

    ``opened_by`` is empty when the rule itself opened it; whoever opened it does not decide it.
    """

    __tablename__ = "hour_reviews"
    __table_args__ = (
        UniqueConstraint("sign_up_id"),
        CheckConstraint("minutes IS NULL OR minutes BETWEEN 0 AND 1440", name="minutes_in_range"),
        Index(None, "shift_id"),
    )

    sign_up_id: Mapped[UUID] = mapped_column(ForeignKey("sign_ups.id"))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    cause: Mapped[str] = mapped_column(String(32))
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    minutes: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(500))


class HourEntryRequest(Identified, Base):
    """Hours entered by hand, or a correction, that count only when enough different people have approved."""

    __tablename__ = "hour_entry_requests"
    __table_args__ = (
        UniqueConstraint("requested_by", "idempotency_key"),
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes_in_range"),
        CheckConstraint("approvals_needed BETWEEN 1 AND 5", name="approvals_in_range"),
        Index(None, "person_id"),
        Index(None, "need_id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    shift_id: Mapped[UUID | None] = mapped_column(ForeignKey("shifts.id"))
    corrects_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_entries.id"))
    idempotency_key: Mapped[str | None] = mapped_column(ShortCode)
    minutes: Mapped[int]
    served_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    approvals_needed: Mapped[int]
    completed_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refused_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    refusal_reason: Mapped[str | None] = mapped_column(String(500))


class HourEntryApproval(Base):
    """One approver's yes. The key makes "two different people" a fact of the database; the subject is barred by the command."""

    __tablename__ = "hour_entry_approvals"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("hour_entry_requests.id"), primary_key=True)
    approver_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    approved_at: Mapped[datetime]


class LedgerEntry(Identified, Base):
    """Minutes that somebody served, or the reversal of an entry (negative minutes). Append-only by trigger.

    ``local_year`` and ``served_on`` are Shanghai's. ``grade`` says how well the presence was witnessed (states.Grade).
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("reverses_id"),
        UniqueConstraint("source", "source_id"),
        CheckConstraint("minutes <> 0", name="minutes_not_zero"),
        CheckConstraint("(reverses_id IS NULL) = (minutes > 0)", name="only_reversals_are_negative"),
        Index(None, "person_id", "local_year"),
        Index(None, "need_id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    shift_id: Mapped[UUID | None] = mapped_column(ForeignKey("shifts.id"))
    minutes: Mapped[int]
    grade: Mapped[str] = mapped_column(String(1))
    served_on: Mapped[date]
    local_year: Mapped[int]
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    source: Mapped[str] = mapped_column(String(16))
    source_id: Mapped[UUID]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_entries.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
