"""Mobilisations."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_RUNNING = sa.text("stopped_at IS NULL")
_LIVE = sa.text("answered_at IS NULL AND ended_at IS NULL")


def upgrade() -> None:
    _mobilisations()
    _calls()


def _mobilisations() -> None:
    op.create_table(
        "mobilisations",
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("wave_size", sa.Integer(), nullable=False),
        sa.Column("wave_minutes", sa.Integer(), nullable=False),
        sa.Column("first_metres", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_wave_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waves", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_because", sa.String(length=16), nullable=True),
        sa.Column("stopped_by", sa.Uuid(), nullable=True),
        sa.Column("stop_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("wave_size BETWEEN 1 AND 500", name=op.f("ck_mobilisations_wave_size_in_range")),
        sa.CheckConstraint(
            "wave_minutes BETWEEN 1 AND 1440", name=op.f("ck_mobilisations_wave_minutes_in_range")
        ),
        sa.CheckConstraint(
            "(stopped_at IS NULL) = (stopped_because IS NULL)",
            name=op.f("ck_mobilisations_a_stop_has_a_cause"),
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_mobilisations_shift_id_shifts")),
        sa.ForeignKeyConstraint(
            ["started_by"], ["people.id"], name=op.f("fk_mobilisations_started_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["stopped_by"], ["people.id"], name=op.f("fk_mobilisations_stopped_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mobilisations")),
    )
    for name, column, is_unique in (
        ("uq_mobilisations_running", "shift_id", True),
        ("ix_mobilisations_due", "next_wave_at", False),
    ):
        op.create_index(
            name,
            "mobilisations",
            [column],
            unique=is_unique,
            postgresql_where=_RUNNING,
            sqlite_where=_RUNNING,
        )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("mobilisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("metres", sa.Integer(), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_up_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (accepted IS NULL)", name=op.f("ck_calls_an_answer_is_yes_or_no")
        ),
        sa.ForeignKeyConstraint(
            ["mobilisation_id"], ["mobilisations.id"], name=op.f("fk_calls_mobilisation_id_mobilisations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_calls_person_id_people")),
        sa.ForeignKeyConstraint(["sign_up_id"], ["sign_ups.id"], name=op.f("fk_calls_sign_up_id_sign_ups")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("mobilisation_id", "person_id", name=op.f("uq_calls_mobilisation_id_person_id")),
    )
    for name, column, is_unique in (
        ("uq_calls_live", "person_id", True),
        ("ix_calls_to_end", "expires_at", False),
    ):
        op.create_index(name, "calls", [column], unique=is_unique, postgresql_where=_LIVE, sqlite_where=_LIVE)


def downgrade() -> None:
    op.drop_table("calls")
    op.drop_table("mobilisations")
