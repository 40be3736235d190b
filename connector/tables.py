"""What the connector itself remembers: platforms, the courses seen there, and how syncs went.

Instants (`…_at`) are microseconds since the epoch (`lrs.clock`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from lrs.tables import Serial, metadata

platform = Table(
    "platform",
    metadata,
    Column("id", Serial, primary_key=True),
    # The name in the settings.
    Column("name", Text, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    # The site's own canonical address, learnt at the first sync.
    Column("home_page", Text, nullable=False),
    # Where the next sync resumes, as the platform's own JSON; null: from the start.
    Column("cursor", Text),
)

platform_course = Table(
    "platform_course",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("home_page", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("activity_iri", Text, nullable=False, index=True),
    Column("shortname", Text, nullable=False),
    Column("idnumber", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    UniqueConstraint("home_page", "external_id"),
)

sync_run = Table(
    "sync_run",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("platform_id", Serial, ForeignKey("platform.id"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("learners_seen", Integer, nullable=False),
    Column("courses_seen", Integer, nullable=False),
    Column("completions_seen", Integer, nullable=False),
    Column("statements_written", Integer, nullable=False),
    Column("statements_voided", Integer, nullable=False),
    # One line for the administrator of the platform; null: it went well.
    Column("error", Text),
    Column("error_is_permanent", Boolean),
    Index("ix_sync_run_platform_id_id", "platform_id", "id"),
)
