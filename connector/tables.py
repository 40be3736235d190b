"""What the connector itself remembers: platforms, the courses seen there, and how syncs went.

Instants (`…_at`) are microseconds since the epoch (`lrs.clock`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
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
    # The moment of the pass that is not at its end yet: who goes on with it writes the same statements.
    Column("pass_started_at", BigInteger),
    # What was stored before this moment has been compared with what the platform says; null: no pass ended.
    Column("compared_until", BigInteger),
    # Failed runs since the last good one, and until when the schedule leaves it alone because of them.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused_until", BigInteger),
    # When the schedule means to sync it next; in the past: no schedule is running, or a sync is.
    Column("next_run_at", BigInteger),
    # When the last good sync began that read everything, times and grades of known completions too.
    Column("full_at", BigInteger),
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

# What a platform said last of an account in a course (connector.platforms.State).
enrolment = Table(
    "enrolment",
    metadata,
    Column("platform_id", Serial, ForeignKey("platform.id"), primary_key=True, autoincrement=False),
    # The course's external id.
    Column("course_id", Text, primary_key=True),
    Column("account_name", Text, primary_key=True),
    # enrolled | in_progress | completed
    Column("state", String(12), nullable=False),
    # The platform's own time of that state, where it tells one.
    Column("at", BigInteger),
    Column("progress", Float),
    Column("grade", Float),
    Column("first_seen_at", BigInteger, nullable=False),
    # Since when the platform shows it no longer; null: it is shown.
    Column("unseen_since", BigInteger),
    # Since when the platform says that the course is not completed; null: it says no such thing.
    Column("not_completed_since", BigInteger),
    Index("ix_enrolment_platform_id_account_name", "platform_id", "account_name"),
)

# What the platform says is not completed while the store holds completions of it: they are voided when the
# pass is at its end, if they are not too many.
take_back = Table(
    "take_back",
    metadata,
    Column("platform_id", Serial, ForeignKey("platform.id"), primary_key=True, autoincrement=False),
    Column("account_name", Text, primary_key=True),
    # The course's, or that of a part of it.
    Column("activity_iri", Text, primary_key=True),
    # The course's external id.
    Column("course_id", Text, nullable=False),
    Column("is_part", Boolean, nullable=False),
)

sync_run = Table(
    "sync_run",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("platform_id", Serial, ForeignKey("platform.id"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    # The last sign of life of a run that is not finished.
    Column("seen_at", BigInteger),
    # Learners that the run expects to read; null: not known.
    Column("learners_total", Integer),
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
