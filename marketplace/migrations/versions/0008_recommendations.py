"""Recommendations."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.db.append_only import forbid_changes
from marketplace.db.types import UtcDateTime

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
# The weights that ship with the house: version 1 of each kind, decided by nobody, and never changed.
_SHIPPED = (
    (
        UUID("016f5e66-e800-7000-8000-000000000001"),
        "volunteer",
        {
            "skill": 25,
            "availability": 20,
            "travel": 20,
            "language": 5,
            "interest": 10,
            "reliability": 10,
            "fairness": 7,
            "training": 3,
        },
    ),
    (
        UUID("016f5e66-e800-7000-8000-000000000002"),
        "provider",
        {"field": 35, "place": 15, "capacity": 10, "record": 15, "rating": 15, "grade": 10},
    ),
)


def upgrade() -> None:
    op.create_table(
        "ranking_weights",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("points", _JSON, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("preview", _JSON, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_ranking_weights_versions_count_from_one")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["people.id"], name=op.f("fk_ranking_weights_proposed_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_weights")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_ranking_weights_kind_version")),
    )
    op.create_table(
        "ranking_decisions",
        sa.Column("weights_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(in_force_from IS NULL) = (refusal_reason IS NOT NULL)",
            name=op.f("ck_ranking_decisions_in_force_or_refused"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_ranking_decisions_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_ranking_decisions_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["people.id"], name=op.f("fk_ranking_decisions_proposed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["weights_id"],
            ["ranking_weights.id"],
            name=op.f("fk_ranking_decisions_weights_id_ranking_weights"),
        ),
        sa.PrimaryKeyConstraint("weights_id", name=op.f("pk_ranking_decisions")),
    )
    op.create_table(
        "invitations",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("factors", _JSON, nullable=False),
        sa.Column("weights_version", sa.Integer(), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["invited_by"], ["people.id"], name=op.f("fk_invitations_invited_by_people")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_invitations_need_id_needs")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_invitations_person_id_people")),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_invitations_shift_id_shifts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("person_id", "shift_id", name=op.f("uq_invitations_person_id_shift_id")),
    )
    with op.batch_alter_table("invitations") as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_need_id"), ["need_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_invitations_person_id_invited_at"), ["person_id", "invited_at"], unique=False
        )
        batch_op.create_index(
            "uq_invitations_live",
            ["person_id", "need_id"],
            unique=True,
            postgresql_where=sa.text("declined_at IS NULL AND ended_at IS NULL"),
            sqlite_where=sa.text("declined_at IS NULL AND ended_at IS NULL"),
        )

    op.create_table(
        "recommendations",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("factors", _JSON, nullable=False),
        sa.Column("weights_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_recommendations_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_recommendations_person_id_people")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_recommendations_shift_id_shifts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
        sa.UniqueConstraint(
            "person_id", "made_on", "need_id", name=op.f("uq_recommendations_person_id_made_on_need_id")
        ),
    )
    with op.batch_alter_table("recommendations") as batch_op:
        batch_op.create_index(batch_op.f("ix_recommendations_made_on"), ["made_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_recommendations_need_id"), ["need_id"], unique=False)

    _ship_weights()
    for table in ("ranking_weights", "ranking_decisions"):
        for statement in forbid_changes(table, op.get_bind().dialect.name):
            op.execute(statement)


def _ship_weights() -> None:
    weights = sa.table(
        "ranking_weights",
        sa.column("id", sa.Uuid()),
        sa.column("kind", sa.String()),
        sa.column("version", sa.Integer()),
        sa.column("points", _JSON),
        sa.column("reason", sa.String()),
        sa.column("proposed_at", UtcDateTime()),
    )
    decisions = sa.table(
        "ranking_decisions",
        sa.column("weights_id", sa.Uuid()),
        sa.column("decided_at", UtcDateTime()),
        sa.column("in_force_from", UtcDateTime()),
    )
    op.bulk_insert(
        weights,
        [
            {
                "id": weights_id,
                "kind": kind,
                "version": 1,
                "points": points,
                "reason": "shipped",
                "proposed_at": _BEGINNING,
            }
            for weights_id, kind, points in _SHIPPED
        ],
    )
    op.bulk_insert(
        decisions,
        [
            {"weights_id": weights_id, "decided_at": _BEGINNING, "in_force_from": _BEGINNING}
            for weights_id, _, _ in _SHIPPED
        ],
    )


def downgrade() -> None:

    with op.batch_alter_table("recommendations") as batch_op:
        batch_op.drop_index(batch_op.f("ix_recommendations_need_id"))
        batch_op.drop_index(batch_op.f("ix_recommendations_made_on"))

    op.drop_table("recommendations")
    with op.batch_alter_table("invitations") as batch_op:
        batch_op.drop_index(
            "uq_invitations_live",
            postgresql_where=sa.text("declined_at IS NULL AND ended_at IS NULL"),
            sqlite_where=sa.text("declined_at IS NULL AND ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_invitations_person_id_invited_at"))
        batch_op.drop_index(batch_op.f("ix_invitations_need_id"))

    op.drop_table("invitations")
    op.drop_table("ranking_decisions")
    op.drop_table("ranking_weights")
