"""Reminders: a queue, and who wants none; and searches for names, which stand in no address."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    _searches()
    _queue()
    op.create_table(
        "reminder_stop",
        sa.Column("person_id", Serial, autoincrement=False, nullable=False),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_reminder_stop_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_reminder_stop"),
    )


def _searches() -> None:
    op.create_table(
        "people_search",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("user_id", Serial, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("searched_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["web_user.id"], name="fk_people_search_user_id"),
        sa.PrimaryKeyConstraint("token", name="pk_people_search"),
    )
    op.create_index("ix_people_search_user_id", "people_search", ["user_id"])
    op.create_index("ix_people_search_searched_at", "people_search", ["searched_at"])


def _queue() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", Serial, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("person_id", Serial, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_reminder_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.UniqueConstraint("uuid", name="uq_reminder_uuid"),
    )
    op.create_index("ix_reminder_person_id_ended_at", "reminder", ["person_id", "ended_at"])
    op.create_index("ix_reminder_tried_at", "reminder", ["tried_at"])
    waits = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_reminder_open", "reminder", ["person_id"], unique=True, sqlite_where=waits, postgresql_where=waits
    )
