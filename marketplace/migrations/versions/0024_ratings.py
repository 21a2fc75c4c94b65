"""Ratings."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes, forbid_reopening

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _rating_periods()
    _rating_tickets()
    _ratings()
    _rating_words()
    _rating_photos()
    _rating_sources()
    _rating_holds()
    _rating_replies()
    _rating_hidings()
    _ticket_tries()
    _rating_complaints()
    for table in ("ratings", "rating_replies"):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)
    for statement in forbid_reopening("rating_periods", "closed_at", op.get_bind().dialect.name):
        op.execute(statement)


def _rating_periods() -> None:
    op.create_table(
        "rating_periods",
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "rules",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("formula", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_rating_periods_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_periods")),
        sa.UniqueConstraint("starts_on", name=op.f("uq_rating_periods_starts_on")),
    )
    op.create_index(op.f("ix_rating_periods_closed_at"), "rating_periods", ["closed_at"], unique=False)


def _rating_tickets() -> None:
    op.create_table(
        "rating_tickets",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("service_type", sa.String(length=64), nullable=False),
        sa.Column("rater", sa.Uuid(), nullable=False),
        sa.Column("code_fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(length=32), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_rating_tickets_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_rating_tickets_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_rating_tickets_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["delivery_recipients.id"],
            name=op.f("fk_rating_tickets_recipient_id_delivery_recipients"),
        ),
        sa.ForeignKeyConstraint(
            ["service_type"], ["tags.code"], name=op.f("fk_rating_tickets_service_type_tags")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_tickets")),
        sa.UniqueConstraint("code_fingerprint", name=op.f("uq_rating_tickets_code_fingerprint")),
        sa.UniqueConstraint("delivery_id", "rater", name=op.f("uq_rating_tickets_delivery_id_rater")),
        sa.UniqueConstraint("recipient_id", name=op.f("uq_rating_tickets_recipient_id")),
    )
    op.create_index(op.f("ix_rating_tickets_expires_at"), "rating_tickets", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_rating_tickets_organisation_id_service_type_issued_at"),
        "rating_tickets",
        ["organisation_id", "service_type", "issued_at"],
        unique=False,
    )
    op.create_index(op.f("ix_rating_tickets_person_id"), "rating_tickets", ["person_id"], unique=False)


def _ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("service_type", sa.String(length=64), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("rater", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=True),
        sa.Column("quality", sa.Integer(), nullable=True),
        sa.Column("timeliness", sa.Integer(), nullable=True),
        sa.Column("respect", sa.Integer(), nullable=True),
        sa.Column("handling", sa.Integer(), nullable=True),
        sa.Column("sixtieths", sa.Integer(), nullable=False),
        sa.Column("should_continue", sa.Boolean(), nullable=True),
        sa.Column("assisted_by", sa.Uuid(), nullable=True),
        sa.Column("assisted_how", sa.String(length=16), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("content BETWEEN 1 AND 5", name=op.f("ck_ratings_content_in_range")),
        sa.CheckConstraint("handling BETWEEN 1 AND 5", name=op.f("ck_ratings_handling_in_range")),
        sa.CheckConstraint("quality BETWEEN 1 AND 5", name=op.f("ck_ratings_quality_in_range")),
        sa.CheckConstraint("respect BETWEEN 1 AND 5", name=op.f("ck_ratings_respect_in_range")),
        sa.CheckConstraint("sixtieths BETWEEN 60 AND 300", name=op.f("ck_ratings_mean_in_range")),
        sa.CheckConstraint("timeliness BETWEEN 1 AND 5", name=op.f("ck_ratings_timeliness_in_range")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_ratings_area_code_areas")),
        sa.ForeignKeyConstraint(["assisted_by"], ["people.id"], name=op.f("fk_ratings_assisted_by_people")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_ratings_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_ratings_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["period_id"], ["rating_periods.id"], name=op.f("fk_ratings_period_id_rating_periods")
        ),
        sa.ForeignKeyConstraint(["service_type"], ["tags.code"], name=op.f("fk_ratings_service_type_tags")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["rating_tickets.id"], name=op.f("fk_ratings_ticket_id_rating_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("delivery_id", "rater", name=op.f("uq_ratings_delivery_id_rater")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_ratings_ticket_id")),
    )
    op.create_index(
        op.f("ix_ratings_organisation_id_service_type_given_on"),
        "ratings",
        ["organisation_id", "service_type", "given_on"],
        unique=False,
    )
    op.create_index(op.f("ix_ratings_period_id"), "ratings", ["period_id"], unique=False)


def _rating_words() -> None:
    op.create_table(
        "rating_words",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=True),
        sa.Column("text_fingerprint", sa.LargeBinary(length=32), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_words_rating_id_ratings")
        ),
        sa.PrimaryKeyConstraint("rating_id", name=op.f("pk_rating_words")),
    )


def _rating_photos() -> None:
    op.create_table(
        "rating_photos",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_photos_rating_id_ratings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_photos")),
    )
    op.create_index(op.f("ix_rating_photos_rating_id"), "rating_photos", ["rating_id"], unique=False)
    op.create_index(op.f("ix_rating_photos_file_key"), "rating_photos", ["file_key"], unique=False)


def _rating_sources() -> None:
    op.create_table(
        "rating_sources",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("address_fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("device_fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_sources_rating_id_ratings")
        ),
        sa.PrimaryKeyConstraint("rating_id", name=op.f("pk_rating_sources")),
    )
    op.create_index(
        op.f("ix_rating_sources_address_fingerprint"), "rating_sources", ["address_fingerprint"], unique=False
    )
    op.create_index(op.f("ix_rating_sources_noted_at"), "rating_sources", ["noted_at"], unique=False)


def _rating_holds() -> None:
    op.create_table(
        "rating_holds",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column(
            "evidence",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("is_upheld", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "cause IN ('burst', 'same_source', 'identical_text', 'linked', 'mean_shift')",
            name=op.f("ck_rating_holds_cause_known"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_rating_holds_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_holds_rating_id_ratings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_holds")),
        sa.UniqueConstraint("rating_id", "cause", name=op.f("uq_rating_holds_rating_id_cause")),
    )
    op.create_index(op.f("ix_rating_holds_decided_at"), "rating_holds", ["decided_at"], unique=False)


def _rating_replies() -> None:
    op.create_table(
        "rating_replies",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 2", name=op.f("ck_rating_replies_one_reply_one_update")),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_replies_rating_id_ratings")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["people.id"], name=op.f("fk_rating_replies_written_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_replies")),
        sa.UniqueConstraint("rating_id", "number", name=op.f("uq_rating_replies_rating_id_number")),
    )


def _rating_hidings() -> None:
    op.create_table(
        "rating_hidings",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("explanation", sa.String(length=500), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_by", sa.Uuid(), nullable=False),
        sa.Column("appeal", sa.String(length=1000), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appealed_by", sa.Uuid(), nullable=True),
        sa.Column("appeal_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal_decided_by", sa.Uuid(), nullable=True),
        sa.Column("is_restored", sa.Boolean(), nullable=True),
        sa.Column("appeal_reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("what IN ('words', 'photos', 'reply')", name=op.f("ck_rating_hidings_what_known")),
        sa.CheckConstraint(
            "appeal_decided_by <> hidden_by", name=op.f("ck_rating_hidings_another_one_decides")
        ),
        sa.ForeignKeyConstraint(
            ["appeal_decided_by"], ["people.id"], name=op.f("fk_rating_hidings_appeal_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["appealed_by"], ["people.id"], name=op.f("fk_rating_hidings_appealed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["hidden_by"], ["people.id"], name=op.f("fk_rating_hidings_hidden_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_hidings_rating_id_ratings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_hidings")),
        sa.UniqueConstraint("rating_id", "what", name=op.f("uq_rating_hidings_rating_id_what")),
    )
    op.create_index(op.f("ix_rating_hidings_hidden_at"), "rating_hidings", ["hidden_at"], unique=False)


def _ticket_tries() -> None:
    op.create_table(
        "ticket_tries",
        sa.Column("source_fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source_fingerprint", "hour", name=op.f("pk_ticket_tries")),
    )


def _rating_complaints() -> None:
    op.create_table(
        "rating_complaints",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("complained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complained_by", sa.Uuid(), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complained_by"], ["people.id"], name=op.f("fk_rating_complaints_complained_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["dismissed_by"], ["people.id"], name=op.f("fk_rating_complaints_dismissed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_complaints_rating_id_ratings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_complaints")),
        sa.UniqueConstraint(
            "rating_id",
            "what",
            "complained_by",
            name=op.f("uq_rating_complaints_rating_id_what_complained_by"),
        ),
    )


def downgrade() -> None:
    for table in (
        "rating_complaints",
        "ticket_tries",
        "rating_hidings",
        "rating_replies",
        "rating_holds",
        "rating_sources",
        "rating_photos",
        "rating_words",
        "ratings",
        "rating_tickets",
        "rating_periods",
    ):
        op.drop_table(table)
