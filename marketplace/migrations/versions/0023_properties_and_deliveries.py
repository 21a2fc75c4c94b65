"""Property services and deliveries."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from marketplace.db.append_only import forbid_changes

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _compounds()
    _compound_owners()
    _property_standards()
    _property_contracts()
    _property_demands()
    _property_demand_supports()
    _property_commitments()
    _fact_sources()
    _property_facts()
    _renewal_messages()
    _deliveries()
    _delivery_commitments()
    _delivery_recipients()
    _delivery_evidence()
    for table in ("property_facts",):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def _compounds() -> None:
    op.create_table(
        "compounds",
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("buildings", sa.Integer(), nullable=False),
        sa.Column("built_year", sa.Integer(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("buildings BETWEEN 1 AND 2000", name=op.f("ck_compounds_buildings_in_range")),
        sa.CheckConstraint("built_year BETWEEN 1840 AND 2200", name=op.f("ck_compounds_built_year_in_range")),
        sa.CheckConstraint("households BETWEEN 1 AND 50000", name=op.f("ck_compounds_households_in_range")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_compounds_area_code_areas")),
        sa.ForeignKeyConstraint(
            ["registered_by"], ["people.id"], name=op.f("fk_compounds_registered_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compounds")),
        sa.UniqueConstraint("area_code", "name", name=op.f("uq_compounds_area_code_name")),
    )


def _compound_owners() -> None:
    op.create_table(
        "compound_owners",
        sa.Column("compound_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("home_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("home_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal_reason", sa.String(length=500), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(home_sealed IS NULL) = (home_fingerprint IS NULL)", name=op.f("ck_compound_owners_home_whole")
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compounds.id"], name=op.f("fk_compound_owners_compound_id_compounds")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["people.id"], name=op.f("fk_compound_owners_confirmed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_compound_owners_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compound_owners")),
    )
    op.create_index(op.f("ix_compound_owners_person_id"), "compound_owners", ["person_id"], unique=False)
    op.create_index(
        "uq_compound_owners_open",
        "compound_owners",
        ["compound_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("refused_at IS NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("refused_at IS NULL AND ended_at IS NULL"),
    )


def _property_standards() -> None:
    op.create_table(
        "property_standards",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("text_zh", sa.String(length=300), nullable=False),
        sa.Column("text_en", sa.String(length=300), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("per", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_property_standards")),
    )


def _property_contracts() -> None:
    op.create_table(
        "property_contracts",
        sa.Column("compound_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("owners_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_for_owners_by", sa.Uuid(), nullable=True),
        sa.Column("company_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by_company", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "agreed_for_owners_by <> agreed_by_company", name=op.f("ck_property_contracts_two_people_agree")
        ),
        sa.CheckConstraint("fee_fen BETWEEN 0 AND 1000000", name=op.f("ck_property_contracts_fee_in_range")),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_property_contracts_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["agreed_by_company"], ["people.id"], name=op.f("fk_property_contracts_agreed_by_company_people")
        ),
        sa.ForeignKeyConstraint(
            ["agreed_for_owners_by"],
            ["people.id"],
            name=op.f("fk_property_contracts_agreed_for_owners_by_people"),
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compounds.id"], name=op.f("fk_property_contracts_compound_id_compounds")
        ),
        sa.ForeignKeyConstraint(
            ["drafted_by"], ["people.id"], name=op.f("fk_property_contracts_drafted_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["people.id"], name=op.f("fk_property_contracts_ended_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_property_contracts_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_property_contracts")),
    )
    op.create_index(
        op.f("ix_property_contracts_compound_id"), "property_contracts", ["compound_id"], unique=False
    )
    op.create_index(
        op.f("ix_property_contracts_organisation_id"), "property_contracts", ["organisation_id"], unique=False
    )


def _property_demands() -> None:
    op.create_table(
        "property_demands",
        sa.Column("compound_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_by", sa.Uuid(), nullable=True),
        sa.Column("decline_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compounds.id"], name=op.f("fk_property_demands_compound_id_compounds")
        ),
        sa.ForeignKeyConstraint(
            ["declined_by"], ["people.id"], name=op.f("fk_property_demands_declined_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["raised_by"], ["people.id"], name=op.f("fk_property_demands_raised_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_property_demands")),
        sa.UniqueConstraint(
            "raised_by", "idempotency_key", name=op.f("uq_property_demands_raised_by_idempotency_key")
        ),
    )
    op.create_index(
        op.f("ix_property_demands_compound_id"), "property_demands", ["compound_id"], unique=False
    )


def _property_demand_supports() -> None:
    op.create_table(
        "property_demand_supports",
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("supported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["demand_id"],
            ["property_demands.id"],
            name=op.f("fk_property_demand_supports_demand_id_property_demands"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_property_demand_supports_person_id_people")
        ),
        sa.PrimaryKeyConstraint("demand_id", "person_id", name=op.f("pk_property_demand_supports")),
    )


def _property_commitments() -> None:
    op.create_table(
        "property_commitments",
        sa.Column("property_contract_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("standard_code", sa.String(length=64), nullable=True),
        sa.Column("demand_id", sa.Uuid(), nullable=True),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("per", sa.String(length=8), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(origin = 'demand') = (demand_id IS NOT NULL)", name=op.f("ck_property_commitments_demand_named")
        ),
        sa.CheckConstraint(
            "(origin = 'standard') = (standard_code IS NOT NULL)",
            name=op.f("ck_property_commitments_standard_named"),
        ),
        sa.CheckConstraint(
            "direction IN ('at_least', 'at_most')", name=op.f("ck_property_commitments_direction_known")
        ),
        sa.CheckConstraint(
            "origin IN ('standard', 'demand', 'agreed')", name=op.f("ck_property_commitments_origin_known")
        ),
        sa.CheckConstraint("target >= 0", name=op.f("ck_property_commitments_target_not_negative")),
        sa.ForeignKeyConstraint(
            ["added_by"], ["people.id"], name=op.f("fk_property_commitments_added_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["demand_id"],
            ["property_demands.id"],
            name=op.f("fk_property_commitments_demand_id_property_demands"),
        ),
        sa.ForeignKeyConstraint(
            ["property_contract_id"],
            ["property_contracts.id"],
            name=op.f("fk_property_commitments_property_contract_id_property_contracts"),
        ),
        sa.ForeignKeyConstraint(
            ["standard_code"],
            ["property_standards.code"],
            name=op.f("fk_property_commitments_standard_code_property_standards"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_property_commitments")),
        sa.UniqueConstraint(
            "property_contract_id", "number", name=op.f("uq_property_commitments_property_contract_id_number")
        ),
    )


def _fact_sources() -> None:
    op.create_table(
        "fact_sources",
        sa.Column("compound_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('sensor', 'inspection', 'company', 'owners')", name=op.f("ck_fact_sources_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compounds.id"], name=op.f("fk_fact_sources_compound_id_compounds")
        ),
        sa.ForeignKeyConstraint(["keeper_id"], ["people.id"], name=op.f("fk_fact_sources_keeper_id_people")),
        sa.ForeignKeyConstraint(
            ["registered_by"], ["people.id"], name=op.f("fk_fact_sources_registered_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_sources")),
        sa.UniqueConstraint("compound_id", "name", name=op.f("uq_fact_sources_compound_id_name")),
    )
    op.create_index(op.f("ix_fact_sources_keeper_id"), "fact_sources", ["keeper_id"], unique=False)


def _property_facts() -> None:
    op.create_table(
        "property_facts",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_property_facts_days_in_order")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_property_facts_value_not_negative")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["property_commitments.id"],
            name=op.f("fk_property_facts_commitment_id_property_commitments"),
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["property_facts.id"], name=op.f("fk_property_facts_corrects_id_property_facts")
        ),
        sa.ForeignKeyConstraint(
            ["posted_by"], ["people.id"], name=op.f("fk_property_facts_posted_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["fact_sources.id"], name=op.f("fk_property_facts_source_id_fact_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_property_facts")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_property_facts_corrects_id")),
        sa.UniqueConstraint(
            "source_id", "idempotency_key", name=op.f("uq_property_facts_source_id_idempotency_key")
        ),
    )
    op.create_index(
        op.f("ix_property_facts_commitment_id_from_on"),
        "property_facts",
        ["commitment_id", "from_on"],
        unique=False,
    )


def _renewal_messages() -> None:
    op.create_table(
        "renewal_messages",
        sa.Column("property_contract_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_by", sa.Uuid(), nullable=True),
        sa.Column("hidden_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "side IN ('owner', 'company', 'community')", name=op.f("ck_renewal_messages_side_known")
        ),
        sa.ForeignKeyConstraint(
            ["hidden_by"], ["people.id"], name=op.f("fk_renewal_messages_hidden_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["property_contract_id"],
            ["property_contracts.id"],
            name=op.f("fk_renewal_messages_property_contract_id_property_contracts"),
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["people.id"], name=op.f("fk_renewal_messages_written_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_messages")),
        sa.UniqueConstraint(
            "written_by", "idempotency_key", name=op.f("uq_renewal_messages_written_by_idempotency_key")
        ),
    )
    op.create_index(
        op.f("ix_renewal_messages_property_contract_id_written_at"),
        "renewal_messages",
        ["property_contract_id", "written_at"],
        unique=False,
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("milestone_id", sa.Uuid(), nullable=True),
        sa.Column("need_id", sa.Uuid(), nullable=True),
        sa.Column("shift_id", sa.Uuid(), nullable=True),
        sa.Column("property_contract_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("service_type", sa.String(length=64), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("promised", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("receiver", sa.String(length=16), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("served_by", sa.String(length=120), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_by", sa.Uuid(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("cancel_reason", sa.String(length=500), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_as", sa.String(length=16), nullable=True),
        sa.Column("disputed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disputed_by", sa.Uuid(), nullable=True),
        sa.Column("dispute", sa.String(length=500), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "receiver IN ('person', 'household', 'building', 'group')",
            name=op.f("ck_deliveries_receiver_known"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN contract_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN need_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN property_contract_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_deliveries_one_origin"),
        ),
        sa.CheckConstraint(
            "done_at IS NULL OR cancelled_at IS NULL", name=op.f("ck_deliveries_done_or_cancelled")
        ),
        sa.CheckConstraint("minutes BETWEEN 0 AND 100000", name=op.f("ck_deliveries_minutes_in_range")),
        sa.CheckConstraint("people BETWEEN 1 AND 50000", name=op.f("ck_deliveries_people_in_range")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_deliveries_ends_after_start")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_deliveries_area_code_areas")),
        sa.ForeignKeyConstraint(
            ["cancelled_by"], ["people.id"], name=op.f("fk_deliveries_cancelled_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["people.id"], name=op.f("fk_deliveries_confirmed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_deliveries_contract_id_contracts")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_deliveries_decided_by_people")),
        sa.ForeignKeyConstraint(
            ["disputed_by"], ["people.id"], name=op.f("fk_deliveries_disputed_by_people")
        ),
        sa.ForeignKeyConstraint(["done_by"], ["people.id"], name=op.f("fk_deliveries_done_by_people")),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["contract_milestones.id"],
            name=op.f("fk_deliveries_milestone_id_contract_milestones"),
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_deliveries_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_deliveries_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["planned_by"], ["people.id"], name=op.f("fk_deliveries_planned_by_people")),
        sa.ForeignKeyConstraint(
            ["property_contract_id"],
            ["property_contracts.id"],
            name=op.f("fk_deliveries_property_contract_id_property_contracts"),
        ),
        sa.ForeignKeyConstraint(
            ["service_type"], ["tags.code"], name=op.f("fk_deliveries_service_type_tags")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_deliveries_shift_id_shifts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "planned_by", "idempotency_key", name=op.f("uq_deliveries_planned_by_idempotency_key")
        ),
        sa.UniqueConstraint("shift_id", name=op.f("uq_deliveries_shift_id")),
    )
    op.create_index(
        op.f("ix_deliveries_area_code_starts_at"), "deliveries", ["area_code", "starts_at"], unique=False
    )
    op.create_index(
        op.f("ix_deliveries_contract_id_starts_at"), "deliveries", ["contract_id", "starts_at"], unique=False
    )
    op.create_index(op.f("ix_deliveries_need_id"), "deliveries", ["need_id"], unique=False)
    op.create_index(
        op.f("ix_deliveries_organisation_id_service_type_done_at"),
        "deliveries",
        ["organisation_id", "service_type", "done_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deliveries_organisation_id_starts_at"),
        "deliveries",
        ["organisation_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deliveries_property_contract_id"), "deliveries", ["property_contract_id"], unique=False
    )


def _delivery_commitments() -> None:
    op.create_table(
        "delivery_commitments",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("actual", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "direction IN ('at_least', 'at_most')", name=op.f("ck_delivery_commitments_direction_known")
        ),
        sa.CheckConstraint("actual >= 0", name=op.f("ck_delivery_commitments_actual_not_negative")),
        sa.CheckConstraint("target >= 0", name=op.f("ck_delivery_commitments_target_not_negative")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_commitments_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_commitments")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_delivery_commitments_delivery_id_number")),
    )


def _delivery_recipients() -> None:
    op.create_table(
        "delivery_recipients",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_fingerprint", sa.LargeBinary(length=32), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by"], ["people.id"], name=op.f("fk_delivery_recipients_added_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_recipients_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_delivery_recipients_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_recipients")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_delivery_recipients_delivery_id_number")),
        sa.UniqueConstraint(
            "delivery_id", "person_id", name=op.f("uq_delivery_recipients_delivery_id_person_id")
        ),
        sa.UniqueConstraint(
            "delivery_id",
            "phone_fingerprint",
            name=op.f("uq_delivery_recipients_delivery_id_phone_fingerprint"),
        ),
    )
    op.create_index(
        op.f("ix_delivery_recipients_person_id"), "delivery_recipients", ["person_id"], unique=False
    )
    op.create_index(
        op.f("ix_delivery_recipients_phone_fingerprint"),
        "delivery_recipients",
        ["phone_fingerprint"],
        unique=False,
    )


def _delivery_evidence() -> None:
    op.create_table(
        "delivery_evidence",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=True),
        sa.Column("file_name", sa.String(length=160), nullable=True),
        sa.Column("content_type", sa.String(length=80), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("file_key", sa.String(length=64), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('arrived', 'left', 'photo', 'signed_note', 'remark')",
            name=op.f("ck_delivery_evidence_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["people.id"], name=op.f("fk_delivery_evidence_added_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_evidence_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_evidence")),
    )
    op.create_index(
        op.f("ix_delivery_evidence_delivery_id"), "delivery_evidence", ["delivery_id"], unique=False
    )


def downgrade() -> None:
    for table in (
        "delivery_evidence",
        "delivery_recipients",
        "delivery_commitments",
        "deliveries",
        "renewal_messages",
        "property_facts",
        "fact_sources",
        "property_commitments",
        "property_demand_supports",
        "property_demands",
        "property_contracts",
        "property_standards",
        "compound_owners",
        "compounds",
    ):
        op.drop_table(table)
