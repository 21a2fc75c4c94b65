"""Identity and organisations."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "sign_in_challenges",
        sa.Column("phone_fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("source_fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("code_fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_challenges")),
    )
    with op.batch_alter_table("sign_in_challenges") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_challenges_phone_fingerprint_created_at"),
            ["phone_fingerprint", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_sign_in_challenges_source_fingerprint_created_at"),
            ["source_fingerprint", "created_at"],
            unique=False,
        )

    op.create_table(
        "people",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_fingerprint", sa.LargeBinary(length=32), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_link_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("home_area_code", sa.String(length=12), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("travel_radius_metres", sa.Integer(), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "travel_radius_metres BETWEEN 0 AND 200000", name=op.f("ck_people_travel_radius_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["home_area_code"], ["areas.code"], name=op.f("fk_people_home_area_code_areas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("phone_fingerprint", name=op.f("uq_people_phone_fingerprint")),
    )
    with op.batch_alter_table("people") as batch_op:
        batch_op.create_index(batch_op.f("ix_people_home_area_code"), ["home_area_code"], unique=False)
        batch_op.create_index(
            "ix_people_email_link_due",
            ["email_link_due_at"],
            unique=False,
            postgresql_where=sa.text("email_link_due_at IS NOT NULL"),
            sqlite_where=sa.text("email_link_due_at IS NOT NULL"),
        )

    op.create_table(
        "api_tokens",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column(
            "scopes",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_api_tokens_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_api_tokens_token_digest")),
    )
    with op.batch_alter_table("api_tokens") as batch_op:
        batch_op.create_index(batch_op.f("ix_api_tokens_person_id"), ["person_id"], unique=False)

    op.create_table(
        "availabilities",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "from_minute >= 0 AND from_minute < to_minute AND to_minute <= 1440",
            name=op.f("ck_availabilities_minutes_in_order"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_availabilities_weekday_in_range")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_availabilities_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", "weekday", "from_minute", name=op.f("pk_availabilities")),
    )
    op.create_table(
        "consents",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_consents_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consents_person_id_kind_at"), ["person_id", "kind", "at"], unique=False
        )

    op.create_table(
        "guardian_consents",
        sa.Column("minor_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("guardian_phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("guardian_phone_fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["minor_id"], ["people.id"], name=op.f("fk_guardian_consents_minor_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian_consents")),
    )
    with op.batch_alter_table("guardian_consents") as batch_op:
        batch_op.create_index(batch_op.f("ix_guardian_consents_minor_id"), ["minor_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_guardian_consents_guardian_phone_fingerprint"),
            ["guardian_phone_fingerprint"],
            unique=False,
        )

    op.create_table(
        "organisations",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("public_phone", sa.String(length=40), nullable=True),
        sa.Column("public_email", sa.String(length=254), nullable=True),
        sa.Column("website", sa.String(length=300), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal_reason", sa.Text(), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspension_reason", sa.Text(), nullable=True),
        sa.Column("import_key", sa.String(length=160), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_organisations_area_code_areas")),
        sa.ForeignKeyConstraint(
            ["registered_by"], ["people.id"], name=op.f("fk_organisations_registered_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["people.id"], name=op.f("fk_organisations_verified_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_organisations_credit_code")),
        sa.UniqueConstraint("import_key", name=op.f("uq_organisations_import_key")),
    )
    with op.batch_alter_table("organisations") as batch_op:
        batch_op.create_index(batch_op.f("ix_organisations_area_code"), ["area_code"], unique=False)

    op.create_table(
        "person_qualifications",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("qualification_code", sa.String(length=64), nullable=False),
        sa.Column("certificate_number", sa.String(length=64), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_person_qualifications_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["qualification_code"],
            ["qualification_types.code"],
            name=op.f("fk_person_qualifications_qualification_code_qualification_types"),
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["people.id"], name=op.f("fk_person_qualifications_verified_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_qualifications")),
    )
    with op.batch_alter_table("person_qualifications") as batch_op:
        batch_op.create_index(batch_op.f("ix_person_qualifications_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_tags",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tag_code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_tags_person_id_people")),
        sa.ForeignKeyConstraint(["tag_code"], ["tags.code"], name=op.f("fk_person_tags_tag_code_tags")),
        sa.PrimaryKeyConstraint("person_id", "tag_code", name=op.f("pk_person_tags")),
    )
    with op.batch_alter_table("person_tags") as batch_op:
        batch_op.create_index(batch_op.f("ix_person_tags_tag_code"), ["tag_code"], unique=False)

    op.create_table(
        "signed_in_sessions",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_signed_in_sessions_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_in_sessions")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_signed_in_sessions_token_digest")),
    )
    with op.batch_alter_table("signed_in_sessions") as batch_op:
        batch_op.create_index(batch_op.f("ix_signed_in_sessions_person_id"), ["person_id"], unique=False)

    op.create_table(
        "organisation_areas",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["areas.code"], name=op.f("fk_organisation_areas_area_code_areas")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_areas_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "area_code", name=op.f("pk_organisation_areas")),
    )
    with op.batch_alter_table("organisation_areas") as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_areas_area_code"), ["area_code"], unique=False)

    op.create_table(
        "organisation_documents",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_documents_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["people.id"], name=op.f("fk_organisation_documents_uploaded_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_documents")),
    )
    with op.batch_alter_table("organisation_documents") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organisation_documents_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "organisation_fields",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("tag_code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_fields_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["tag_code"], ["tags.code"], name=op.f("fk_organisation_fields_tag_code_tags")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "tag_code", name=op.f("pk_organisation_fields")),
    )
    with op.batch_alter_table("organisation_fields") as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_fields_tag_code"), ["tag_code"], unique=False)

    op.create_table(
        "role_grants",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(area_code IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_role_grants_one_scope")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_role_grants_area_code_areas")),
        sa.ForeignKeyConstraint(["granted_by"], ["people.id"], name=op.f("fk_role_grants_granted_by_people")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_role_grants_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_role_grants_person_id_people")),
        sa.ForeignKeyConstraint(["revoked_by"], ["people.id"], name=op.f("fk_role_grants_revoked_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
    )
    with op.batch_alter_table("role_grants") as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grants_area_code"), ["area_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_grants_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_grants_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_role_grants_open_area_code",
            ["person_id", "role", "area_code"],
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
            sqlite_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.create_index(
            "uq_role_grants_open_organisation_id",
            ["person_id", "role", "organisation_id"],
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
            sqlite_where=sa.text("revoked_at IS NULL"),
        )

    for table in ("consents",):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("role_grants") as batch_op:
        batch_op.drop_index(
            "uq_role_grants_open_organisation_id",
            postgresql_where=sa.text("revoked_at IS NULL"),
            sqlite_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_role_grants_open_area_code",
            postgresql_where=sa.text("revoked_at IS NULL"),
            sqlite_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_role_grants_person_id"))
        batch_op.drop_index(batch_op.f("ix_role_grants_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_role_grants_area_code"))

    op.drop_table("role_grants")
    with op.batch_alter_table("organisation_fields") as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_fields_tag_code"))

    op.drop_table("organisation_fields")
    with op.batch_alter_table("organisation_documents") as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_documents_organisation_id"))

    op.drop_table("organisation_documents")
    with op.batch_alter_table("organisation_areas") as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_areas_area_code"))

    op.drop_table("organisation_areas")
    with op.batch_alter_table("signed_in_sessions") as batch_op:
        batch_op.drop_index(batch_op.f("ix_signed_in_sessions_person_id"))

    op.drop_table("signed_in_sessions")
    with op.batch_alter_table("person_tags") as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_tags_tag_code"))

    op.drop_table("person_tags")
    with op.batch_alter_table("person_qualifications") as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_qualifications_person_id"))

    op.drop_table("person_qualifications")
    with op.batch_alter_table("organisations") as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisations_area_code"))

    op.drop_table("organisations")
    with op.batch_alter_table("guardian_consents") as batch_op:
        batch_op.drop_index(batch_op.f("ix_guardian_consents_guardian_phone_fingerprint"))
        batch_op.drop_index(batch_op.f("ix_guardian_consents_minor_id"))

    op.drop_table("guardian_consents")
    with op.batch_alter_table("consents") as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_person_id_kind_at"))

    op.drop_table("consents")
    op.drop_table("availabilities")
    with op.batch_alter_table("api_tokens") as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_tokens_person_id"))

    op.drop_table("api_tokens")
    with op.batch_alter_table("people") as batch_op:
        batch_op.drop_index(
            "ix_people_email_link_due",
            postgresql_where=sa.text("email_link_due_at IS NOT NULL"),
            sqlite_where=sa.text("email_link_due_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_people_home_area_code"))

    op.drop_table("people")
    with op.batch_alter_table("sign_in_challenges") as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_challenges_source_fingerprint_created_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_challenges_phone_fingerprint_created_at"))

    op.drop_table("sign_in_challenges")
