"""Counts of units kept, of today and of month-ends."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    _closing()
    _units()
    _people()
    # The first refresh counts everybody.
    op.execute("insert into stale_unit (unit_id) select id from unit where parent_id is null")


def _closing() -> None:
    op.create_table(
        "closing",
        sa.Column("id", Serial, nullable=False),
        sa.Column("as_of_day", sa.Date(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("framework_id", Serial, nullable=True),
        sa.Column("evidence_seq", Serial, nullable=True),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name="fk_closing_framework_id"),
        sa.PrimaryKeyConstraint("id", name="pk_closing"),
    )
    op.create_index("ix_closing_as_of_day_known_at", "closing", ["as_of_day", "known_at"], unique=False)


def _units() -> None:
    op.create_table(
        "unit_count",
        sa.Column("closing_id", Serial, autoincrement=False, nullable=False),
        sa.Column("unit_id", Serial, autoincrement=False, nullable=False),
        sa.Column("row_id", Serial, autoincrement=False, nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("all_complete", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("closing_id", "unit_id", "row_id", "group_code", name="pk_unit_count"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unit_item_count",
        sa.Column("closing_id", Serial, autoincrement=False, nullable=False),
        sa.Column("unit_id", Serial, autoincrement=False, nullable=False),
        sa.Column("row_id", Serial, autoincrement=False, nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=False),
        sa.Column("competency_id", Serial, autoincrement=False, nullable=False),
        sa.Column("in_progress", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "closing_id", "unit_id", "row_id", "group_code", "competency_id", name="pk_unit_item_count"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unit_learning_count",
        sa.Column("closing_id", Serial, autoincrement=False, nullable=False),
        sa.Column("unit_id", Serial, autoincrement=False, nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=False),
        sa.Column("category_id", Serial, autoincrement=False, nullable=False),
        *_learning(sa.BigInteger()),
        sa.PrimaryKeyConstraint(
            "closing_id", "unit_id", "group_code", "category_id", name="pk_unit_learning_count"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stale_unit",
        sa.Column("serial", Serial, nullable=False),
        sa.Column("unit_id", Serial, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_stale_unit"),
        sqlite_autoincrement=True,
    )


def _learning(number: sa.types.TypeEngine[int]) -> list[sa.Column[int]]:
    return [
        sa.Column("hours", sa.BigInteger(), nullable=False),
        *(sa.Column(name, number, nullable=False) for name in ("events", "without_hours", "of_sample")),
    ]


def _people() -> None:
    op.create_table(
        "counted",
        sa.Column("person_id", Serial, autoincrement=False, nullable=False),
        sa.Column("unit_id", Serial, autoincrement=False, nullable=False),
        sa.Column("levels", sa.SmallInteger(), nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=False),
        sa.Column("all_complete", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "unit_id", name="pk_counted"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counted_learning",
        sa.Column("person_id", Serial, autoincrement=False, nullable=False),
        sa.Column("category_id", Serial, autoincrement=False, nullable=False),
        *_learning(sa.Integer()),
        sa.PrimaryKeyConstraint("person_id", "category_id", name="pk_counted_learning"),
        sqlite_with_rowid=False,
    )
