"""When a version of the framework ends, and since when that is known."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision: until now the days of a version were those of its file, known since it was
    loaded."""
    op.create_table(
        "framework_term",
        sa.Column("id", Serial, nullable=False),
        sa.Column("framework_id", Serial, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name="fk_framework_term_framework_id"),
        sa.PrimaryKeyConstraint("id", name="pk_framework_term"),
    )
    op.create_index("ix_framework_term_framework_id", "framework_term", ["framework_id"])
    op.execute(
        "insert into framework_term (framework_id, valid_from, valid_to, recorded_at, recorded_by)"
        " select id, valid_from, valid_to, recorded_at, recorded_by from framework"
    )
    op.drop_column("framework", "valid_from")
    op.drop_column("framework", "valid_to")
