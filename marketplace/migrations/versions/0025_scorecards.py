"""Scorecards."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _city_means()
    _scorecards()
    _provider_facts()
    _scorecard_dumps()


def _city_means() -> None:
    op.create_table(
        "city_means",
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("service_type", sa.String(length=64), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("sum_sixtieths", sa.BigInteger(), nullable=False),
        sa.Column("sum_squares", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ratings >= 0", name=op.f("ck_city_means_ratings_not_negative")),
        sa.ForeignKeyConstraint(
            ["period_id"], ["rating_periods.id"], name=op.f("fk_city_means_period_id_rating_periods")
        ),
        sa.ForeignKeyConstraint(
            ["service_type"], ["tags.code"], name=op.f("fk_city_means_service_type_tags")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city_means")),
        sa.UniqueConstraint("period_id", "service_type", name=op.f("uq_city_means_period_id_service_type")),
    )


def _scorecards() -> None:
    op.create_table(
        "scorecards",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("service_type", sa.String(length=64), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("formula", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("raters", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("low", sa.Integer(), nullable=True),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.Column("prior", sa.Integer(), nullable=False),
        sa.Column("band", sa.String(length=16), nullable=True),
        sa.Column(
            "inputs",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "detail",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("low <= score AND score <= high", name=op.f("ck_scorecards_within_its_interval")),
        sa.CheckConstraint(
            "raters >= 0 AND held >= 0 AND tickets >= 0", name=op.f("ck_scorecards_counts_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_scorecards_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["period_id"], ["rating_periods.id"], name=op.f("fk_scorecards_period_id_rating_periods")
        ),
        sa.ForeignKeyConstraint(
            ["service_type"], ["tags.code"], name=op.f("fk_scorecards_service_type_tags")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecards")),
        sa.UniqueConstraint(
            "organisation_id",
            "service_type",
            "period_id",
            name=op.f("uq_scorecards_organisation_id_service_type_period_id"),
        ),
    )
    op.create_index(
        op.f("ix_scorecards_period_id_service_type"),
        "scorecards",
        ["period_id", "service_type"],
        unique=False,
    )


def _provider_facts() -> None:
    op.create_table(
        "provider_facts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("service_type", sa.String(length=64), nullable=False),
        sa.Column(
            "facts",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("counted_from", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_provider_facts_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["service_type"], ["tags.code"], name=op.f("fk_provider_facts_service_type_tags")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_facts")),
        sa.UniqueConstraint(
            "organisation_id", "service_type", name=op.f("uq_provider_facts_organisation_id_service_type")
        ),
    )


def _scorecard_dumps() -> None:
    op.create_table(
        "scorecard_dumps",
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("scorecards", sa.Integer(), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_scorecard_dumps_size_positive")),
        sa.ForeignKeyConstraint(
            ["period_id"], ["rating_periods.id"], name=op.f("fk_scorecard_dumps_period_id_rating_periods")
        ),
        sa.PrimaryKeyConstraint("period_id", name=op.f("pk_scorecard_dumps")),
    )


def downgrade() -> None:
    for table in (
        "scorecard_dumps",
        "provider_facts",
        "scorecards",
        "city_means",
    ):
        op.drop_table(table)
