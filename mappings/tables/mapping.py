"""Courses under all their names, and what they prove."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
)

from lrs.tables import Serial, metadata
from mappings.tables.columns import recorded, valid

course = Table(
    "course",
    metadata,
    Column("id", Serial, primary_key=True),
    # The mapping file's own id of the course, whatever the platforms call it.
    Column("code", Text, nullable=False, unique=True),
    Column("title_th", Text, nullable=False),
    *recorded(),
)

course_alias = Table(
    "course_alias",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("course_id", Serial, ForeignKey("course.id"), nullable=False, index=True),
    # The xAPI activity that stands for the course on a platform; null for a name that nothing sends.
    Column("activity_iri", Text, index=True),
    Column("label", Text, nullable=False),
    *valid(),
    *recorded(),
    # As mapping.ended_at: a name whose days change is ended, and told anew.
    Column("ended_at", BigInteger),
)

mapping = Table(
    "mapping",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("course_id", Serial, ForeignKey("course.id"), nullable=False, index=True),
    Column("framework_id", Serial, ForeignKey("framework.id"), nullable=False),
    Column("category_id", Serial, ForeignKey("learning_category.id")),
    # draft | approved: a draft never counts
    Column("status", String(8), nullable=False),
    Column("approved_by", Text),
    Column("reference", Text),
    # Null: unknown, which is not zero.
    Column("hours", Float),
    Column("hours_are_sample", Boolean, nullable=False),
    # Criteria: worst evidence level and least scaled score that count.
    Column("level_at_most", SmallInteger, nullable=False),
    Column("score_at_least", Float),
    # How many rows it has in mapping_part, all of which have to be done.
    Column("part_count", Integer, nullable=False, server_default="1"),
    # SHA-256 of the entry in the file, hex: an unchanged entry writes nothing.
    Column("digest", String(64), nullable=False),
    *valid(),
    *recorded(),
    # A replaced entry is ended here, never rewritten: old reports stay as they were.
    Column("ended_at", BigInteger),
    # A user's or a command's name; null: ended before this was kept.
    Column("ended_by", Text),
    # Why a person withdrew it; null: a newer version or a changed file took its place.
    Column("end_reason", Text),
    # How the learning is delivered, as the framework's modes; null: recorded before this was kept.
    Column("delivery", Text),
    # What a person decided, version after version: the id of the first of the line. Null: from a file.
    Column("line_id", Serial, index=True),
)

mapping_competency = Table(
    "mapping_competency",
    metadata,
    Column("mapping_id", Serial, ForeignKey("mapping.id"), primary_key=True, autoincrement=False),
    Column("competency_id", Serial, ForeignKey("competency.id"), primary_key=True, autoincrement=False),
)

# What has to be done for a mapping: its own course, or each of several others, under the mapping's criteria.
mapping_part = Table(
    "mapping_part",
    metadata,
    Column("mapping_id", Serial, ForeignKey("mapping.id"), primary_key=True, autoincrement=False),
    Column("course_id", Serial, ForeignKey("course.id"), primary_key=True, autoincrement=False, index=True),
)

# The verbs that complete (criterion "complete") or show work under way ("progress").
mapping_verb = Table(
    "mapping_verb",
    metadata,
    Column("mapping_id", Serial, ForeignKey("mapping.id"), primary_key=True, autoincrement=False),
    Column("verb_iri", Text, primary_key=True),
    Column("criterion", String(8), primary_key=True),
)

# Hours that the record of the event itself gives for one person: they go before the mapping's.
evidence_hours = Table(
    "evidence_hours",
    metadata,
    # As evidence.seq
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("hours", Float, nullable=False),
)
