"""Evaluation."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _experts()
    _panels()
    _panel_members()
    _eligibility_findings()
    _eligibility_closings()
    _price_queries()
    _price_votes()
    _score_sheets()
    _scores()
    _evaluation_reports()
    for table in (
        "panel_promises",
        "panels",
        "eligibility_findings",
        "eligibility_closings",
        "price_votes",
        "evaluation_reports",
    ):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def _experts() -> None:
    op.create_table(
        "experts",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column(
            "fields",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("speciality", sa.String(length=120), nullable=False),
        sa.Column("employer", sa.String(length=120), nullable=True),
        sa.Column("employer_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_experts_area_code_areas")),
        sa.ForeignKeyConstraint(
            ["employer_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_experts_employer_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_experts_person_id_people")),
        sa.ForeignKeyConstraint(
            ["registered_by"], ["people.id"], name=op.f("fk_experts_registered_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experts")),
    )
    op.create_index(
        "uq_experts_open",
        "experts",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_experts_area_code"), "experts", ["area_code"], unique=False)


def _panels() -> None:
    op.create_table(
        "panel_promises",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_panel_promises_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_panel_promises")),
    )
    op.create_table(
        "panels",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_by", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("experts", sa.Integer(), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("opening_hash", sa.String(length=64), nullable=False),
        sa.Column("pool", _json(), nullable=False),
        sa.Column("pool_hash", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("order", _json(), nullable=False),
        sa.Column("excluded", _json(), nullable=False),
        sa.ForeignKeyConstraint(["drawn_by"], ["people.id"], name=op.f("fk_panels_drawn_by_people")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_panels_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_panels")),
    )


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _panel_members() -> None:
    op.create_table(
        "panel_members",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "conflicts",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_for", sa.String(length=64), nullable=True),
        sa.Column("replacement_reason", sa.String(length=500), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('expert', 'buyer')", name=op.f("ck_panel_members_kind_known")),
        sa.CheckConstraint(
            "(kind = 'expert') = (expert_id IS NOT NULL)", name=op.f("ck_panel_members_experts_are_drawn")
        ),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["experts.id"], name=op.f("fk_panel_members_expert_id_experts")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_panel_members_person_id_people")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["panel_members.id"], name=op.f("fk_panel_members_replaces_id_panel_members")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_panel_members_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_members")),
        sa.UniqueConstraint("tender_id", "person_id", name=op.f("uq_panel_members_tender_id_person_id")),
    )
    op.create_index(op.f("ix_panel_members_person_id"), "panel_members", ["person_id"], unique=False)
    op.create_index(
        "uq_panel_members_seat",
        "panel_members",
        ["tender_id", "seat"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
        sqlite_where=sa.text("replaced_at IS NULL"),
    )


def _eligibility_findings() -> None:
    op.create_table(
        "eligibility_findings",
        sa.Column("bid_id", sa.Uuid(), nullable=False),
        sa.Column("condition_key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_met", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_eligibility_findings_bid_id_bids")),
        sa.ForeignKeyConstraint(
            ["found_by"], ["people.id"], name=op.f("fk_eligibility_findings_found_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_findings")),
        sa.UniqueConstraint(
            "bid_id",
            "condition_key",
            "number",
            name=op.f("uq_eligibility_findings_bid_id_condition_key_number"),
        ),
    )


def _eligibility_closings() -> None:
    op.create_table(
        "eligibility_closings",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["people.id"], name=op.f("fk_eligibility_closings_closed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_eligibility_closings_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_eligibility_closings")),
    )


def _price_queries() -> None:
    op.create_table(
        "price_queries",
        sa.Column("bid_lot_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["people.id"], name=op.f("fk_price_queries_answered_by_people")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_price_queries_asked_by_people")),
        sa.ForeignKeyConstraint(
            ["bid_lot_id"], ["bid_lots.id"], name=op.f("fk_price_queries_bid_lot_id_bid_lots")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_queries")),
        sa.UniqueConstraint("bid_lot_id", name=op.f("uq_price_queries_bid_lot_id")),
    )


def _price_votes() -> None:
    op.create_table(
        "price_votes",
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["panel_members.id"], name=op.f("fk_price_votes_member_id_panel_members")
        ),
        sa.ForeignKeyConstraint(
            ["query_id"], ["price_queries.id"], name=op.f("fk_price_votes_query_id_price_queries")
        ),
        sa.PrimaryKeyConstraint("query_id", "member_id", name=op.f("pk_price_votes")),
    )


def _score_sheets() -> None:
    op.create_table(
        "score_sheets",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_score_sheets_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["panel_members.id"], name=op.f("fk_score_sheets_member_id_panel_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_sheets")),
        sa.UniqueConstraint("lot_id", "member_id", name=op.f("uq_score_sheets_lot_id_member_id")),
    )


def _scores() -> None:
    op.create_table(
        "scores",
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("bid_lot_id", sa.Uuid(), nullable=False),
        sa.Column("criterion_key", sa.String(length=64), nullable=False),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.CheckConstraint("points BETWEEN 0 AND 10000", name=op.f("ck_scores_points_in_range")),
        sa.ForeignKeyConstraint(["bid_lot_id"], ["bid_lots.id"], name=op.f("fk_scores_bid_lot_id_bid_lots")),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["score_sheets.id"], name=op.f("fk_scores_sheet_id_score_sheets")
        ),
        sa.PrimaryKeyConstraint("sheet_id", "bid_lot_id", "criterion_key", name=op.f("pk_scores")),
    )


def _evaluation_reports() -> None:
    op.create_table(
        "evaluation_reports",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_by", sa.Uuid(), nullable=False),
        sa.Column(
            "report",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("report_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["finished_by"], ["people.id"], name=op.f("fk_evaluation_reports_finished_by_people")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_evaluation_reports_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_evaluation_reports_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_evaluation_reports")),
    )
    op.create_index(
        op.f("ix_evaluation_reports_tender_id"), "evaluation_reports", ["tender_id"], unique=False
    )


def downgrade() -> None:
    for table in (
        "evaluation_reports",
        "scores",
        "score_sheets",
        "price_votes",
        "price_queries",
        "eligibility_closings",
        "eligibility_findings",
        "panel_members",
        "panels",
        "panel_promises",
        "experts",
    ):
        op.drop_table(table)
