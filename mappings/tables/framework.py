"""Competency frameworks: versions, competencies, requirements, learning categories."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from lrs.tables import Serial, metadata
from mappings.tables.columns import recorded, valid

framework = Table(
    "framework",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("code", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("title_th", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("document_no", Text, nullable=False),
    # SHA-256 of the file, hex: the same file loads once, a changed one is refused under one version.
    Column("digest", String(64), nullable=False),
    # The file itself; null where a version was loaded before files were kept.
    Column("text", Text),
    *recorded(),
    UniqueConstraint("code", "version"),
)

# The days on which a version is in force; each has one row that stands.
framework_term = Table(
    "framework_term",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("framework_id", Serial, ForeignKey("framework.id"), nullable=False, index=True),
    *valid(),
    *recorded(),
    # When another row took its place; null: it is what is known.
    Column("superseded_at", BigInteger),
)

competency = Table(
    "competency",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("framework_id", Serial, ForeignKey("framework.id"), nullable=False),
    # D1.1 … D1.9, D2.0
    Column("code", String(16), nullable=False),
    Column("dimension", String(16), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name_th", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    UniqueConstraint("framework_id", "code"),
)

# What became of an older version's competency in the newer one that says so.
competency_crosswalk = Table(
    "competency_crosswalk",
    metadata,
    Column("old_id", Serial, ForeignKey("competency.id"), primary_key=True, autoincrement=False),
    Column("new_id", Serial, ForeignKey("competency.id"), primary_key=True, autoincrement=False),
)

requirement = Table(
    "requirement",
    metadata,
    Column("framework_id", Serial, ForeignKey("framework.id"), primary_key=True, autoincrement=False),
    Column("stage", String(16), primary_key=True),
    Column("group_code", String(1), primary_key=True),
    Column("competency_id", Serial, ForeignKey("competency.id"), primary_key=True, autoincrement=False),
)

learning_category = Table(
    "learning_category",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("framework_id", Serial, ForeignKey("framework.id"), nullable=False),
    # LC70 | LC20 | LC10
    Column("code", String(8), nullable=False),
    Column("weight", Integer, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("description_th", Text, nullable=False),
    UniqueConstraint("framework_id", "code"),
)

delivery_mode = Table(
    "delivery_mode",
    metadata,
    Column("category_id", Serial, ForeignKey("learning_category.id"), primary_key=True, autoincrement=False),
    Column("code", String(32), primary_key=True),
)
