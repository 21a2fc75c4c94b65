"""Staffing."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for table in ("shifts", "shift_series"):
        _add_minimum(table)
    _roles()
    _pool()
    _runs()
    for statement in forbid_changes("assignment_runs", op.get_bind().dialect.name):
        op.execute(statement)


def _add_minimum(table: str) -> None:
    name, check = f"ck_{table}_minimum_within_capacity", "minimum_people BETWEEN 0 AND capacity"
    if op.get_bind().dialect.name == "sqlite":
        # Added in place: copying the table, Alembic's way on SQLite, would break the references of all sign-ups.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN minimum_people INTEGER DEFAULT 0 NOT NULL "
            f"CONSTRAINT {name} CHECK ({check})"
        )
        return
    op.add_column(
        table, sa.Column("minimum_people", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_check_constraint(op.f(name), table, check)


def _roles() -> None:
    op.create_table(
        "need_roles",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("qualification_code", sa.String(length=64), nullable=False),
        sa.Column("minimum_people", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("minimum_people BETWEEN 1 AND 1000", name=op.f("ck_need_roles_minimum_in_range")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_need_roles_created_by_people")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_roles_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["qualification_code"],
            ["qualification_types.code"],
            name=op.f("fk_need_roles_qualification_code_qualification_types"),
        ),
        sa.ForeignKeyConstraint(["removed_by"], ["people.id"], name=op.f("fk_need_roles_removed_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_roles")),
    )
    op.create_index(
        "uq_need_roles_open",
        "need_roles",
        ["need_id", "qualification_code"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
        sqlite_where=sa.text("removed_at IS NULL"),
    )


def _pool() -> None:
    op.create_table(
        "staffing_pool_entries",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("most_shifts", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "most_shifts BETWEEN 1 AND 50", name=op.f("ck_staffing_pool_entries_most_shifts_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_staffing_pool_entries_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_staffing_pool_entries_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staffing_pool_entries")),
        sa.UniqueConstraint(
            "person_id", "idempotency_key", name=op.f("uq_staffing_pool_entries_person_id_idempotency_key")
        ),
    )
    op.create_index(
        "uq_staffing_pool_entries_open",
        "staffing_pool_entries",
        ["need_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
        sqlite_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "staffing_pool_shifts",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["staffing_pool_entries.id"],
            name=op.f("fk_staffing_pool_shifts_entry_id_staffing_pool_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shifts.id"], name=op.f("fk_staffing_pool_shifts_shift_id_shifts")
        ),
        sa.PrimaryKeyConstraint("entry_id", "shift_id", name=op.f("pk_staffing_pool_shifts")),
    )
    op.create_index(op.f("ix_staffing_pool_shifts_shift_id"), "staffing_pool_shifts", ["shift_id"])


def _runs() -> None:
    json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "assignment_runs",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settings", json, nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("weights_version", sa.Integer(), nullable=False),
        sa.Column("input", sa.LargeBinary(), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("minimum_places", sa.Integer(), nullable=False),
        sa.Column("objective", sa.BigInteger(), nullable=False),
        sa.Column("bound_minimum_places", sa.Integer(), nullable=True),
        sa.Column("bound", sa.BigInteger(), nullable=True),
        sa.Column("gap", sa.Double(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("staffing", json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_assignment_runs_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["started_by"], ["people.id"], name=op.f("fk_assignment_runs_started_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_runs")),
    )
    op.create_index(
        op.f("ix_assignment_runs_need_id_started_at"), "assignment_runs", ["need_id", "started_at"]
    )
    op.create_table(
        "assignment_run_sendings",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["assignment_runs.id"], name=op.f("fk_assignment_run_sendings_run_id_assignment_runs")
        ),
        sa.ForeignKeyConstraint(
            ["sent_by"], ["people.id"], name=op.f("fk_assignment_run_sendings_sent_by_people")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_assignment_run_sendings")),
    )
    op.create_table(
        "assignment_proposals",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=True),
        sa.Column("factors", json, nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_by", sa.Uuid(), nullable=True),
        sa.Column("sign_up_id", sa.Uuid(), nullable=True),
        sa.Column("skipped_for", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "sign_up_id IS NULL OR (dropped_at IS NULL AND skipped_for IS NULL)",
            name=op.f("ck_assignment_proposals_one_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["dropped_by"], ["people.id"], name=op.f("fk_assignment_proposals_dropped_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_assignment_proposals_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["assignment_runs.id"], name=op.f("fk_assignment_proposals_run_id_assignment_runs")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shifts.id"], name=op.f("fk_assignment_proposals_shift_id_shifts")
        ),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_ups.id"], name=op.f("fk_assignment_proposals_sign_up_id_sign_ups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_proposals")),
        sa.UniqueConstraint(
            "run_id",
            "person_id",
            "shift_id",
            name=op.f("uq_assignment_proposals_run_id_person_id_shift_id"),
        ),
        sa.UniqueConstraint("sign_up_id", name=op.f("uq_assignment_proposals_sign_up_id")),
    )
    op.create_index(op.f("ix_assignment_proposals_person_id"), "assignment_proposals", ["person_id"])


def downgrade() -> None:
    for table in (
        "assignment_proposals",
        "assignment_run_sendings",
        "assignment_runs",
        "staffing_pool_shifts",
        "staffing_pool_entries",
        "need_roles",
    ):
        op.drop_table(table)
    for table in ("shift_series", "shifts"):
        if op.get_bind().dialect.name != "sqlite":
            op.drop_constraint(op.f(f"ck_{table}_minimum_within_capacity"), table, type_="check")
        op.drop_column(table, "minimum_people")
