"""Sign-in by OpenID Connect, and what belongs to offices."""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the revision."""
