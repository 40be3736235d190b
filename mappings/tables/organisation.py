"""The organisation: units, their codes and names, and who lies within whom."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from lrs.tables import Serial, metadata
from mappings.tables.columns import recorded, valid

unit = Table(
    "unit",
    metadata,
    Column("id", Serial, primary_key=True),
    # The file's own stable id of the unit; codes change, this does not.
    Column("uid", Text, nullable=False, unique=True),
    # obec | bureau | area_office | school
    Column("kind", String(12), nullable=False),
    Column("parent_id", Serial, ForeignKey("unit.id")),
    Column("name_th", Text, nullable=False),
    Column("sort_key", Text, nullable=False),
    *recorded(),
)

unit_code = Table(
    "unit_code",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("unit_id", Serial, ForeignKey("unit.id"), nullable=False, index=True),
    Column("code", Text, nullable=False, index=True),
    *valid(),
    *recorded(),
)

# Every pair of a unit and a unit within it (itself included) as it stands: a subtree is one join.
unit_path = Table(
    "unit_path",
    metadata,
    Column("ancestor_id", Serial, ForeignKey("unit.id"), primary_key=True, autoincrement=False),
    Column("unit_id", Serial, ForeignKey("unit.id"), primary_key=True, autoincrement=False),
    Column("depth", Integer, nullable=False),
    Index("ix_unit_path_unit_id", "unit_id"),
)

# The same pairs of all days and of all that was ever known: rows are ended and superseded, never rewritten.
unit_place = Table(
    "unit_place",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("ancestor_id", Serial, ForeignKey("unit.id"), nullable=False),
    Column("unit_id", Serial, ForeignKey("unit.id"), nullable=False, index=True),
    Column("depth", Integer, nullable=False),
    # Null: for as long as anything is known of the unit.
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("recorded_at", BigInteger, nullable=False, index=True),
    # When another row took its place; null: it is what is known.
    Column("superseded_at", BigInteger),
    Index("ix_unit_place_ancestor_id_unit_id", "ancestor_id", "unit_id"),
)

# Former and other names by which files call a unit.
unit_alias = Table(
    "unit_alias",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("unit_id", Serial, ForeignKey("unit.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    # In one spelling (mappings.unit_names.name_key).
    Column("name_key", Text, nullable=False, index=True),
    *valid(),
    *recorded(),
)
