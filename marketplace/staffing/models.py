"""Tables of staffing: roles of a need, the pool of people to be put where they are needed, assignment runs and their proposals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified, ShortCode


class NeedRole(Identified, Base):
    """Each shift of the need wants at least so many people who hold a qualification. Roles end, they are not edited."""

    __tablename__ = "need_roles"
    __table_args__ = (
        CheckConstraint("minimum_people BETWEEN 1 AND 1000", name="minimum_in_range"),
        Index(
            "uq_need_roles_open",
            "need_id",
            "qualification_code",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
            sqlite_where=text("removed_at IS NULL"),
        ),
    )

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    name: Mapped[str] = mapped_column(String(60))
    qualification_code: Mapped[str] = mapped_column(ForeignKey("qualification_types.code"))
    minimum_people: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class PoolEntry(Identified, Base):
    """Somebody may be put where the need wants them, in at most ``most_shifts`` shifts. One open entry a person and need."""

    __tablename__ = "staffing_pool_entries"
    __table_args__ = (
        UniqueConstraint("person_id", "idempotency_key"),
        CheckConstraint("most_shifts BETWEEN 1 AND 50", name="most_shifts_in_range"),
        Index(
            "uq_staffing_pool_entries_open",
            "need_id",
            "person_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
            sqlite_where=text("left_at IS NULL"),
        ),
    )

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    idempotency_key: Mapped[str | None] = mapped_column(ShortCode)
    most_shifts: Mapped[int]
    agreed_at: Mapped[datetime | None]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class PoolShift(Base):
    """A shift that the person chose; an entry without any means whichever fits their times."""

    __tablename__ = "staffing_pool_shifts"
    __table_args__ = (Index(None, "shift_id"),)

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("staffing_pool_entries.id"), primary_key=True)
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"), primary_key=True)


class AssignmentRun(Identified, Base):
    """One answer of the solver to one input, never changed (a trigger refuses); what came of it is in other rows.

    ``settings``, ``input`` (compressed canonical JSON) and ``seed`` are what was asked; ``input_hash`` and ``plan_hash`` are SHA-256.
    ``minimum_places`` people on places that the work cannot do without count first, then ``objective``, scores in tenths of a point
    less what fairness takes; no plan is worth more than the bound (none was proved where it is empty), and ``gap`` is how far below
    it this one may lie, as a share. ``staffing`` is one object a shift, before and after.
    """

    __tablename__ = "assignment_runs"
    __table_args__ = (Index(None, "need_id", "started_at"),)

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    started_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    started_at: Mapped[datetime]
    settings: Mapped[dict[str, Any]]
    seed: Mapped[int] = mapped_column(BigInteger)
    weights_version: Mapped[int]
    input: Mapped[bytes]
    input_hash: Mapped[str] = mapped_column(String(64))
    plan_hash: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(64))
    minimum_places: Mapped[int]
    objective: Mapped[int] = mapped_column(BigInteger)
    bound_minimum_places: Mapped[int | None]
    bound: Mapped[int | None] = mapped_column(BigInteger)
    gap: Mapped[float | None]
    people: Mapped[int]
    staffing: Mapped[list[Any]]


class RunSending(Base):
    """That the offers of a run were sent, once, by whom and for how long they hold."""

    __tablename__ = "assignment_run_sendings"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("assignment_runs.id"), primary_key=True)
    sent_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    sent_at: Mapped[datetime]


class Proposal(Identified, Base):
    """A run proposes this person for that shift. Dropped by an organiser, or offered (``sign_up_id``), or skipped with a reason.

    ``score`` is in tenths of a point; ``factors`` say what it is made of and are forgotten with the person.
    """

    __tablename__ = "assignment_proposals"
    __table_args__ = (
        UniqueConstraint("run_id", "person_id", "shift_id"),
        UniqueConstraint("sign_up_id"),
        CheckConstraint(
            "sign_up_id IS NULL OR (dropped_at IS NULL AND skipped_for IS NULL)", name="one_outcome"
        ),
        Index(None, "person_id"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("assignment_runs.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    score: Mapped[int]
    role: Mapped[str | None] = mapped_column(String(60))
    factors: Mapped[list[Any] | None]
    dropped_at: Mapped[datetime | None]
    dropped_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    sign_up_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_ups.id"))
    skipped_for: Mapped[str | None] = mapped_column(String(64))
