"""Targets that statements are forwarded to, and what they do not take."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    op.create_table(
        "forward_target",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settled_seq", Serial, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("succeeded_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_forward_target"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", "seq", name="pk_dead_letter"),
    )
