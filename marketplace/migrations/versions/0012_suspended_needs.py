"""Needs of a suspended organisation rest."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("needs", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        UPDATE needs SET suspended_at =
            (SELECT organisations.suspended_at FROM organisations WHERE organisations.id = needs.organisation_id)
        WHERE published_at IS NOT NULL AND declined_at IS NULL AND closed_at IS NULL AND cancelled_at IS NULL
        """
    )


def downgrade() -> None:
    with op.batch_alter_table("needs") as batch:
        batch.drop_column("suspended_at")
