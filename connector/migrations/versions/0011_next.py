"""When a version of the framework ends, and since when that is known."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the revision."""
