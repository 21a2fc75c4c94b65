"""Lists of recommendations: made ahead, for how long they hold, and what each was made of."""

from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from marketplace.db.types import UtcDateTime

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LISTS = sa.table(
    "recommendation_lists",
    *(sa.column(name, sa.Uuid()) for name in ("id", "person_id")),
    *(sa.column(name, UtcDateTime()) for name in ("made_at", "good_until")),
    sa.column("weights_version", sa.Integer()),
)
_ITEMS = sa.table(
    "recommendations",
    *(sa.column(name, sa.Uuid()) for name in ("id", "person_id", "list_id")),
    sa.column("made_on", sa.Date()),
    sa.column("made_at", UtcDateTime()),
    sa.column("weights_version", sa.Integer()),
)


def upgrade() -> None:
    op.create_table(
        "recommendation_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("weights_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_recommendation_lists_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation_lists")),
    )
    with op.batch_alter_table("recommendation_lists") as batch:
        batch.create_index(batch.f("ix_recommendation_lists_person_id_made_at"), ["person_id", "made_at"])
        batch.create_index(batch.f("ix_recommendation_lists_made_at"), ["made_at"])
    op.add_column("recommendations", sa.Column("list_id", sa.Uuid(), nullable=True))
    _list_what_was_kept()
    with op.batch_alter_table("recommendations") as batch:
        batch.drop_index(batch.f("ix_recommendations_made_on"))
        batch.drop_constraint(batch.f("uq_recommendations_person_id_made_on_need_id"), type_="unique")
        batch.drop_constraint(batch.f("fk_recommendations_person_id_people"), type_="foreignkey")
        for name in ("person_id", "made_on", "made_at", "weights_version"):
            batch.drop_column(name)
        batch.alter_column("list_id", existing_type=sa.Uuid(), nullable=False)
        batch.create_foreign_key(
            batch.f("fk_recommendations_list_id_recommendation_lists"),
            "recommendation_lists",
            ["list_id"],
            ["id"],
        )
        batch.create_unique_constraint(batch.f("uq_recommendations_list_id_need_id"), ["list_id", "need_id"])


def _list_what_was_kept() -> None:
    """One list a person and day, as it was: over."""
    kept = op.get_bind().execute(
        sa.select(
            _ITEMS.c.person_id,
            _ITEMS.c.made_on,
            sa.func.min(_ITEMS.c.made_at, type_=UtcDateTime()),
            sa.func.min(_ITEMS.c.weights_version),
        ).group_by(_ITEMS.c.person_id, _ITEMS.c.made_on)
    )
    for person_id, made_on, made_at, version in kept.all():
        list_id = uuid4()
        values = {"id": list_id, "person_id": person_id, "made_at": made_at, "good_until": made_at}
        op.execute(_LISTS.insert().values(weights_version=version, **values))
        op.execute(
            _ITEMS.update()
            .where(_ITEMS.c.person_id == person_id, _ITEMS.c.made_on == made_on)
            .values(list_id=list_id)
        )


def downgrade() -> None:
    # What was recommended is kept for ninety days only; going back starts it anew.
    op.execute("DELETE FROM recommendations")
    with op.batch_alter_table("recommendations") as batch:
        batch.drop_constraint(batch.f("uq_recommendations_list_id_need_id"), type_="unique")
        batch.drop_constraint(batch.f("fk_recommendations_list_id_recommendation_lists"), type_="foreignkey")
        batch.drop_column("list_id")
        batch.add_column(sa.Column("person_id", sa.Uuid(), nullable=False))
        batch.add_column(sa.Column("made_on", sa.Date(), nullable=False))
        batch.add_column(sa.Column("made_at", sa.DateTime(timezone=True), nullable=False))
        batch.add_column(sa.Column("weights_version", sa.Integer(), nullable=False))
        batch.create_foreign_key(
            batch.f("fk_recommendations_person_id_people"), "people", ["person_id"], ["id"]
        )
        batch.create_unique_constraint(
            batch.f("uq_recommendations_person_id_made_on_need_id"), ["person_id", "made_on", "need_id"]
        )
        batch.create_index(batch.f("ix_recommendations_made_on"), ["made_on"])
    op.drop_table("recommendation_lists")
