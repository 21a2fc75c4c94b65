"""Contracts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from marketplace.db.append_only import forbid_changes

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _call_offs()
    _contracts()
    _contract_changes()
    _contract_milestones()
    _milestone_reports()
    _contract_payments()
    _user_opinions()
    _call_off_offers()
    for table in ("contract_payments",):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def _call_offs() -> None:
    op.create_table(
        "call_offs",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("offers_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_weight", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "way IN ('direct', 'competition', 'rotation')", name=op.f("ck_call_offs_way_known")
        ),
        sa.CheckConstraint("budget_fen > 0", name=op.f("ck_call_offs_budget_positive")),
        sa.CheckConstraint("price_weight BETWEEN 1 AND 100", name=op.f("ck_call_offs_price_weight_known")),
        sa.CheckConstraint(
            "(way = 'competition') = (offers_end_at IS NOT NULL)", name=op.f("ck_call_offs_offers_end")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_call_offs_area_code_areas")),
        sa.ForeignKeyConstraint(["buyer_id"], ["buyers.id"], name=op.f("fk_call_offs_buyer_id_buyers")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_call_offs_lot_id_lots")),
        sa.ForeignKeyConstraint(["opened_by"], ["people.id"], name=op.f("fk_call_offs_opened_by_people")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_call_offs_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_offs")),
        sa.UniqueConstraint(
            "opened_by", "idempotency_key", name=op.f("uq_call_offs_opened_by_idempotency_key")
        ),
        sa.UniqueConstraint("lot_id", "turn", name=op.f("uq_call_offs_lot_id_turn")),
    )


def _contracts() -> None:
    op.create_table(
        "contracts",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("call_off_id", sa.Uuid(), nullable=True),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("is_framework", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.Column("added_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("sign_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sign_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("buyer_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by_buyer", sa.Uuid(), nullable=True),
        sa.Column("supplier_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by_supplier", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("acceptance", sa.Text(), nullable=True),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminated_by", sa.Uuid(), nullable=True),
        sa.Column("termination_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(award_id IS NULL) <> (call_off_id IS NULL)", name=op.f("ck_contracts_one_origin")
        ),
        sa.CheckConstraint("value_fen >= 0", name=op.f("ck_contracts_value_not_negative")),
        sa.CheckConstraint("added_fen >= 0", name=op.f("ck_contracts_added_not_negative")),
        sa.CheckConstraint(
            "paid_fen BETWEEN 0 AND value_fen + added_fen", name=op.f("ck_contracts_paid_within_value")
        ),
        sa.CheckConstraint(
            "signed_by_buyer <> signed_by_supplier", name=op.f("ck_contracts_two_people_sign")
        ),
        sa.ForeignKeyConstraint(["accepted_by"], ["people.id"], name=op.f("fk_contracts_accepted_by_people")),
        sa.ForeignKeyConstraint(["award_id"], ["awards.id"], name=op.f("fk_contracts_award_id_awards")),
        sa.ForeignKeyConstraint(["buyer_id"], ["buyers.id"], name=op.f("fk_contracts_buyer_id_buyers")),
        sa.ForeignKeyConstraint(
            ["call_off_id"], ["call_offs.id"], name=op.f("fk_contracts_call_off_id_call_offs")
        ),
        sa.ForeignKeyConstraint(["drafted_by"], ["people.id"], name=op.f("fk_contracts_drafted_by_people")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_contracts_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_contracts_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_buyer"], ["people.id"], name=op.f("fk_contracts_signed_by_buyer_people")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_supplier"], ["people.id"], name=op.f("fk_contracts_signed_by_supplier_people")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_contracts_tender_id_tenders")),
        sa.ForeignKeyConstraint(
            ["terminated_by"], ["people.id"], name=op.f("fk_contracts_terminated_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("award_id", name=op.f("uq_contracts_award_id")),
        sa.UniqueConstraint("call_off_id", name=op.f("uq_contracts_call_off_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_contracts_reference")),
    )
    op.create_index(op.f("ix_contracts_buyer_id"), "contracts", ["buyer_id"], unique=False)
    op.create_index(op.f("ix_contracts_organisation_id"), "contracts", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_contracts_tender_id"), "contracts", ["tender_id"], unique=False)


def _contract_milestones() -> None:
    op.create_table(
        "contract_milestones",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("deliverable", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("value_fen >= 0", name=op.f("ck_contract_milestones_value_not_negative")),
        sa.CheckConstraint(
            "paid_fen BETWEEN 0 AND value_fen", name=op.f("ck_contract_milestones_paid_within_value")
        ),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["contract_changes.id"],
            name=op.f("fk_contract_milestones_change_id_contract_changes"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_milestones_contract_id_contracts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_milestones")),
        sa.UniqueConstraint("change_id", name=op.f("uq_contract_milestones_change_id")),
        sa.UniqueConstraint("contract_id", "number", name=op.f("uq_contract_milestones_contract_id_number")),
    )
    op.create_index(op.f("ix_contract_milestones_due_on"), "contract_milestones", ["due_on"], unique=False)


def _milestone_reports() -> None:
    op.create_table(
        "milestone_reports",
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_milestone_reports_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["contract_milestones.id"],
            name=op.f("fk_milestone_reports_milestone_id_contract_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["people.id"], name=op.f("fk_milestone_reports_reported_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_reports")),
        sa.UniqueConstraint("milestone_id", "number", name=op.f("uq_milestone_reports_milestone_id_number")),
    )
    op.create_index(
        "uq_milestone_reports_open",
        "milestone_reports",
        ["milestone_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
        sqlite_where=sa.text("decided_at IS NULL"),
    )


def _contract_payments() -> None:
    op.create_table(
        "contract_payments",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(amount_fen < 0) = (reverses_id IS NOT NULL)",
            name=op.f("ck_contract_payments_only_reversals_are_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_payments_contract_id_contracts")
        ),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["contract_milestones.id"],
            name=op.f("fk_contract_payments_milestone_id_contract_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["people.id"], name=op.f("fk_contract_payments_recorded_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["contract_payments.id"],
            name=op.f("fk_contract_payments_reverses_id_contract_payments"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_payments")),
        sa.UniqueConstraint(
            "recorded_by", "idempotency_key", name=op.f("uq_contract_payments_recorded_by_idempotency_key")
        ),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_contract_payments_reverses_id")),
    )
    op.create_index(
        op.f("ix_contract_payments_contract_id"), "contract_payments", ["contract_id"], unique=False
    )


def _contract_changes() -> None:
    op.create_table(
        "contract_changes",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("added_fen", sa.BigInteger(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_contract_changes_two_people")
        ),
        sa.CheckConstraint("kind IN ('change', 'termination')", name=op.f("ck_contract_changes_kind_known")),
        sa.CheckConstraint("added_fen >= 0", name=op.f("ck_contract_changes_added_not_negative")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_changes_contract_id_contracts")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_contract_changes_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["people.id"], name=op.f("fk_contract_changes_proposed_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_changes")),
        sa.UniqueConstraint("contract_id", "number", name=op.f("uq_contract_changes_contract_id_number")),
    )
    op.create_index(
        "uq_contract_changes_open",
        "contract_changes",
        ["contract_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
        sqlite_where=sa.text("decided_at IS NULL"),
    )


def _user_opinions() -> None:
    op.create_table(
        "user_opinions",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("is_satisfied", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_user_opinions_contract_id_contracts")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_user_opinions_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_opinions")),
        sa.UniqueConstraint("contract_id", "person_id", name=op.f("uq_user_opinions_contract_id_person_id")),
    )


def _call_off_offers() -> None:
    op.create_table(
        "call_off_offers",
        sa.Column("call_off_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_by", sa.Uuid(), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_call_off_offers_price_not_negative")),
        sa.CheckConstraint("quality BETWEEN 0 AND 100", name=op.f("ck_call_off_offers_quality_in_range")),
        sa.ForeignKeyConstraint(
            ["call_off_id"], ["call_offs.id"], name=op.f("fk_call_off_offers_call_off_id_call_offs")
        ),
        sa.ForeignKeyConstraint(
            ["offered_by"], ["people.id"], name=op.f("fk_call_off_offers_offered_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_call_off_offers_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_off_offers")),
        sa.UniqueConstraint(
            "call_off_id", "organisation_id", name=op.f("uq_call_off_offers_call_off_id_organisation_id")
        ),
    )


def downgrade() -> None:
    for table in (
        "call_off_offers",
        "user_opinions",
        "contract_payments",
        "milestone_reports",
        "contract_milestones",
        "contract_changes",
        "contracts",
        "call_offs",
    ):
        op.drop_table(table)
