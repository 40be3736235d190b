"""Kept progress without foreign keys: checking them took longer than computing and writing its rows."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEYS = {
    "competency_state": ("person_id", "competency_id", "mapping_id"),
    "learning_event": ("person_id", "course_id", "category_id"),
}


def upgrade() -> None:
    """Applies the revision."""
    for table, names in _KEYS.items():
        with op.batch_alter_table(table) as altered:
            for name in names:
                altered.drop_constraint(f"fk_{table}_{name}", type_="foreignkey")
