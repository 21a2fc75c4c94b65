"""Hours."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from marketplace.db.append_only import forbid_changes

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("local_year", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(reverses_id IS NULL) = (minutes > 0)",
            name=op.f("ck_ledger_entries_only_reversals_are_negative"),
        ),
        sa.CheckConstraint("minutes <> 0", name=op.f("ck_ledger_entries_minutes_not_zero")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["people.id"], name=op.f("fk_ledger_entries_entered_by_people")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_ledger_entries_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_ledger_entries_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_reverses_id_ledger_entries")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_ledger_entries_shift_id_shifts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entries_reverses_id")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_ledger_entries_source_source_id")),
    )
    with op.batch_alter_table("ledger_entries") as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entries_need_id"), ["need_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_ledger_entries_person_id_local_year"), ["person_id", "local_year"], unique=False
        )

    op.create_table(
        "attendances",
        sa.Column("sign_up_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check_in_method", sa.String(length=16), nullable=False),
        sa.Column("checked_in_by", sa.Uuid(), nullable=False),
        sa.Column("check_in_reason", sa.String(length=500), nullable=True),
        sa.Column("check_in_metres", sa.Integer(), nullable=True),
        sa.Column("late_minutes", sa.Integer(), nullable=False),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_out_method", sa.String(length=16), nullable=True),
        sa.Column("checked_out_by", sa.Uuid(), nullable=True),
        sa.Column("check_out_reason", sa.String(length=500), nullable=True),
        sa.Column("closed_by_rule_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "checked_out_at IS NULL OR checked_out_at >= checked_in_at",
            name=op.f("ck_attendances_out_after_in"),
        ),
        sa.ForeignKeyConstraint(
            ["checked_in_by"], ["people.id"], name=op.f("fk_attendances_checked_in_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["checked_out_by"], ["people.id"], name=op.f("fk_attendances_checked_out_by_people")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_attendances_person_id_people")),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_attendances_shift_id_shifts")),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_ups.id"], name=op.f("fk_attendances_sign_up_id_sign_ups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendances")),
        sa.UniqueConstraint(
            "person_id", "idempotency_key", name=op.f("uq_attendances_person_id_idempotency_key")
        ),
        sa.UniqueConstraint("sign_up_id", name=op.f("uq_attendances_sign_up_id")),
    )
    with op.batch_alter_table("attendances") as batch_op:
        batch_op.create_index(batch_op.f("ix_attendances_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attendances_shift_id"), ["shift_id"], unique=False)

    op.create_table(
        "check_in_tries",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("wrong_tries >= 0", name=op.f("ck_check_in_tries_wrong_tries_not_negative")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_check_in_tries_person_id_people")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_check_in_tries_shift_id_shifts")),
        sa.PrimaryKeyConstraint("person_id", "shift_id", name=op.f("pk_check_in_tries")),
    )
    op.create_table(
        "hour_entry_requests",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_entry_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("approvals_needed", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.Uuid(), nullable=True),
        sa.Column("refusal_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "approvals_needed BETWEEN 1 AND 5", name=op.f("ck_hour_entry_requests_approvals_in_range")
        ),
        sa.CheckConstraint(
            "minutes BETWEEN 0 AND 1440", name=op.f("ck_hour_entry_requests_minutes_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_entry_id"],
            ["ledger_entries.id"],
            name=op.f("fk_hour_entry_requests_corrects_entry_id_ledger_entries"),
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_hour_entry_requests_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_hour_entry_requests_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["refused_by"], ["people.id"], name=op.f("fk_hour_entry_requests_refused_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["people.id"], name=op.f("fk_hour_entry_requests_requested_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shifts.id"], name=op.f("fk_hour_entry_requests_shift_id_shifts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_entry_requests")),
        sa.UniqueConstraint(
            "requested_by",
            "idempotency_key",
            name=op.f("uq_hour_entry_requests_requested_by_idempotency_key"),
        ),
    )
    with op.batch_alter_table("hour_entry_requests") as batch_op:
        batch_op.create_index(batch_op.f("ix_hour_entry_requests_need_id"), ["need_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hour_entry_requests_person_id"), ["person_id"], unique=False)

    op.create_table(
        "hour_reviews",
        sa.Column("sign_up_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "minutes IS NULL OR minutes BETWEEN 0 AND 1440", name=op.f("ck_hour_reviews_minutes_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_hour_reviews_decided_by_people")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["people.id"], name=op.f("fk_hour_reviews_opened_by_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_hour_reviews_person_id_people")),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_hour_reviews_shift_id_shifts")),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_ups.id"], name=op.f("fk_hour_reviews_sign_up_id_sign_ups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_reviews")),
        sa.UniqueConstraint("sign_up_id", name=op.f("uq_hour_reviews_sign_up_id")),
    )
    with op.batch_alter_table("hour_reviews") as batch_op:
        batch_op.create_index(batch_op.f("ix_hour_reviews_shift_id"), ["shift_id"], unique=False)

    op.create_table(
        "hour_entry_approvals",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["people.id"], name=op.f("fk_hour_entry_approvals_approver_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["hour_entry_requests.id"],
            name=op.f("fk_hour_entry_approvals_request_id_hour_entry_requests"),
        ),
        sa.PrimaryKeyConstraint("request_id", "approver_id", name=op.f("pk_hour_entry_approvals")),
    )
    for table in (
        "ledger_entries",
        "hour_entry_approvals",
    ):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("hour_entry_approvals")
    with op.batch_alter_table("hour_reviews") as batch_op:
        batch_op.drop_index(batch_op.f("ix_hour_reviews_shift_id"))

    op.drop_table("hour_reviews")
    with op.batch_alter_table("hour_entry_requests") as batch_op:
        batch_op.drop_index(batch_op.f("ix_hour_entry_requests_person_id"))
        batch_op.drop_index(batch_op.f("ix_hour_entry_requests_need_id"))

    op.drop_table("hour_entry_requests")
    op.drop_table("check_in_tries")
    with op.batch_alter_table("attendances") as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendances_shift_id"))
        batch_op.drop_index(batch_op.f("ix_attendances_person_id"))

    op.drop_table("attendances")
    with op.batch_alter_table("ledger_entries") as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entries_person_id_local_year"))
        batch_op.drop_index(batch_op.f("ix_ledger_entries_need_id"))

    op.drop_table("ledger_entries")
