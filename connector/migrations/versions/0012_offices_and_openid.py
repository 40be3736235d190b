"""What belongs to offices: files and the right to approve; who a user is for an OpenID provider."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    op.add_column("import_file", sa.Column("unit_id", Serial, nullable=True))
    op.add_column(
        "web_user", sa.Column("approves_mappings", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    for name in ("email", "username", "name_key"):
        op.create_index(f"ix_account_{name}", "account", [name])
    op.create_table(
        "web_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", Serial, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["web_user.id"], name="fk_web_identity_user_id"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_web_identity"),
    )
    op.create_index("ix_web_identity_user_id", "web_identity", ["user_id"])
