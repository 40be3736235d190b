"""What syncs remember: the last state of every enrolment, passes that were interrupted, pauses."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    for name in ("email", "username"):
        op.add_column("account", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("platform", sa.Column("pass_started_at", sa.BigInteger(), nullable=True))
    op.add_column("platform", sa.Column("compared_until", sa.BigInteger(), nullable=True))
    op.add_column("platform", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("platform", sa.Column("paused_until", sa.BigInteger(), nullable=True))
    op.add_column("platform", sa.Column("next_run_at", sa.BigInteger(), nullable=True))
    op.add_column("platform", sa.Column("full_at", sa.BigInteger(), nullable=True))
    op.add_column("sync_run", sa.Column("seen_at", sa.BigInteger(), nullable=True))
    op.add_column("sync_run", sa.Column("learners_total", sa.Integer(), nullable=True))
    _enrolment()
    _take_back()


def _enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("platform_id", Serial, autoincrement=False, nullable=False),
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("grade", sa.Float(), nullable=True),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("unseen_since", sa.BigInteger(), nullable=True),
        sa.Column("not_completed_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name="fk_enrolment_platform_id"),
        sa.PrimaryKeyConstraint("platform_id", "course_id", "account_name", name="pk_enrolment"),
    )
    op.create_index("ix_enrolment_platform_id_account_name", "enrolment", ["platform_id", "account_name"])


def _take_back() -> None:
    op.create_table(
        "take_back",
        sa.Column("platform_id", Serial, autoincrement=False, nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("activity_iri", sa.Text(), nullable=False),
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("is_part", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name="fk_take_back_platform_id"),
        sa.PrimaryKeyConstraint("platform_id", "account_name", "activity_iri", name="pk_take_back"),
    )
