"""Accounts seen on platforms, and whose they are."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from lrs.tables import Serial, metadata
from mappings.tables.columns import recorded

account = Table(
    "account",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("home_page", Text, nullable=False),
    Column("name", Text, nullable=False),
    # As the platform shows it: for a coordinator's eyes, never in a statement or a log.
    Column("display_name", Text, nullable=False, server_default=""),
    # What that name is sorted by, without honorifics: as person.sort_key. Empty: no name is told.
    Column("name_key", Text, nullable=False, server_default="", index=True),
    Column("id_hmac", String(64), index=True),
    # Which of the secret keys made the hash; null: the first one.
    Column("id_key", String(8)),
    # In lower case; empty: not told.
    Column("email", Text, nullable=False, server_default="", index=True),
    Column("username", Text, nullable=False, server_default="", index=True),
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
    # id_hmac | email | username | decision | merge
    Column("method", String(12), nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("unlinked_at", BigInteger),
    Column("recorded_by", Text, nullable=False),
)
Index(
    "uq_account_link_open",
    account_link.c.account_id,
    unique=True,
    sqlite_where=account_link.c.unlinked_at.is_(None),
    postgresql_where=account_link.c.unlinked_at.is_(None),
)

# New and changed accounts, to be compared with what is known of people: append-only, as stale_person.
stale_account = Table(
    "stale_account",
    metadata,
    Column("serial", Serial, primary_key=True),
    Column("account_id", Serial, nullable=False),
    sqlite_autoincrement=True,
)

# Accounts that only people can decide on, as the last comparison found them.
account_conflict = Table(
    "account_conflict",
    metadata,
    Column("account_id", Serial, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    # same_id | several | moved
    Column("reason", String(8), nullable=False),
    Column("found_at", BigInteger, nullable=False),
)

# Somebody said that this account is not this person's: it is not proposed again.
link_refusal = Table(
    "link_refusal",
    metadata,
    Column("account_id", Serial, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("person_id", Serial, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    *recorded(),
)
