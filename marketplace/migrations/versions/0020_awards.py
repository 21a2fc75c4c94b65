"""Awards."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _award_notices()
    _awards()
    _award_corrections()
    _objections()
    _tender_suspensions()


def _award_notices() -> None:
    op.create_table(
        "award_notices",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("official_notice_url", sa.String(length=300), nullable=True),
        sa.Column(
            "content",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["published_by"], ["people.id"], name=op.f("fk_award_notices_published_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_award_notices_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_notices")),
    )
    op.create_index(op.f("ix_award_notices_tender_id"), "award_notices", ["tender_id"], unique=False)
    for statement in forbid_changes("award_notices", op.get_bind().dialect.name):
        op.execute(statement)


def _awards() -> None:
    op.create_table(
        "awards",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("bid_lot_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_for", sa.String(length=64), nullable=True),
        sa.Column("ended_reason", sa.String(length=500), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["bid_lot_id"], ["bid_lots.id"], name=op.f("fk_awards_bid_lot_id_bid_lots")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_awards_decided_by_people")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_awards_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["award_notices.id"], name=op.f("fk_awards_notice_id_award_notices")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_awards_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["replaces_id"], ["awards.id"], name=op.f("fk_awards_replaces_id_awards")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_awards_tender_id_tenders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awards")),
    )
    op.create_index(op.f("ix_awards_lot_id"), "awards", ["lot_id"], unique=False)
    op.create_index(op.f("ix_awards_organisation_id"), "awards", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_awards_tender_id"), "awards", ["tender_id"], unique=False)
    op.create_index(
        "uq_awards_standing",
        "awards",
        ["bid_lot_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_awards_seat",
        "awards",
        ["lot_id", "seat"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )


def _award_corrections() -> None:
    op.create_table(
        "award_corrections",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("successor_bid_lot_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_award_corrections_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["award_id"], ["awards.id"], name=op.f("fk_award_corrections_award_id_awards")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_award_corrections_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["people.id"], name=op.f("fk_award_corrections_proposed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["successor_bid_lot_id"],
            ["bid_lots.id"],
            name=op.f("fk_award_corrections_successor_bid_lot_id_bid_lots"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_corrections")),
    )
    op.create_index(
        "uq_award_corrections_open",
        "award_corrections",
        ["award_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
        sqlite_where=sa.text("decided_at IS NULL"),
    )


def _objections() -> None:
    op.create_table(
        "objections",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("objection_id", sa.Uuid(), nullable=True),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("is_upheld", sa.Boolean(), nullable=True),
        sa.Column("remedy", sa.String(length=32), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'complaint') = (objection_id IS NOT NULL)",
            name=op.f("ck_objections_complaint_follows_objection"),
        ),
        sa.CheckConstraint("kind IN ('objection', 'complaint')", name=op.f("ck_objections_kind_known")),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["people.id"], name=op.f("fk_objections_answered_by_people")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_objections_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["objection_id"], ["objections.id"], name=op.f("fk_objections_objection_id_objections")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_objections_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["raised_by"], ["people.id"], name=op.f("fk_objections_raised_by_people")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_objections_tender_id_tenders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objections")),
        sa.UniqueConstraint("objection_id", name=op.f("uq_objections_objection_id")),
        sa.UniqueConstraint(
            "raised_by", "idempotency_key", name=op.f("uq_objections_raised_by_idempotency_key")
        ),
    )
    op.create_index(op.f("ix_objections_organisation_id"), "objections", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_objections_tender_id"), "objections", ["tender_id"], unique=False)
    waiting = sa.text("kind = 'objection' AND answered_at IS NULL AND withdrawn_at IS NULL")
    op.create_index(
        "uq_objections_waiting",
        "objections",
        ["tender_id", "organisation_id", "about"],
        unique=True,
        postgresql_where=waiting,
        sqlite_where=waiting,
    )


def _tender_suspensions() -> None:
    op.create_table(
        "tender_suspensions",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_by", sa.Uuid(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["objections.id"], name=op.f("fk_tender_suspensions_complaint_id_objections")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"], ["people.id"], name=op.f("fk_tender_suspensions_lifted_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["suspended_by"], ["people.id"], name=op.f("fk_tender_suspensions_suspended_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_suspensions_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_suspensions")),
    )
    op.create_index(
        "uq_tender_suspensions_open",
        "tender_suspensions",
        ["tender_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
        sqlite_where=sa.text("lifted_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("tender_suspensions", "objections", "award_corrections", "awards", "award_notices"):
        op.drop_table(table)
