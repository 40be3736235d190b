"""Kept progress is looked up by person alone: writing the other index took as long as the rows themselves."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the revision."""
    op.drop_index("ix_competency_state_competency_id_state", "competency_state")
