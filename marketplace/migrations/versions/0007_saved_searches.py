"""Saved searches, and what the search engine could not be told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OWED = "owed_at IS NOT NULL"
_UNTOLD = "told_at IS NULL AND passed_over_at IS NULL"


def upgrade() -> None:
    with op.batch_alter_table("indexed_documents") as table:
        table.add_column(sa.Column("owed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_indexed_documents_owed",
        "indexed_documents",
        ["kind", "row_id"],
        postgresql_where=sa.text(_OWED),
        sqlite_where=sa.text(_OWED),
    )
    op.create_table(
        "saved_search_counts",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search_counts")),
    )
    op.create_table(
        "saved_searches",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "wishes",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("how_told", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watches_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("change_number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "how_told IN ('at_once', 'daily', 'off')", name=op.f("ck_saved_searches_told_in_a_known_way")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_saved_searches_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("person_id", "digest", name=op.f("uq_saved_searches_person_id_digest")),
    )
    op.create_index(op.f("ix_saved_searches_change_number"), "saved_searches", ["change_number"])
    op.create_table(
        "saved_search_matches",
        sa.Column("saved_search_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_saved_search_matches_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["saved_search_id"],
            ["saved_searches.id"],
            name=op.f("fk_saved_search_matches_saved_search_id_saved_searches"),
        ),
        sa.PrimaryKeyConstraint("saved_search_id", "need_id", name=op.f("pk_saved_search_matches")),
    )
    op.create_index(op.f("ix_saved_search_matches_need_id"), "saved_search_matches", ["need_id"])
    op.create_index(
        "ix_saved_search_matches_untold",
        "saved_search_matches",
        ["saved_search_id"],
        postgresql_where=sa.text(_UNTOLD),
        sqlite_where=sa.text(_UNTOLD),
    )


def downgrade() -> None:
    op.drop_table("saved_search_matches")
    op.drop_table("saved_searches")
    op.drop_table("saved_search_counts")
    op.drop_index("ix_indexed_documents_owed", "indexed_documents")
    with op.batch_alter_table("indexed_documents") as table:
        table.drop_column("owed_at")
