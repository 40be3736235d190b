"""What people decide on mappings, and the counts that show what mappings leave out."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    for name in ("ended_by", "end_reason", "delivery"):
        op.add_column("mapping", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("mapping", sa.Column("line_id", Serial, nullable=True))
    op.create_index("ix_mapping_line_id", "mapping", ["line_id"])
    op.create_table(
        "activity_evidence",
        sa.Column("activity_id", Serial, autoincrement=False, nullable=False),
        sa.Column("verb_id", Serial, autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("best_score", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("activity_id", "verb_id", "level", "good", name="pk_activity_evidence"),
    )
    op.create_table(
        "activity_completions",
        sa.Column("activity_id", Serial, autoincrement=False, nullable=False),
        sa.Column("completions", sa.Integer(), nullable=False),
        sa.Column("learners", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name="pk_activity_completions"),
    )
    op.create_table(
        "activity_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_activity_count"),
    )
