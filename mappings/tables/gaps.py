"""Counts of the evidence of activities: gaps in the mappings are found without reading all of it."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, SmallInteger, Table

from lrs.tables import Serial, metadata

# Statements that are not voided, by all that a mapping's criteria ask about.
activity_evidence = Table(
    "activity_evidence",
    metadata,
    Column("activity_id", Serial, primary_key=True, autoincrement=False),
    Column("verb_id", Serial, primary_key=True, autoincrement=False),
    # As evidence.level
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    # Neither "not completed" nor "not successful" by its own words.
    Column("good", Boolean, primary_key=True),
    Column("statements", Integer, nullable=False),
    Column("best_score", Float),
)

# Completions of activities that are courses, as far as the statements say so.
activity_completions = Table(
    "activity_completions",
    metadata,
    Column("activity_id", Serial, primary_key=True, autoincrement=False),
    Column("completions", Integer, nullable=False),
    # Accounts, each once.
    Column("learners", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

# One row: when both were counted.
activity_count = Table(
    "activity_count",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("counted_at", BigInteger, nullable=False),
)
