"""Lotteries."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("shifts", sa.Column("lottery_closes_at", sa.DateTime(timezone=True), nullable=True))
    _lotteries()
    _entries()
    op.create_table(
        "lottery_draws",
        sa.Column("lottery_id", sa.Uuid(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "record",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["lottery_id"], ["lotteries.id"], name=op.f("fk_lottery_draws_lottery_id_lotteries")
        ),
        sa.PrimaryKeyConstraint("lottery_id", name=op.f("pk_lottery_draws")),
    )
    for statement in forbid_changes("lottery_draws", op.get_bind().dialect.name):
        op.execute(statement)


def _lotteries() -> None:
    op.create_table(
        "lotteries",
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_timer_tickets", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_off_by", sa.Uuid(), nullable=True),
        sa.Column("call_off_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "first_timer_tickets BETWEEN 1 AND 10", name=op.f("ck_lotteries_tickets_in_range")
        ),
        sa.CheckConstraint("opened_at < closes_at", name=op.f("ck_lotteries_closes_after_it_opens")),
        sa.ForeignKeyConstraint(
            ["called_off_by"], ["people.id"], name=op.f("fk_lotteries_called_off_by_people")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["people.id"], name=op.f("fk_lotteries_opened_by_people")),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_lotteries_shift_id_shifts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lotteries")),
    )
    op.create_index(op.f("ix_lotteries_closes_at"), "lotteries", ["closes_at"])
    op.create_index(
        "uq_lotteries_valid",
        "lotteries",
        ["shift_id"],
        unique=True,
        postgresql_where=sa.text("called_off_at IS NULL"),
        sqlite_where=sa.text("called_off_at IS NULL"),
    )


def _entries() -> None:
    op.create_table(
        "lottery_entries",
        sa.Column("lottery_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_up_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("tickets BETWEEN 1 AND 10", name=op.f("ck_lottery_entries_tickets_in_range")),
        sa.ForeignKeyConstraint(
            ["lottery_id"], ["lotteries.id"], name=op.f("fk_lottery_entries_lottery_id_lotteries")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_lottery_entries_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_ups.id"], name=op.f("fk_lottery_entries_sign_up_id_sign_ups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lottery_entries")),
        sa.UniqueConstraint("lottery_id", "number", name=op.f("uq_lottery_entries_lottery_id_number")),
        sa.UniqueConstraint(
            "person_id", "idempotency_key", name=op.f("uq_lottery_entries_person_id_idempotency_key")
        ),
        sa.UniqueConstraint("sign_up_id", name=op.f("uq_lottery_entries_sign_up_id")),
    )
    op.create_index(
        "uq_lottery_entries_open",
        "lottery_entries",
        ["lottery_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
        sqlite_where=sa.text("left_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("lottery_draws", "lottery_entries", "lotteries"):
        op.drop_table(table)
    op.drop_column("shifts", "lottery_closes_at")
