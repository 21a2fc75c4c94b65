"""Open data: releases, records, the feed's counter, imported releases."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from marketplace.db.append_only import forbid_changes
from marketplace.db.types import Json

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    feed = op.create_table(
        "ocds_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ocds_feed_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ocds_feed")),
    )
    op.bulk_insert(feed, [{"id": 1, "last_position": 0}])
    _records()
    _releases()
    _imported()
    for statement in forbid_changes("ocds_releases", op.get_bind().dialect.name):
        op.execute(statement)


def _records() -> None:
    op.create_table(
        "ocds_records",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("releases", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_ocds_records")),
        sa.UniqueConstraint("ocid", name=op.f("uq_ocds_records_ocid")),
    )
    with op.batch_alter_table("ocds_records") as batch:
        batch.create_index(batch.f("ix_ocds_records_year_ocid"), ["year", "ocid"])


def _releases() -> None:
    op.create_table(
        "ocds_releases",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.String(length=120), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_id"],
            ["ocds_records.process_id"],
            name=op.f("fk_ocds_releases_process_id_ocds_records"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ocds_releases")),
        sa.UniqueConstraint("position", name=op.f("uq_ocds_releases_position")),
        sa.UniqueConstraint("release_id", name=op.f("uq_ocds_releases_release_id")),
        sa.UniqueConstraint("process_id", "number", name=op.f("uq_ocds_releases_process_id_number")),
    )


def _imported() -> None:
    op.create_table(
        "ocds_imported_releases",
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("publisher", sa.String(length=300), nullable=True),
        sa.Column("license", sa.String(length=300), nullable=True),
        sa.Column("ocid", sa.String(length=200), nullable=False),
        sa.Column("release_id", sa.String(length=300), nullable=False),
        sa.Column("is_compiled", sa.Boolean(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ocds_imported_releases")),
        sa.UniqueConstraint("ocid", "release_id", name=op.f("uq_ocds_imported_releases_ocid_release_id")),
    )


def downgrade() -> None:
    # What was published stays published elsewhere; here it goes with its tables.
    op.drop_table("ocds_imported_releases")
    op.drop_table("ocds_releases")
    op.drop_table("ocds_records")
    op.drop_table("ocds_feed")
