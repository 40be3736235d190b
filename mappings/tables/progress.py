"""What the views say, kept; and what drives them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Float,
    Integer,
    SmallInteger,
    String,
    Table,
)

from lrs.tables import Serial, metadata

# One row a running computation: the two times it asks about.
parameter = Table(
    "parameter",
    metadata,
    Column("batch", String(36), primary_key=True),
    Column("as_of_day", Date, nullable=False),
    # The last microsecond of that day in Bangkok.
    Column("as_of_end", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
)

batch_learner = Table(
    "batch_learner",
    metadata,
    Column("batch", String(36), primary_key=True),
    Column("person_id", Serial, primary_key=True, autoincrement=False),
)

stale_person = Table(
    "stale_person",
    metadata,
    Column("serial", Serial, primary_key=True),
    Column("person_id", Serial, nullable=False),
    sqlite_autoincrement=True,
)

# What is kept has no foreign keys: only mappings.progress writes it, in one transaction with reading what the
# ids point at, and checking three for each row takes longer than writing it.
competency_state = Table(
    "competency_state",
    metadata,
    Column("person_id", Serial, primary_key=True, autoincrement=False),
    Column("competency_id", Serial, primary_key=True, autoincrement=False),
    # 1 in progress, 2 complete; what is not started has no row
    Column("state", SmallInteger, nullable=False),
    # Of the completing statement; null unless complete.
    Column("completed_at", BigInteger),
    Column("level", SmallInteger),
    Column("evidence_seq", Serial),
    Column("mapping_id", Serial),
)

learning_event = Table(
    "learning_event",
    metadata,
    Column("person_id", Serial, primary_key=True, autoincrement=False),
    Column("course_id", Serial, primary_key=True, autoincrement=False),
    Column("category_id", Serial),
    Column("hours", Float),
    Column("completed_at", BigInteger, nullable=False),
    Column("evidence_seq", Serial, nullable=False),
)

refresh_state = Table(
    "refresh_state",
    metadata,
    Column("id", Integer, primary_key=True),
    # The two times of the last refresh, printed on every report.
    Column("as_of_day", Date, nullable=False),
    Column("known_at", BigInteger, nullable=False),
)
