"""Buyers, working days, the record and accesses."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _buyers()
    _calendar_days()
    _procurement_record_heads()
    _procurement_records()
    _procurement_accesses()
    for table in ("procurement_records", "procurement_accesses"):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def _buyers() -> None:
    op.create_table(
        "buyers",
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("contact_name", sa.String(length=60), nullable=True),
        sa.Column("contact_phone", sa.String(length=40), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_buyers_area_code_areas")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_buyers_created_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyers")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_buyers_credit_code")),
    )
    op.create_index(op.f("ix_buyers_area_code"), "buyers", ["area_code"], unique=False)


def _calendar_days() -> None:
    op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["people.id"], name=op.f("fk_calendar_days_changed_by_people")
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_days")),
    )


def _procurement_record_heads() -> None:
    op.create_table(
        "procurement_record_heads",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_procurement_record_heads")),
    )


def _procurement_records() -> None:
    op.create_table(
        "procurement_records",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column(
            "facts",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_procurement_records_number_positive")),
        sa.PrimaryKeyConstraint("process_id", "number", name=op.f("pk_procurement_records")),
    )
    op.create_index(op.f("ix_procurement_records_at"), "procurement_records", ["at"], unique=False)


def _procurement_accesses() -> None:
    op.create_table(
        "procurement_accesses",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("was_allowed", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procurement_accesses")),
    )
    op.create_index(
        op.f("ix_procurement_accesses_person_id_at"),
        "procurement_accesses",
        ["person_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_procurement_accesses_process_id_at"),
        "procurement_accesses",
        ["process_id", "at"],
        unique=False,
    )


def downgrade() -> None:
    for table in (
        "procurement_accesses",
        "procurement_records",
        "procurement_record_heads",
        "calendar_days",
        "buyers",
    ):
        op.drop_table(table)
