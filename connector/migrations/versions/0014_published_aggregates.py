"""Aggregates as they were published, and of how many persons learning events are."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    op.add_column(
        "unit_learning_count", sa.Column("learners", sa.BigInteger(), nullable=False, server_default="0")
    )
    # The first refresh counts everybody, these too.
    op.execute("insert into stale_unit (unit_id) select id from unit where parent_id is null")
    op.create_table(
        "publication",
        sa.Column("id", Serial, nullable=False),
        sa.Column("as_of_day", sa.Date(), nullable=False),
        sa.Column("closing_id", Serial, nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["closing_id"], ["closing.id"], name="fk_publication_closing_id"),
        sa.PrimaryKeyConstraint("id", name="pk_publication"),
        sa.UniqueConstraint("as_of_day", name="uq_publication_as_of_day"),
    )
    op.create_table(
        "published_count",
        sa.Column("publication_id", Serial, autoincrement=False, nullable=False),
        sa.Column("table_name", sa.String(length=20), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("column_key", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger())
            for name in ("persons", "complete", "in_progress", "learners", "events", "hours")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name="fk_published_count_publication_id"
        ),
        sa.PrimaryKeyConstraint(
            "publication_id", "table_name", "row_key", "column_key", name="pk_published_count"
        ),
        sqlite_with_rowid=False,
    )
