"""Volunteering."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "needs",
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category_code", sa.String(length=64), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("risks", sa.Text(), nullable=True),
        sa.Column("is_risky", sa.Boolean(), nullable=False),
        sa.Column("insurance", sa.String(length=200), nullable=True),
        sa.Column("minimum_age", sa.Integer(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("withdrawal_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("import_key", sa.String(length=160), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_needs_place_is_a_point")
        ),
        sa.CheckConstraint("minimum_age BETWEEN 0 AND 120", name=op.f("ck_needs_minimum_age_in_range")),
        sa.CheckConstraint(
            "withdrawal_notice_minutes BETWEEN 0 AND 43200", name=op.f("ck_needs_withdrawal_notice_in_range")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_needs_area_code_areas")),
        sa.ForeignKeyConstraint(["category_code"], ["tags.code"], name=op.f("fk_needs_category_code_tags")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_needs_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["published_by"], ["people.id"], name=op.f("fk_needs_published_by_people")),
        sa.ForeignKeyConstraint(["raised_by"], ["people.id"], name=op.f("fk_needs_raised_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
        sa.UniqueConstraint("import_key", name=op.f("uq_needs_import_key")),
    )
    with op.batch_alter_table("needs") as batch_op:
        batch_op.create_index(batch_op.f("ix_needs_area_code"), ["area_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_needs_category_code"), ["category_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_needs_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_needs_published_at_id"), ["published_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_needs_raised_by"), ["raised_by"], unique=False)

    op.create_table(
        "need_qualifications",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("qualification_code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_qualifications_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["qualification_code"],
            ["qualification_types.code"],
            name=op.f("fk_need_qualifications_qualification_code_qualification_types"),
        ),
        sa.PrimaryKeyConstraint("need_id", "qualification_code", name=op.f("pk_need_qualifications")),
    )
    op.create_table(
        "need_tags",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("tag_code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_tags_need_id_needs")),
        sa.ForeignKeyConstraint(["tag_code"], ["tags.code"], name=op.f("fk_need_tags_tag_code_tags")),
        sa.PrimaryKeyConstraint("need_id", "tag_code", name=op.f("pk_need_tags")),
    )
    with op.batch_alter_table("need_tags") as batch_op:
        batch_op.create_index(batch_op.f("ix_need_tags_tag_code"), ["tag_code"], unique=False)

    op.create_table(
        "shift_series",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=400), nullable=False),
        sa.Column("first_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_shift_series_need_id_needs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_series")),
    )
    with op.batch_alter_table("shift_series") as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_series_need_id"), ["need_id"], unique=False)

    op.create_table(
        "shifts",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("series_slot", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("places_taken", sa.Integer(), nullable=False),
        sa.Column("next_waiting_number", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("calendar_sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("capacity BETWEEN 1 AND 10000", name=op.f("ck_shifts_capacity_in_range")),
        sa.CheckConstraint("places_taken BETWEEN 0 AND capacity", name=op.f("ck_shifts_never_overbooked")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shifts_ends_after_start")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_shifts_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["shift_series.id"], name=op.f("fk_shifts_series_id_shift_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sa.UniqueConstraint("series_id", "series_slot", name=op.f("uq_shifts_series_id_series_slot")),
    )
    with op.batch_alter_table("shifts") as batch_op:
        batch_op.create_index(batch_op.f("ix_shifts_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_shifts_need_id_starts_at"), ["need_id", "starts_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_shifts_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "sign_ups",
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_number", sa.Integer(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offer_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawal_reason", sa.String(length=500), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.String(length=500), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("override_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(offered_at IS NULL) = (offer_expires_at IS NULL)", name=op.f("ck_sign_ups_offers_expire")
        ),
        sa.ForeignKeyConstraint(["added_by"], ["people.id"], name=op.f("fk_sign_ups_added_by_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_ups_person_id_people")),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_sign_ups_shift_id_shifts")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["people.id"], name=op.f("fk_sign_ups_withdrawn_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ups")),
        sa.UniqueConstraint(
            "person_id", "idempotency_key", name=op.f("uq_sign_ups_person_id_idempotency_key")
        ),
    )
    with op.batch_alter_table("sign_ups") as batch_op:
        batch_op.create_index(
            "ix_sign_ups_live_offers",
            ["offer_expires_at"],
            unique=False,
            postgresql_where=sa.text(
                "offered_at IS NOT NULL AND confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
            sqlite_where=sa.text(
                "offered_at IS NOT NULL AND confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
        )
        batch_op.create_index(
            batch_op.f("ix_sign_ups_person_id_created_at"), ["person_id", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sign_ups_shift_id_waiting_number"), ["shift_id", "waiting_number"], unique=False
        )
        batch_op.create_index(
            "ix_sign_ups_wishes",
            ["shift_id"],
            unique=False,
            postgresql_where=sa.text(
                "confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
            sqlite_where=sa.text(
                "confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
        )
        batch_op.create_index(
            "uq_sign_ups_open",
            ["shift_id", "person_id"],
            unique=True,
            postgresql_where=sa.text(
                "withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
            sqlite_where=sa.text(
                "withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
        )


def downgrade() -> None:
    with op.batch_alter_table("sign_ups") as batch_op:
        batch_op.drop_index(
            "ix_sign_ups_wishes",
            postgresql_where=sa.text(
                "confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
            sqlite_where=sa.text(
                "confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
        )
        batch_op.drop_index(
            "uq_sign_ups_open",
            postgresql_where=sa.text(
                "withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
            sqlite_where=sa.text(
                "withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_sign_ups_shift_id_waiting_number"))
        batch_op.drop_index(batch_op.f("ix_sign_ups_person_id_created_at"))
        batch_op.drop_index(
            "ix_sign_ups_live_offers",
            postgresql_where=sa.text(
                "offered_at IS NOT NULL AND confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
            sqlite_where=sa.text(
                "offered_at IS NOT NULL AND confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"
            ),
        )

    op.drop_table("sign_ups")
    with op.batch_alter_table("shifts") as batch_op:
        batch_op.drop_index(batch_op.f("ix_shifts_starts_at"))
        batch_op.drop_index(batch_op.f("ix_shifts_need_id_starts_at"))
        batch_op.drop_index(batch_op.f("ix_shifts_ends_at"))

    op.drop_table("shifts")
    with op.batch_alter_table("shift_series") as batch_op:
        batch_op.drop_index(batch_op.f("ix_shift_series_need_id"))

    op.drop_table("shift_series")
    with op.batch_alter_table("need_tags") as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_tags_tag_code"))

    op.drop_table("need_tags")
    op.drop_table("need_qualifications")
    with op.batch_alter_table("needs") as batch_op:
        batch_op.drop_index(batch_op.f("ix_needs_raised_by"))
        batch_op.drop_index(batch_op.f("ix_needs_published_at_id"))
        batch_op.drop_index(batch_op.f("ix_needs_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_needs_category_code"))
        batch_op.drop_index(batch_op.f("ix_needs_area_code"))

    op.drop_table("needs")
