"""Outbox and audit."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column(
            "facts",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries") as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_actor_id_at"), ["actor_id", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entries_subject_type_subject_id_at"),
            ["subject_type", "subject_id", "at"],
            unique=False,
        )

    op.create_table(
        "outbox_events",
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "payload",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_events_attempts_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
        sa.UniqueConstraint("stream_id", "sequence", name=op.f("uq_outbox_events_stream_id_sequence")),
    )
    with op.batch_alter_table("outbox_events") as batch_op:
        batch_op.create_index(
            "ix_outbox_events_dead",
            ["dead_at"],
            unique=False,
            postgresql_where=sa.text("dead_at IS NOT NULL"),
            sqlite_where=sa.text("dead_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbox_events_leased",
            ["lease_token"],
            unique=False,
            postgresql_where=sa.text("lease_token IS NOT NULL"),
            sqlite_where=sa.text("lease_token IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbox_events_open",
            ["available_at"],
            unique=False,
            postgresql_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
            sqlite_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
        )
        batch_op.create_index(
            "ix_outbox_events_unfinished_stream",
            ["stream_id", "sequence"],
            unique=False,
            postgresql_where=sa.text("done_at IS NULL"),
            sqlite_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "outbox_streams",
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", name=op.f("pk_outbox_streams")),
    )
    op.create_table(
        "scheduled_runs",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_scheduled_runs")),
    )
    op.create_table(
        "worker_heartbeats",
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_heartbeats")),
    )
    op.create_table(
        "inbox_entries",
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["outbox_events.id"],
            name=op.f("fk_inbox_entries_event_id_outbox_events"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox_entries")),
    )
    for table in ("audit_entries",):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("inbox_entries")
    op.drop_table("worker_heartbeats")
    op.drop_table("scheduled_runs")
    op.drop_table("outbox_streams")
    with op.batch_alter_table("outbox_events") as batch_op:
        batch_op.drop_index(
            "ix_outbox_events_leased",
            postgresql_where=sa.text("lease_token IS NOT NULL"),
            sqlite_where=sa.text("lease_token IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_events_unfinished_stream",
            postgresql_where=sa.text("done_at IS NULL"),
            sqlite_where=sa.text("done_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_events_open",
            postgresql_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
            sqlite_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_events_dead",
            postgresql_where=sa.text("dead_at IS NOT NULL"),
            sqlite_where=sa.text("dead_at IS NOT NULL"),
        )

    op.drop_table("outbox_events")
    with op.batch_alter_table("audit_entries") as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_subject_type_subject_id_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_actor_id_at"))

    op.drop_table("audit_entries")
