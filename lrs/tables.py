"""The record store's tables. Instants are microseconds since the epoch (`lrs.clock`)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# SQLite numbers rows by itself only where the key is declared INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")

agent = Table(
    "agent",
    metadata,
    Column("id", Serial, primary_key=True),
    # The inverse functional identifier, as `lrs.statement.agent_key` writes it.
    Column("key", Text, nullable=False, unique=True),
    # Filled when the identifier is an account: people are linked to accounts by this pair.
    Column("home_page", Text),
    Column("account_name", Text),
    Index("ix_agent_account", "home_page", "account_name"),
)

activity = Table(
    "activity",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("iri", Text, nullable=False, unique=True),
    # All that definitions said, the later before the earlier, as JSON; null until one came.
    Column("definition", LargeBinary),
    # The statement that changed it last.
    Column("defined_seq", Serial, nullable=False, server_default="0"),
    Index("ix_activity_defined_seq", "defined_seq"),
)

verb = Table(
    "verb",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("iri", Text, nullable=False, unique=True),
)

statement = Table(
    "statement",
    metadata,
    # Given by the one writer, ascending in the order of commits: pages follow it.
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    # Canonical JSON, served as it is.
    Column("body", LargeBinary, nullable=False),
)

# One row a statement. No foreign keys: checking six for each of a million statements costs as much as
# writing them, and only lrs.store writes here, in one transaction with what the ids point at.
evidence = Table(
    "evidence",
    metadata,
    # As statement.seq
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("agent_id", Serial, nullable=False),
    Column("verb_id", Serial, nullable=False),
    # activity | agent | group | statement | substatement
    Column("object_type", String(12), nullable=False),
    Column("activity_id", Serial),
    Column("activity_type", Text),
    # Where the object is an agent or an identified group; seldom.
    Column("object_agent_id", Serial),
    # The statement that a StatementRef points at.
    Column("target_id", String(36)),
    Column("registration", String(36)),
    Column("success", Boolean),
    Column("completion", Boolean),
    Column("score_scaled", Float),
    # 0..1, from cmi5's or ADL's progress extension
    Column("progress", Float),
    # How much the authority that stored it proves: 1 platform API, 2 platform export,
    # 3 verified certificate, 4 self-report, 9 nothing. Never taken from the statement's text.
    Column("level", SmallInteger, nullable=False),
    Column("credential_id", Serial),
    Column("timestamp", BigInteger, nullable=False),
    # Never less than that of an earlier seq.
    Column("stored", BigInteger, nullable=False),
    Column("voided_at", BigInteger),
    # The agent of the statement's authority; null: stored before lookups by it (lrs.index) were made.
    Column("authority_id", Serial),
)


def _index(table: Table, *names: str, filled_only: bool = False) -> None:
    """An index; `filled_only`: of rows where the first column is not null, because few are."""
    where = table.c[names[0]].is_not(None) if filled_only else None
    columns = [table.c[name] for name in names]
    Index(f"ix_{table.name}_{'_'.join(names)}", *columns, sqlite_where=where, postgresql_where=where)


# With seq a page of the newest is read without sorting, and with voided_at without looking at each row.
for _name in ("agent_id", "verb_id", "activity_id", "authority_id"):
    _index(evidence, _name, "seq", "voided_at")
for _name in ("registration", "object_agent_id"):
    _index(evidence, _name, "seq", "voided_at", filled_only=True)
_index(evidence, "target_id", "seq", filled_only=True)
_index(evidence, "stored", "seq")

# What a StatementRef leads to (Communication 2.1.3: filters follow it): statement `seq` refers to statement
# `of`, directly or by way of others; the rest are copied from the evidence of `of`.
reference = Table(
    "reference",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("of", Serial, primary_key=True, autoincrement=False),
    Column("agent_id", Serial, nullable=False),
    Column("verb_id", Serial, nullable=False),
    Column("activity_id", Serial),
    Column("object_agent_id", Serial),
    Column("registration", String(36)),
    Column("authority_id", Serial),
)
for _name in ("of", "agent_id", "verb_id", "activity_id", "object_agent_id", "registration", "authority_id"):
    _index(reference, _name, "seq")


# Agents that statement `of` mentions beyond evidence's own, and that therefore find statement `seq`: `of`
# itself, or one that refers to it.
related_agent = Table(
    "related_agent",
    metadata,
    Column("agent_id", Serial, primary_key=True, autoincrement=False),
    # 1: a member of the group that is its actor or object, found without related_agents too; 0: others.
    Column("direct", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("of", Serial, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# The same for activities.
related_activity = Table(
    "related_activity",
    metadata,
    Column("activity_id", Serial, primary_key=True, autoincrement=False),
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("of", Serial, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# State and profile documents (Communication 2.2).
document = Table(
    "document",
    metadata,
    Column("id", Serial, primary_key=True),
    # state | activity | agent
    Column("kind", String(8), nullable=False),
    # 0 and "": the kind has none; null would not be unique.
    Column("activity_id", Serial, nullable=False),
    Column("agent_id", Serial, nullable=False),
    Column("registration", String(36), nullable=False),
    # stateId or profileId
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    # SHA-1 of the content in hexadecimal: the entity tag.
    Column("etag", String(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("updated", BigInteger, nullable=False),
    UniqueConstraint("kind", "agent_id", "activity_id", "registration", "name"),
)
Index("ix_document_activity_id", document.c.activity_id)

stale_agent = Table(
    "stale_agent",
    metadata,
    # Append-only outbox: written in the statement's transaction, removed by serial once read.
    Column("serial", Serial, primary_key=True),
    Column("agent_id", Serial, nullable=False),
    sqlite_autoincrement=True,
)

credential = Table(
    "credential",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("key", String(64), nullable=False, unique=True),
    # HMAC-SHA-256 of the random secret; see docs/decisions.
    Column("secret_hash", LargeBinary(32), nullable=False),
    # Space-separated xAPI scopes.
    Column("scopes", Text, nullable=False),
    # Evidence level of what it stores (as evidence.level).
    Column("level", SmallInteger, nullable=False),
    # JSON list of the home pages it speaks for; null: it proves nothing.
    Column("home_pages", Text),
    # JSON read filter {"verbs": [...], "activities": [...], "authorities": [keys]}; null: no limit beyond its
    # scopes.
    Column("read_filter", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    # To the minute or so: not written at every request.
    Column("last_used_at", BigInteger),
)
