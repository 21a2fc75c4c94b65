"""What users say, where suppliers are chosen and rules are changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _contract_raters()
    _rule_freezes()
    with op.batch_alter_table("call_offs") as batch_op:
        batch_op.add_column(
            sa.Column("rating_weight", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_call_offs_rating_weight_known"), "rating_weight BETWEEN 0 AND 100 - price_weight"
        )
    op.add_column("call_off_offers", sa.Column("rating_low", sa.Integer(), nullable=True))


def _contract_raters() -> None:
    op.create_table(
        "contract_raters",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("rater", sa.Uuid(), nullable=False),
        sa.Column("told_from", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_raters_contract_id_contracts")
        ),
        sa.PrimaryKeyConstraint("contract_id", "rater", name=op.f("pk_contract_raters")),
    )


def _rule_freezes() -> None:
    op.create_table(
        "rule_freezes",
        sa.Column("prefix", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_rule_freezes")),
    )


def downgrade() -> None:
    op.drop_column("call_off_offers", "rating_low")
    with op.batch_alter_table("call_offs") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_call_offs_rating_weight_known"), type_="check")
        batch_op.drop_column("rating_weight")
    for table in (
        "rule_freezes",
        "contract_raters",
    ):
        op.drop_table(table)
