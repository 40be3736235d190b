"""The record store's tables. Instants are microseconds since the epoch (`lrs.clock`)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
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
    # The definition last received, as JSON; null until one is.
    Column("definition", LargeBinary),
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
    Column("seq", Serial, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    # SHA-256 of what must be equal for two statements with one id to be "the same".
    Column("fingerprint", LargeBinary(32), nullable=False),
    # Canonical JSON, served as it is.
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Serial, ForeignKey("statement.seq"), primary_key=True, autoincrement=False),
    Column("agent_id", Serial, ForeignKey("agent.id"), nullable=False),
    Column("verb_id", Serial, ForeignKey("verb.id"), nullable=False),
    # activity | agent | group | statement | substatement
    Column("object_type", String(12), nullable=False),
    Column("activity_id", Serial, ForeignKey("activity.id")),
    Column("activity_type", Text),
    # Where the object is an agent or an identified group; seldom.
    Column("object_agent_id", Serial, ForeignKey("agent.id")),
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
    Column("credential_id", Serial, ForeignKey("credential.id")),
    Column("timestamp", BigInteger, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("voided_at", BigInteger),
    Index("ix_evidence_agent_id_activity_id", "agent_id", "activity_id"),
    Index("ix_evidence_activity_id", "activity_id"),
    Index("ix_evidence_verb_id", "verb_id"),
    Index("ix_evidence_registration", "registration"),
    Index("ix_evidence_target_id", "target_id"),
    Index("ix_evidence_stored", "stored"),
)
Index(
    "ix_evidence_object_agent_id",
    evidence.c.object_agent_id,
    sqlite_where=evidence.c.object_agent_id.is_not(None),
    postgresql_where=evidence.c.object_agent_id.is_not(None),
)

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
    # JSON read filter {"verbs": [...], "activities": [...]}; null: no limit beyond its scopes.
    Column("read_filter", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
