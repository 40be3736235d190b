"""Progress of units as numbers, kept: of today and of month-ends; and what each person adds to them today.

`group_code` is M, A, S or T, "-" for people outside the framework, empty for the unclassified. `unit_id` is
the unit whose whole subtree is counted, `row_id` the row of its overview (`mappings.counted`). Rows of
nothing but zeros mean as much as no row.
"""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, SmallInteger, String, Table

from lrs.tables import Serial, metadata

# What one set of counts is about. Number 0 is today's, which follows every refresh; others never change.
closing = Table(
    "closing",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("as_of_day", Date, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    # The one that was in force on the day; null: none was.
    Column("framework_id", Serial, ForeignKey("framework.id")),
    # Evidence up to here is in it, or has been found to change nothing of it; null: of today's.
    Column("evidence_seq", Serial),
    Index("ix_closing_as_of_day_known_at", "as_of_day", "known_at"),
)

unit_count = Table(
    "unit_count",
    metadata,
    Column("closing_id", Serial, primary_key=True, autoincrement=False),
    Column("unit_id", Serial, primary_key=True, autoincrement=False),
    Column("row_id", Serial, primary_key=True, autoincrement=False),
    Column("group_code", String(1), primary_key=True),
    Column("persons", Integer, nullable=False),
    # Persons who have everything that is asked of their group.
    Column("all_complete", Integer, nullable=False),
    sqlite_with_rowid=False,
)

unit_item_count = Table(
    "unit_item_count",
    metadata,
    Column("closing_id", Serial, primary_key=True, autoincrement=False),
    Column("unit_id", Serial, primary_key=True, autoincrement=False),
    Column("row_id", Serial, primary_key=True, autoincrement=False),
    Column("group_code", String(1), primary_key=True),
    Column("competency_id", Serial, primary_key=True, autoincrement=False),
    Column("in_progress", Integer, nullable=False),
    Column("complete", Integer, nullable=False),
    sqlite_with_rowid=False,
)

unit_learning_count = Table(
    "unit_learning_count",
    metadata,
    Column("closing_id", Serial, primary_key=True, autoincrement=False),
    Column("unit_id", Serial, primary_key=True, autoincrement=False),
    Column("group_code", String(1), primary_key=True),
    # 0: the mapping names none.
    Column("category_id", Serial, primary_key=True, autoincrement=False),
    # Known hours in millionths: whole numbers add up to the same in any order.
    Column("hours", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("without_hours", BigInteger, nullable=False),
    # Events whose hours are made up for the sample.
    Column("of_sample", BigInteger, nullable=False),
    # How many persons they are of; 0 where nobody counted them yet.
    Column("learners", BigInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

# Where each person counts today: in the unit and in `levels` units of the line from it upwards. Whoever has
# several posts counts in a subtree by the one recorded last within it.
counted = Table(
    "counted",
    metadata,
    Column("person_id", Serial, primary_key=True, autoincrement=False),
    Column("unit_id", Serial, primary_key=True, autoincrement=False),
    Column("levels", SmallInteger, nullable=False),
    Column("group_code", String(1), nullable=False),
    Column("all_complete", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Learning events of each person as they are counted today, by category.
counted_learning = Table(
    "counted_learning",
    metadata,
    Column("person_id", Serial, primary_key=True, autoincrement=False),
    Column("category_id", Serial, primary_key=True, autoincrement=False),
    Column("hours", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Column("without_hours", Integer, nullable=False),
    Column("of_sample", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Units that are new or lie elsewhere: everybody is counted anew. Append-only, as all marks.
stale_unit = Table(
    "stale_unit",
    metadata,
    Column("serial", Serial, primary_key=True),
    Column("unit_id", Serial, nullable=False),
    sqlite_autoincrement=True,
)
