"""Kept progress is looked up by person alone, and what is not started is not kept: writing the other index
took as long as the rows, and a quarter of these said nothing.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the revision."""
    op.execute("delete from competency_state where state = 0")
    op.drop_index("ix_competency_state_competency_id_state", "competency_state")
