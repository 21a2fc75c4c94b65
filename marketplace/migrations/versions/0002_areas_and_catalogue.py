"""Areas and catalogue."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "area_editions",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("cut_off", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("areas_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_area_editions")),
    )
    op.create_table(
        "qualification_types",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_qualification_types")),
    )
    op.create_table(
        "rules",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "value",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("day_type", sa.String(length=16), nullable=True),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
        sa.UniqueConstraint("code", "in_force_from", name=op.f("uq_rules_code_in_force_from")),
    )
    op.create_table(
        "tags",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("parent_code", sa.String(length=64), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["parent_code"], ["tags.code"], name=op.f("fk_tags_parent_code_tags")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_tags")),
    )
    with op.batch_alter_table("tags") as batch_op:
        batch_op.create_index(batch_op.f("ix_tags_kind"), ["kind"], unique=False)
        batch_op.create_index(
            "uq_tags_live_name",
            ["kind", "name_zh"],
            unique=True,
            postgresql_where=sa.text("refused_at IS NULL AND retired_at IS NULL"),
            sqlite_where=sa.text("refused_at IS NULL AND retired_at IS NULL"),
        )

    op.create_table(
        "area_versions",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("edition", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("parent_code", sa.String(length=12), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["area_editions.name"], name=op.f("fk_area_versions_edition_area_editions")
        ),
        sa.PrimaryKeyConstraint("code", "edition", name=op.f("pk_area_versions")),
    )
    op.create_table(
        "areas",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("parent_code", sa.String(length=12), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("pinyin", sa.String(length=160), nullable=False),
        sa.Column("initials", sa.String(length=32), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("retired_in", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["parent_code"], ["areas.code"], name=op.f("fk_areas_parent_code_areas")),
        sa.ForeignKeyConstraint(
            ["retired_in"], ["area_editions.name"], name=op.f("fk_areas_retired_in_area_editions")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_areas")),
    )
    with op.batch_alter_table("areas") as batch_op:
        batch_op.create_index(batch_op.f("ix_areas_initials"), ["initials"], unique=False)
        batch_op.create_index(batch_op.f("ix_areas_level"), ["level"], unique=False)
        batch_op.create_index(batch_op.f("ix_areas_parent_code"), ["parent_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_areas_pinyin"), ["pinyin"], unique=False)

    op.create_table(
        "qualification_inclusions",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("includes_code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["code"],
            ["qualification_types.code"],
            name=op.f("fk_qualification_inclusions_code_qualification_types"),
        ),
        sa.ForeignKeyConstraint(
            ["includes_code"],
            ["qualification_types.code"],
            name=op.f("fk_qualification_inclusions_includes_code_qualification_types"),
        ),
        sa.PrimaryKeyConstraint("code", "includes_code", name=op.f("pk_qualification_inclusions")),
    )
    op.create_table(
        "tag_synonyms",
        sa.Column("tag_code", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tag_code"], ["tags.code"], name=op.f("fk_tag_synonyms_tag_code_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_synonyms")),
        sa.UniqueConstraint("tag_code", "text", name=op.f("uq_tag_synonyms_tag_code_text")),
    )
    with op.batch_alter_table("tag_synonyms") as batch_op:
        batch_op.create_index(batch_op.f("ix_tag_synonyms_text"), ["text"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("tag_synonyms") as batch_op:
        batch_op.drop_index(batch_op.f("ix_tag_synonyms_text"))

    op.drop_table("tag_synonyms")
    op.drop_table("qualification_inclusions")
    with op.batch_alter_table("areas") as batch_op:
        batch_op.drop_index(batch_op.f("ix_areas_pinyin"))
        batch_op.drop_index(batch_op.f("ix_areas_parent_code"))
        batch_op.drop_index(batch_op.f("ix_areas_level"))
        batch_op.drop_index(batch_op.f("ix_areas_initials"))

    op.drop_table("areas")
    op.drop_table("area_versions")
    with op.batch_alter_table("tags") as batch_op:
        batch_op.drop_index(
            "uq_tags_live_name",
            postgresql_where=sa.text("refused_at IS NULL AND retired_at IS NULL"),
            sqlite_where=sa.text("refused_at IS NULL AND retired_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_tags_kind"))

    op.drop_table("tags")
    op.drop_table("rules")
    op.drop_table("qualification_types")
    op.drop_table("area_editions")
