"""Persons with their posts, groups and identifiers."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from lrs.tables import Serial, metadata
from mappings.tables.columns import recorded, valid

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
    # Which of the secret keys made the hash; null: the first one.
    Column("id_key", String(8)),
    # Names are gone since; null: they are here.
    Column("erased_at", BigInteger),
    *recorded(),
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
    *valid(),
    *recorded(),
)

group_assignment = Table(
    "group_assignment",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("person_id", Serial, ForeignKey("person.id"), nullable=False, index=True),
    # M | A | S | T; null: outside the framework, in no denominator. No row at all: unclassified.
    Column("group_code", String(1)),
    # How it was decided: roster | position | decision | assignment
    Column("basis", String(12), nullable=False),
    Column("reference", Text),
    *valid(),
    *recorded(),
)


# What else a person is known by: for linking accounts and knowing people again in the next file.
identifier = Table(
    "identifier",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("person_id", Serial, ForeignKey("person.id"), nullable=False, index=True),
    # email (in lower case) | username (on the home page) | roster (the roster's own id of the person)
    Column("kind", String(8), nullable=False),
    # Of a username; else empty.
    Column("home_page", Text, nullable=False, server_default=""),
    Column("value", Text, nullable=False),
    *recorded(),
    # No longer theirs since; null: theirs.
    Column("ended_at", BigInteger),
    Index("ix_identifier_kind_value", "kind", "value"),
)

# What somebody decided about a post that the shipped table does not know; it wins over that table.
post_decision = Table(
    "post_decision",
    metadata,
    Column("id", Serial, primary_key=True),
    # Line (empty: none was given) and position, both in one spelling.
    Column("line", Text, nullable=False),
    Column("position", Text, nullable=False),
    # M | A | S | T; null: outside the framework.
    Column("group_code", String(1)),
    Column("reason", Text, nullable=False, server_default=""),
    *recorded(),
    Column("ended_at", BigInteger),
    Index("ix_post_decision_position", "position"),
)

# One person was two: `from` is kept, empty, and can be taken out again.
person_merge = Table(
    "person_merge",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("from_id", Serial, ForeignKey("person.id"), nullable=False, index=True),
    Column("into_id", Serial, ForeignKey("person.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    *recorded(),
    Column("undone_at", BigInteger),
    Column("undone_by", Text),
    Column("undone_reason", Text),
)
Index(
    "uq_person_merge_open",
    person_merge.c.from_id,
    unique=True,
    sqlite_where=person_merge.c.undone_at.is_(None),
    postgresql_where=person_merge.c.undone_at.is_(None),
)

# What a merge ended or moved, so that a split puts it back exactly.
merged_row = Table(
    "merged_row",
    metadata,
    Column("merge_id", Serial, ForeignKey("person_merge.id"), primary_key=True, autoincrement=False),
    # membership | group_assignment | account_link | identifier
    Column("kind", String(16), primary_key=True),
    Column("row_id", Serial, primary_key=True, autoincrement=False),
    # The last day of validity that it had before; null: none.
    Column("valid_to", Date),
)

# Who was erased, by keyed hash: the next sync or roster does not bring them back.
tombstone = Table(
    "tombstone",
    metadata,
    Column("id", Serial, primary_key=True),
    # national_id | account | email | username | roster | name
    Column("kind", String(12), nullable=False),
    Column("hash", String(64), nullable=False, index=True),
    # Of a national id: which of the secret keys made the hash that this is the hash of; null: the first one.
    Column("id_key", String(8)),
    *recorded(),
)

# People of a roster that is read but not applied yet, as the file says and as the check found them.
staged_person = Table(
    "staged_person",
    metadata,
    Column("import_id", Serial, primary_key=True, autoincrement=False),
    # The row's number in the file.
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("prefix_th", Text, nullable=False),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("sort_key", Text, nullable=False),
    # The unit's code, or where the file has none its name.
    Column("unit_code", Text, nullable=False),
    Column("position_th", Text, nullable=False),
    Column("rank_th", Text, nullable=False),
    Column("line", Text, nullable=False),
    # M | A | S | T | "-" (outside); empty: the post decides.
    Column("group_code", String(1), nullable=False),
    Column("id_hmac", String(64)),
    Column("id_key", String(8)),
    Column("id_last4", String(4)),
    Column("email", Text, nullable=False, server_default=""),
    Column("roster_id", Text, nullable=False, server_default=""),
    # The first day of the post; null: the day on which the file is applied.
    Column("valid_from", Date),
    # Of the person, if the row turns out to bring a new one.
    Column("uuid", String(36), nullable=False),
    # Found by the check; null: not yet, or nobody.
    Column("unit_id", Serial),
    Column("person_id", Serial),
    # Why the row cannot be taken (a name of mappings.roster_faults); null: it can.
    Column("fault", String(16)),
    # What applying it does: "new", or the fields that change; empty: nothing; null: not checked yet.
    Column("changes", Text),
)

# Their usernames on platforms.
staged_username = Table(
    "staged_username",
    metadata,
    Column("import_id", Serial, primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("home_page", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# How their file names units, and which they are; those that name none, or several, have no row here.
staged_unit = Table(
    "staged_unit",
    metadata,
    Column("import_id", Serial, primary_key=True, autoincrement=False),
    Column("unit_code", Text, primary_key=True),
    Column("unit_id", Serial, nullable=False),
)

# The posts of their file, each classified once; a post without a row here is unclassified.
staged_post = Table(
    "staged_post",
    metadata,
    Column("import_id", Serial, primary_key=True, autoincrement=False),
    Column("line", Text, primary_key=True),
    Column("position_th", Text, primary_key=True),
    # M | A | S | T; null: outside the framework.
    Column("group_code", String(1)),
    # position | decision
    Column("basis", String(12), nullable=False),
)
