"""What was published of month-ends: once, and never otherwise."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, String, Table, Text

from lrs.tables import Serial, metadata

publication = Table(
    "publication",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("as_of_day", Date, nullable=False, unique=True),
    # Whose counts they are.
    Column("closing_id", Serial, ForeignKey("closing.id"), nullable=False),
    # Fewer than so many were hidden.
    Column("threshold", Integer, nullable=False),
    Column("published_at", BigInteger, nullable=False),
)

# The cells of its tables; null: hidden, or not in this table.
published_count = Table(
    "published_count",
    metadata,
    Column("publication_id", Serial, ForeignKey("publication.id"), primary_key=True, autoincrement=False),
    # connector.report.published.TABLES
    Column("table_name", String(20), primary_key=True),
    # An office's uid, or a group; empty: everybody.
    Column("row_key", Text, primary_key=True),
    # A competency's, a group's or a category's code; empty: all of it.
    Column("column_key", Text, primary_key=True),
    Column("persons", BigInteger),
    Column("complete", BigInteger),
    Column("in_progress", BigInteger),
    Column("learners", BigInteger),
    Column("events", BigInteger),
    # In millionths.
    Column("hours", BigInteger),
    sqlite_with_rowid=False,
)
