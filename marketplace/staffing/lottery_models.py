"""Tables of lotteries: who opened one for which shift, who entered, and the published record of the draw."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified, ShortCode


class Lottery(Identified, Base):
    """The free places of a shift are drawn by lot among whoever enters until ``closes_at``.

    ``commitment`` is public from the beginning; ``sealed_secret`` is what it promises, encrypted. A first-timer has
    ``first_timer_tickets`` tickets, everybody else one.
    """

    __tablename__ = "lotteries"
    __table_args__ = (
        CheckConstraint("first_timer_tickets BETWEEN 1 AND 10", name="tickets_in_range"),
        CheckConstraint("opened_at < closes_at", name="closes_after_it_opens"),
        Index(
            "uq_lotteries_valid",
            "shift_id",
            unique=True,
            postgresql_where=text("called_off_at IS NULL"),
            sqlite_where=text("called_off_at IS NULL"),
        ),
        Index(None, "closes_at"),
    )

    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    first_timer_tickets: Mapped[int]
    commitment: Mapped[str] = mapped_column(String(64))
    sealed_secret: Mapped[bytes]
    called_off_at: Mapped[datetime | None]
    called_off_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    call_off_reason: Mapped[str | None] = mapped_column(String(500))


class LotteryEntry(Identified, Base):
    """Somebody's wish to be drawn; publicly only ``number`` and ``tickets``. ``sign_up_id`` is what the draw made of it."""

    __tablename__ = "lottery_entries"
    __table_args__ = (
        UniqueConstraint("person_id", "idempotency_key"),
        UniqueConstraint("lottery_id", "number"),
        UniqueConstraint("sign_up_id"),
        CheckConstraint("tickets BETWEEN 1 AND 10", name="tickets_in_range"),
        Index(
            "uq_lottery_entries_open",
            "lottery_id",
            "person_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
            sqlite_where=text("left_at IS NULL"),
        ),
    )

    lottery_id: Mapped[UUID] = mapped_column(ForeignKey("lotteries.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    number: Mapped[int]
    tickets: Mapped[int]
    agreed_at: Mapped[datetime | None]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    sign_up_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_ups.id"))


class LotteryDraw(Base):
    """The published record of a draw, written once and never changed (a trigger refuses)."""

    __tablename__ = "lottery_draws"

    lottery_id: Mapped[UUID] = mapped_column(ForeignKey("lotteries.id"), primary_key=True)
    drawn_at: Mapped[datetime]
    record: Mapped[dict[str, Any]]
