"""What was known of the organisation at a past moment."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision. Statements are not touched, only the organisation's rows."""
    op.add_column("course_alias", sa.Column("ended_at", sa.BigInteger(), nullable=True))
    _past(
        "membership",
        sa.Column(
            "unit_id", Serial, sa.ForeignKey("unit.id", name="fk_membership_past_unit_id"), nullable=False
        ),
        sa.Column("position_th", sa.Text(), nullable=False),
        sa.Column("rank_th", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
    )
    _past(
        "group_assignment",
        sa.Column("group_code", sa.String(length=1), nullable=True),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
    )
    _places()


def _past(table: str, *columns: sa.Column[object]) -> None:
    name = f"{table}_past"
    person = sa.ForeignKey("person.id", name=f"fk_{name}_person_id")
    op.create_table(
        name,
        sa.Column("past_id", Serial, nullable=False),
        sa.Column("id", Serial, nullable=False),
        sa.Column("person_id", Serial, person, nullable=False),
        *columns,
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("past_id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_person_id", name, ["person_id"])
    op.create_index(f"ix_{name}_superseded_at", name, ["superseded_at"])


def _places() -> None:
    """As it stands, from the first day and moment on: nothing else is known of what was before."""
    op.create_table(
        "unit_place",
        sa.Column("id", Serial, nullable=False),
        sa.Column("ancestor_id", Serial, nullable=False),
        sa.Column("unit_id", Serial, nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["ancestor_id"], ["unit.id"], name="fk_unit_place_ancestor_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_unit_place_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_place"),
    )
    op.execute(
        "insert into unit_place (ancestor_id, unit_id, depth, recorded_at)"
        " select ancestor_id, unit_id, depth, 0 from unit_path"
    )
    op.create_index("ix_unit_place_unit_id", "unit_place", ["unit_id"])
    op.create_index("ix_unit_place_recorded_at", "unit_place", ["recorded_at"])
    op.create_index("ix_unit_place_ancestor_id_unit_id", "unit_place", ["ancestor_id", "unit_id"])
