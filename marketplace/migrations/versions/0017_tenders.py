"""Tenders."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _tenders()
    _tender_series()
    _tender_versions()
    _lots()
    _tender_documents()
    _tender_askers()
    _tender_questions()
    _tender_follows()
    for table in ("tender_versions",):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def _tenders() -> None:
    op.create_table(
        "tenders",
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("list_item_id", sa.Uuid(), nullable=True),
        sa.Column("replaces_tender_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("procedure", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("category_code", sa.String(length=64), nullable=True),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column(
            "draft",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("enquiries_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submissions_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsuccessful_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsuccessful_reason", sa.String(length=64), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "enquiries_end_at <= submissions_end_at", name=op.f("ck_tenders_enquiries_end_first")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_tenders_area_code_areas")),
        sa.ForeignKeyConstraint(["buyer_id"], ["buyers.id"], name=op.f("fk_tenders_buyer_id_buyers")),
        sa.ForeignKeyConstraint(["cancelled_by"], ["people.id"], name=op.f("fk_tenders_cancelled_by_people")),
        sa.ForeignKeyConstraint(["category_code"], ["tags.code"], name=op.f("fk_tenders_category_code_tags")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_tenders_created_by_people")),
        sa.ForeignKeyConstraint(
            ["list_item_id"], ["list_items.id"], name=op.f("fk_tenders_list_item_id_list_items")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_tender_id"], ["tenders.id"], name=op.f("fk_tenders_replaces_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenders")),
        sa.UniqueConstraint("reference", name=op.f("uq_tenders_reference")),
    )
    op.create_index(op.f("ix_tenders_buyer_id"), "tenders", ["buyer_id"], unique=False)
    op.create_index(op.f("ix_tenders_list_item_id"), "tenders", ["list_item_id"], unique=False)
    op.create_index(op.f("ix_tenders_published_at"), "tenders", ["published_at"], unique=False)
    op.create_index(op.f("ix_tenders_replaces_tender_id"), "tenders", ["replaces_tender_id"], unique=False)
    op.create_index(op.f("ix_tenders_submissions_end_at"), "tenders", ["submissions_end_at"], unique=False)


def _tender_series() -> None:
    op.create_table(
        "tender_series",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tender_series")),
    )


def _tender_versions() -> None:
    op.create_table(
        "tender_versions",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "content",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("voids_bids", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["published_by"], ["people.id"], name=op.f("fk_tender_versions_published_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_versions_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_versions")),
        sa.UniqueConstraint("tender_id", "number", name=op.f("uq_tender_versions_tender_id_number")),
    )


def _lots() -> None:
    op.create_table(
        "lots",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("ceiling_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsuccessful_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsuccessful_reason", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ceiling_fen > 0", name=op.f("ck_lots_ceiling_positive")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_lots_area_code_areas")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_lots_tender_id_tenders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint("tender_id", "number", name=op.f("uq_lots_tender_id_number")),
    )
    op.create_index(op.f("ix_lots_area_code"), "lots", ["area_code"], unique=False)


def _tender_documents() -> None:
    op.create_table(
        "tender_documents",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_documents_tender_id_tenders")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["people.id"], name=op.f("fk_tender_documents_uploaded_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_documents")),
    )
    op.create_index(op.f("ix_tender_documents_tender_id"), "tender_documents", ["tender_id"], unique=False)


def _tender_askers() -> None:
    op.create_table(
        "tender_askers",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_tender_askers_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_askers_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", "organisation_id", name=op.f("pk_tender_askers")),
        sa.UniqueConstraint("tender_id", "number", name=op.f("uq_tender_askers_tender_id_number")),
    )


def _tender_questions() -> None:
    op.create_table(
        "tender_questions",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["people.id"], name=op.f("fk_tender_questions_answered_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["people.id"], name=op.f("fk_tender_questions_asked_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_tender_questions_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_questions_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_questions")),
        sa.UniqueConstraint(
            "asked_by", "idempotency_key", name=op.f("uq_tender_questions_asked_by_idempotency_key")
        ),
        sa.UniqueConstraint("tender_id", "number", name=op.f("uq_tender_questions_tender_id_number")),
    )


def _tender_follows() -> None:
    op.create_table(
        "tender_follows",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("followed_by", sa.Uuid(), nullable=False),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["followed_by"], ["people.id"], name=op.f("fk_tender_follows_followed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_tender_follows_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_follows_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_follows")),
    )
    op.create_index(
        op.f("ix_tender_follows_organisation_id"), "tender_follows", ["organisation_id"], unique=False
    )
    op.create_index(
        "uq_tender_follows_open",
        "tender_follows",
        ["tender_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    for table in (
        "tender_follows",
        "tender_questions",
        "tender_askers",
        "tender_documents",
        "lots",
        "tender_versions",
        "tender_series",
        "tenders",
    ):
        op.drop_table(table)
