"""Mappings of several parts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision: until now the only part of each mapping was its own course."""
    op.add_column("mapping", sa.Column("part_count", sa.Integer(), server_default="1", nullable=False))
    op.create_table(
        "mapping_part",
        sa.Column("mapping_id", Serial, autoincrement=False, nullable=False),
        sa.Column("course_id", Serial, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["mapping_id"], ["mapping.id"], name=op.f("fk_mapping_part_mapping_id")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_mapping_part_course_id")),
        sa.PrimaryKeyConstraint("mapping_id", "course_id", name=op.f("pk_mapping_part")),
    )
    op.create_index("ix_mapping_part_course_id", "mapping_part", ["course_id"], unique=False)
    op.execute("insert into mapping_part (mapping_id, course_id) select id, course_id from mapping")
