"""Signals back into the market."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _wish_drafts()
    _service_wishes()
    _whistles()


def _wish_drafts() -> None:
    op.create_table(
        "wish_drafts",
        sa.Column("service_type", sa.String(length=64), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(need_id IS NULL) <> (item_id IS NULL)", name=op.f("ck_wish_drafts_one_draft")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_wish_drafts_area_code_areas")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["list_items.id"], name=op.f("fk_wish_drafts_item_id_list_items")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_wish_drafts_made_by_people")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_wish_drafts_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["service_type"], ["tags.code"], name=op.f("fk_wish_drafts_service_type_tags")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish_drafts")),
        sa.UniqueConstraint(
            "made_by", "idempotency_key", name=op.f("uq_wish_drafts_made_by_idempotency_key")
        ),
    )


def _service_wishes() -> None:
    op.create_table(
        "service_wishes",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("service_type", sa.String(length=64), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=True),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["areas.code"], name=op.f("fk_service_wishes_area_code_areas")
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["wish_drafts.id"], name=op.f("fk_service_wishes_draft_id_wish_drafts")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_service_wishes_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["service_type"], ["tags.code"], name=op.f("fk_service_wishes_service_type_tags")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_wishes")),
    )
    op.create_index(
        op.f("ix_service_wishes_area_code_service_type"),
        "service_wishes",
        ["area_code", "service_type"],
        unique=False,
    )
    op.create_index(
        "uq_service_wishes_open",
        "service_wishes",
        ["person_id", "service_type", "area_code"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL AND taken_up_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL AND taken_up_at IS NULL"),
    )


def _whistles() -> None:
    op.create_table(
        "whistles",
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("property_contract_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column(
            "facts",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("blown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=1000), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('commitments_slip', 'ratings_fall', 'nobody_answers')",
            name=op.f("ck_whistles_kind_known"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_whistles_answered_with_words")
        ),
        sa.CheckConstraint(
            "(contract_id IS NULL) <> (property_contract_id IS NULL)", name=op.f("ck_whistles_one_subject")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_whistles_answered_by_people")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_whistles_area_code_areas")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_whistles_contract_id_contracts")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_whistles_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["property_contract_id"],
            ["property_contracts.id"],
            name=op.f("fk_whistles_property_contract_id_property_contracts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whistles")),
    )
    op.create_index(
        op.f("ix_whistles_area_code_blown_at"), "whistles", ["area_code", "blown_at"], unique=False
    )
    op.create_index(op.f("ix_whistles_organisation_id"), "whistles", ["organisation_id"], unique=False)
    op.create_index(
        "uq_whistles_open_contract_id",
        "whistles",
        ["kind", "contract_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "uq_whistles_open_property_contract_id",
        "whistles",
        ["kind", "property_contract_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    for table in (
        "whistles",
        "service_wishes",
        "wish_drafts",
    ):
        op.drop_table(table)
