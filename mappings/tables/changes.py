"""The log of changes."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from lrs.tables import Serial, metadata

# Who changed what: ids and field names, never values of personal data.
change_log = Table(
    "change_log",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(32), nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("detail", Text),
)
