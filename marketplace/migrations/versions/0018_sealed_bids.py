"""Sealed bids."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _tender_openers()
    _tender_keys()
    _bid_drafts()
    _consortium_consents()
    _bid_submissions()
    _opening_shares()
    _tender_openings()
    _bids()
    _bid_lots()
    _bid_documents()
    for table in ("bid_submissions", "tender_openings"):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def _tender_openers() -> None:
    op.create_table(
        "tender_openers",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("code_made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_share", sa.LargeBinary(), nullable=True),
        sa.Column("share_salt", sa.LargeBinary(), nullable=True),
        sa.Column("commitment", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["named_by"], ["people.id"], name=op.f("fk_tender_openers_named_by_people")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_tender_openers_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_openers_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_openers")),
        sa.UniqueConstraint("tender_id", "number", name=op.f("uq_tender_openers_tender_id_number")),
        sa.UniqueConstraint("tender_id", "person_id", name=op.f("uq_tender_openers_tender_id_person_id")),
    )


def _tender_keys() -> None:
    op.create_table(
        "tender_keys",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("canary", sa.LargeBinary(), nullable=False),
        sa.Column("combinations_tried", sa.Integer(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "threshold BETWEEN 2 AND shares", name=op.f("ck_tender_keys_threshold_within_shares")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_tender_keys_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_tender_keys")),
    )


def _bid_drafts() -> None:
    op.create_table(
        "bid_drafts",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("bidder_tag", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_bid_drafts_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", "bidder_tag", name=op.f("pk_bid_drafts")),
    )


def _consortium_consents() -> None:
    op.create_table(
        "consortium_consents",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("lead_tag", sa.LargeBinary(), nullable=False),
        sa.Column("partner_tag", sa.LargeBinary(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_consortium_consents_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", "lead_tag", "partner_tag", name=op.f("pk_consortium_consents")),
    )


def _bid_submissions() -> None:
    op.create_table(
        "bid_submissions",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("bidder_tag", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("tender_version", sa.Integer(), nullable=False),
        sa.Column("sealed_key", sa.String(length=64), nullable=True),
        sa.Column("sealed_size", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_bid_submissions_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid_submissions")),
        sa.UniqueConstraint(
            "tender_id",
            "bidder_tag",
            "idempotency_key",
            name=op.f("uq_bid_submissions_tender_id_bidder_tag_idempotency_key"),
        ),
        sa.UniqueConstraint(
            "tender_id", "bidder_tag", "number", name=op.f("uq_bid_submissions_tender_id_bidder_tag_number")
        ),
    )


def _opening_shares() -> None:
    op.create_table(
        "opening_shares",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("opener_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_share", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["opener_id"], ["tender_openers.id"], name=op.f("fk_opening_shares_opener_id_tender_openers")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_opening_shares_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", "opener_id", name=op.f("pk_opening_shares")),
    )


def _tender_openings() -> None:
    op.create_table(
        "tender_openings",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "record",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("record_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_openings_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_tender_openings")),
    )


def _bids() -> None:
    op.create_table(
        "bids",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column(
            "members",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "content",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("refused_for", sa.String(length=64), nullable=True),
        sa.Column(
            "refusal_facts",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_bids_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["bid_submissions.id"], name=op.f("fk_bids_submission_id_bid_submissions")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_bids_tender_id_tenders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bids")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_bids_submission_id")),
    )
    op.create_index(op.f("ix_bids_organisation_id"), "bids", ["organisation_id"], unique=False)
    op.create_index(
        op.f("ix_bids_tender_id_organisation_id"), "bids", ["tender_id", "organisation_id"], unique=False
    )


def _bid_lots() -> None:
    op.create_table(
        "bid_lots",
        sa.Column("bid_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "answers",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("refused_for", sa.String(length=64), nullable=True),
        sa.Column(
            "refusal_facts",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_bid_lots_price_not_negative")),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_bid_lots_bid_id_bids")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_bid_lots_lot_id_lots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid_lots")),
        sa.UniqueConstraint("bid_id", "lot_id", name=op.f("uq_bid_lots_bid_id_lot_id")),
    )
    op.create_index(op.f("ix_bid_lots_lot_id"), "bid_lots", ["lot_id"], unique=False)


def _bid_documents() -> None:
    op.create_table(
        "bid_documents",
        sa.Column("bid_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_bid_documents_bid_id_bids")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid_documents")),
    )
    op.create_index(op.f("ix_bid_documents_bid_id"), "bid_documents", ["bid_id"], unique=False)


def downgrade() -> None:
    for table in (
        "bid_documents",
        "bid_lots",
        "bids",
        "tender_openings",
        "opening_shares",
        "bid_submissions",
        "consortium_consents",
        "bid_drafts",
        "tender_keys",
        "tender_openers",
    ):
        op.drop_table(table)
