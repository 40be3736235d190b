"""Targets that statements are forwarded to, and what was published."""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the revision."""
