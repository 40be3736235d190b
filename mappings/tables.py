"""The tables of people, frameworks, mappings and progress.

Instants (`…_at`) are microseconds since the epoch (`lrs.clock`); `valid_from`/`valid_to` are calendar
days in Bangkok, both inclusive, `valid_to` null while it lasts. Rows that a person can change carry
`recorded_at` and `recorded_by` (a user's or a command's name, never a learner's).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from lrs.tables import Serial, metadata


def _recorded() -> tuple[Column[int], Column[str]]:
    return (
        Column("recorded_at", BigInteger, nullable=False),
        Column("recorded_by", Text, nullable=False),
    )


def _valid() -> tuple[Column[object], Column[object]]:
    return Column("valid_from", Date, nullable=False), Column("valid_to", Date)


# ---- organisation -----------------------------------------------------------------------------

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
    *_recorded(),
)

unit_code = Table(
    "unit_code",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("unit_id", Serial, ForeignKey("unit.id"), nullable=False, index=True),
    Column("code", Text, nullable=False, index=True),
    *_valid(),
    *_recorded(),
)

# Every pair of a unit and a unit within it (itself included): a subtree is one join.
unit_path = Table(
    "unit_path",
    metadata,
    Column("ancestor_id", Serial, ForeignKey("unit.id"), primary_key=True, autoincrement=False),
    Column("unit_id", Serial, ForeignKey("unit.id"), primary_key=True, autoincrement=False),
    Column("depth", Integer, nullable=False),
    Index("ix_unit_path_unit_id", "unit_id"),
)

# ---- people -----------------------------------------------------------------------------------

person = Table(
    "person",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("prefix_th", Text, nullable=False, server_default=""),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("sort_key", Text, nullable=False, index=True),
    # Keyed HMAC of the national id, hex; the id itself is never stored.
    Column("id_hmac", String(64), unique=True),
    Column("id_last4", String(4)),
    *_recorded(),
)

membership = Table(
    "membership",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("person_id", Serial, ForeignKey("person.id"), nullable=False, index=True),
    Column("unit_id", Serial, ForeignKey("unit.id"), nullable=False, index=True),
    Column("position_th", Text, nullable=False, server_default=""),
    Column("rank_th", Text, nullable=False, server_default=""),
    Column("line", Text, nullable=False, server_default=""),
    *_valid(),
    *_recorded(),
)

group_assignment = Table(
    "group_assignment",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("person_id", Serial, ForeignKey("person.id"), nullable=False, index=True),
    # M | A | S | T; null: outside the framework, in no denominator. No row at all: unclassified.
    Column("group_code", String(1)),
    # How it was decided: roster | position | assignment
    Column("basis", String(12), nullable=False),
    Column("reference", Text),
    *_valid(),
    *_recorded(),
)

account = Table(
    "account",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("home_page", Text, nullable=False),
    Column("name", Text, nullable=False),
    # As the platform shows it: for a coordinator's eyes, never in a statement or a log.
    Column("display_name", Text, nullable=False, server_default=""),
    Column("id_hmac", String(64), index=True),
    # In lower case; empty: not told.
    Column("email", Text, nullable=False, server_default=""),
    Column("username", Text, nullable=False, server_default=""),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    UniqueConstraint("home_page", "name"),
)

account_link = Table(
    "account_link",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account_id", Serial, ForeignKey("account.id"), nullable=False, index=True),
    Column("person_id", Serial, ForeignKey("person.id"), nullable=False, index=True),
    # id_hmac | decision
    Column("method", String(12), nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("unlinked_at", BigInteger),
    Column("recorded_by", Text, nullable=False),
)

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

# ---- framework --------------------------------------------------------------------------------

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
    *_valid(),
    *_recorded(),
    UniqueConstraint("code", "version"),
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

# ---- mappings ---------------------------------------------------------------------------------

course = Table(
    "course",
    metadata,
    Column("id", Serial, primary_key=True),
    # The mapping file's own id of the course, whatever the platforms call it.
    Column("code", Text, nullable=False, unique=True),
    Column("title_th", Text, nullable=False),
    *_recorded(),
)

course_alias = Table(
    "course_alias",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("course_id", Serial, ForeignKey("course.id"), nullable=False, index=True),
    # The xAPI activity that stands for the course on a platform; null for a name that nothing sends.
    Column("activity_iri", Text, index=True),
    Column("label", Text, nullable=False),
    *_valid(),
    *_recorded(),
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
    # SHA-256 of the entry in the file, hex: an unchanged entry writes nothing.
    Column("digest", String(64), nullable=False),
    *_valid(),
    *_recorded(),
    # A replaced entry is ended here, never rewritten: old reports stay as they were.
    Column("ended_at", BigInteger),
)

mapping_competency = Table(
    "mapping_competency",
    metadata,
    Column("mapping_id", Serial, ForeignKey("mapping.id"), primary_key=True, autoincrement=False),
    Column("competency_id", Serial, ForeignKey("competency.id"), primary_key=True, autoincrement=False),
)

# The verbs that complete (criterion "complete") or show work under way ("progress").
mapping_verb = Table(
    "mapping_verb",
    metadata,
    Column("mapping_id", Serial, ForeignKey("mapping.id"), primary_key=True, autoincrement=False),
    Column("verb_iri", Text, primary_key=True),
    Column("criterion", String(8), primary_key=True),
)

# ---- progress: what the views say, kept ---------------------------------------------------------

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

competency_state = Table(
    "competency_state",
    metadata,
    Column("person_id", Serial, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("competency_id", Serial, ForeignKey("competency.id"), primary_key=True, autoincrement=False),
    # 0 not started, 1 in progress, 2 complete
    Column("state", SmallInteger, nullable=False),
    # Of the completing statement; null unless complete.
    Column("completed_at", BigInteger),
    Column("level", SmallInteger),
    Column("evidence_seq", Serial),
    Column("mapping_id", Serial, ForeignKey("mapping.id")),
    Index("ix_competency_state_competency_id_state", "competency_id", "state"),
)

learning_event = Table(
    "learning_event",
    metadata,
    Column("person_id", Serial, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("course_id", Serial, ForeignKey("course.id"), primary_key=True, autoincrement=False),
    Column("category_id", Serial, ForeignKey("learning_category.id")),
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
