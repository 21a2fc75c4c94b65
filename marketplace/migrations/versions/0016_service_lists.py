"""Service lists."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _service_lists()
    _list_editions()
    _list_items()
    _list_item_versions()
    _list_comments()
    _item_follows()


def _service_lists() -> None:
    op.create_table(
        "service_lists",
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_service_lists_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["buyer_id"], ["buyers.id"], name=op.f("fk_service_lists_buyer_id_buyers")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name=op.f("fk_service_lists_created_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_lists")),
    )
    op.create_index(op.f("ix_service_lists_buyer_id"), "service_lists", ["buyer_id"], unique=False)


def _list_editions() -> None:
    op.create_table(
        "list_editions",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("consultation_opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consultation_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "consulted",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.Column("finalised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finalised_by", sa.Uuid(), nullable=True),
        sa.Column("consultation_answer", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name=op.f("fk_list_editions_created_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["finalised_by"], ["people.id"], name=op.f("fk_list_editions_finalised_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["service_lists.id"], name=op.f("fk_list_editions_list_id_service_lists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_editions")),
        sa.UniqueConstraint("list_id", "number", name=op.f("uq_list_editions_list_id_number")),
    )
    op.create_index(op.f("ix_list_editions_finalised_at"), "list_editions", ["finalised_at"], unique=False)
    op.create_index(
        "uq_list_editions_under_way",
        "list_editions",
        ["list_id"],
        unique=True,
        postgresql_where=sa.text("finalised_at IS NULL AND withdrawn_at IS NULL"),
        sqlite_where=sa.text("finalised_at IS NULL AND withdrawn_at IS NULL"),
    )


def _list_items() -> None:
    op.create_table(
        "list_items",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["service_lists.id"], name=op.f("fk_list_items_list_id_service_lists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_items")),
        sa.UniqueConstraint("list_id", "number", name=op.f("uq_list_items_list_id_number")),
    )


def _list_item_versions() -> None:
    op.create_table(
        "list_item_versions",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category_code", sa.String(length=64), nullable=False),
        sa.Column("audience_code", sa.String(length=64), nullable=True),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("people_served", sa.Integer(), nullable=True),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("planned_tender_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("renewal", sa.String(length=16), nullable=False),
        sa.Column("standards", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("budget_fen >= 0", name=op.f("ck_list_item_versions_budget_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_list_item_versions_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["area_code"], ["areas.code"], name=op.f("fk_list_item_versions_area_code_areas")
        ),
        sa.ForeignKeyConstraint(
            ["audience_code"], ["tags.code"], name=op.f("fk_list_item_versions_audience_code_tags")
        ),
        sa.ForeignKeyConstraint(
            ["category_code"], ["tags.code"], name=op.f("fk_list_item_versions_category_code_tags")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["list_editions.id"], name=op.f("fk_list_item_versions_edition_id_list_editions")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["list_items.id"], name=op.f("fk_list_item_versions_item_id_list_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_item_versions")),
        sa.UniqueConstraint("edition_id", "item_id", name=op.f("uq_list_item_versions_edition_id_item_id")),
    )
    op.create_index(
        op.f("ix_list_item_versions_area_code"), "list_item_versions", ["area_code"], unique=False
    )
    op.create_index(
        op.f("ix_list_item_versions_category_code"), "list_item_versions", ["category_code"], unique=False
    )
    op.create_index(op.f("ix_list_item_versions_item_id"), "list_item_versions", ["item_id"], unique=False)
    op.create_index(
        op.f("ix_list_item_versions_planned_tender_on"),
        "list_item_versions",
        ["planned_tender_on"],
        unique=False,
    )


def _list_comments() -> None:
    op.create_table(
        "list_comments",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_by", sa.Uuid(), nullable=True),
        sa.Column("hidden_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["people.id"], name=op.f("fk_list_comments_answered_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["list_editions.id"], name=op.f("fk_list_comments_edition_id_list_editions")
        ),
        sa.ForeignKeyConstraint(["hidden_by"], ["people.id"], name=op.f("fk_list_comments_hidden_by_people")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["list_items.id"], name=op.f("fk_list_comments_item_id_list_items")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_list_comments_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_list_comments_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_comments")),
        sa.UniqueConstraint(
            "person_id", "idempotency_key", name=op.f("uq_list_comments_person_id_idempotency_key")
        ),
    )
    op.create_index(
        op.f("ix_list_comments_edition_id_created_at"),
        "list_comments",
        ["edition_id", "created_at"],
        unique=False,
    )


def _item_follows() -> None:
    op.create_table(
        "item_follows",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("followed_by", sa.Uuid(), nullable=False),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["followed_by"], ["people.id"], name=op.f("fk_item_follows_followed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["list_items.id"], name=op.f("fk_item_follows_item_id_list_items")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_item_follows_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_follows")),
    )
    op.create_index(
        op.f("ix_item_follows_organisation_id"), "item_follows", ["organisation_id"], unique=False
    )
    op.create_index(
        "uq_item_follows_open",
        "item_follows",
        ["item_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    for table in (
        "item_follows",
        "list_comments",
        "list_item_versions",
        "list_items",
        "list_editions",
        "service_lists",
    ):
        op.drop_table(table)
