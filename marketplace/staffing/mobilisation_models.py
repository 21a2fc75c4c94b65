"""Tables of mobilisations: who called for help, for which shift and why, and whom each wave called."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified

_RUNNING = "stopped_at IS NULL"
_LIVE = "answered_at IS NULL AND ended_at IS NULL"


class Mobilisation(Identified, Base):
    """People are called to a shift in waves, the best and nearest first, until its places are taken or somebody stops it.

    The first wave looks within ``first_metres``; each wave doubles that. ``stopped_by`` is empty when it stopped itself.
    """

    __tablename__ = "mobilisations"
    __table_args__ = (
        CheckConstraint("wave_size BETWEEN 1 AND 500", name="wave_size_in_range"),
        CheckConstraint("wave_minutes BETWEEN 1 AND 1440", name="wave_minutes_in_range"),
        CheckConstraint("(stopped_at IS NULL) = (stopped_because IS NULL)", name="a_stop_has_a_cause"),
        Index(
            "uq_mobilisations_running",
            "shift_id",
            unique=True,
            postgresql_where=text(_RUNNING),
            sqlite_where=text(_RUNNING),
        ),
        Index(
            "ix_mobilisations_due",
            "next_wave_at",
            postgresql_where=text(_RUNNING),
            sqlite_where=text(_RUNNING),
        ),
    )

    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    wave_size: Mapped[int]
    wave_minutes: Mapped[int]
    first_metres: Mapped[int]
    started_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    started_at: Mapped[datetime]
    next_wave_at: Mapped[datetime]
    waves: Mapped[int] = mapped_column(default=0)
    stopped_at: Mapped[datetime | None]
    stopped_because: Mapped[str | None] = mapped_column(String(16))
    stopped_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    stop_reason: Mapped[str | None] = mapped_column(String(500))


class Call(Identified, Base):
    """One person called once. Live until answered or ended; a person has at most one live call, whoever calls.

    ``metres`` is how far away the coarse home is, empty when nobody knows. A drill's call never has a ``sign_up_id``.
    """

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("mobilisation_id", "person_id"),
        CheckConstraint("(answered_at IS NULL) = (accepted IS NULL)", name="an_answer_is_yes_or_no"),
        Index(
            "uq_calls_live", "person_id", unique=True, postgresql_where=text(_LIVE), sqlite_where=text(_LIVE)
        ),
        Index("ix_calls_to_end", "expires_at", postgresql_where=text(_LIVE), sqlite_where=text(_LIVE)),
    )

    mobilisation_id: Mapped[UUID] = mapped_column(ForeignKey("mobilisations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    wave: Mapped[int]
    score: Mapped[int]
    metres: Mapped[int | None]
    called_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    accepted: Mapped[bool | None]
    ended_at: Mapped[datetime | None]
    sign_up_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_ups.id"))
