"""Users of the pages and of the report API, their sessions, and who looked at whose record.

Instants (`…_at`) are microseconds since the epoch (`lrs.clock`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from lrs.tables import Serial, metadata
from mappings.tables.columns import recorded

web_user = Table(
    "web_user",
    metadata,
    Column("id", Serial, primary_key=True),
    # Stands in addresses and in the log.
    Column("uuid", String(36), nullable=False, unique=True),
    # The name to sign in with, and the same in one spelling.
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    # connector.access.roles
    Column("role", String(20), nullable=False),
    # The unit whose subtree they see; null: the whole organisation, or a learner.
    Column("unit_id", Serial, ForeignKey("unit.id")),
    # A learner's own record.
    Column("person_id", Serial, ForeignKey("person.id"), index=True),
    # Argon2id, in its own text form.
    Column("password_hash", Text, nullable=False),
    # The password was given to them: it opens one page, which asks for another.
    Column("must_change", Boolean, nullable=False),
    Column("disabled_at", BigInteger),
    # A coordinator whose approval of a mapping counts; administrators need it not.
    Column("approves_mappings", Boolean, nullable=False, server_default=false()),
    *recorded(),
)

# Who a user is for an OpenID provider: both as its tokens say them.
web_identity = Table(
    "web_identity",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", Serial, ForeignKey("web_user.id"), nullable=False, index=True),
    *recorded(),
)

web_session = Table(
    "web_session",
    metadata,
    # Of the token in the cookie, which is kept nowhere.
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", Serial, ForeignKey("web_user.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    # The last request, to the minute.
    Column("seen_at", BigInteger, nullable=False),
)

# Failed attempts to sign in, by name and by address; neither can be read from it.
sign_in_throttle = Table(
    "sign_in_throttle",
    metadata,
    Column("subject_hash", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False, index=True),
    Column("blocked_until", BigInteger, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("secret_hash", LargeBinary(32), nullable=False),
    # With a space between them.
    Column("scopes", Text, nullable=False),
    # It sees what its owner sees, and no more.
    Column("owner_id", Serial, ForeignKey("web_user.id"), nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    *recorded(),
)

# Every look at rows about persons: ids, never names.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("user_id", Serial, ForeignKey("web_user.id"), nullable=False),
    # The token that they used; null: they were signed in.
    Column("token_id", Serial, ForeignKey("api_token.id")),
    # The method and the route, without what stands in for its variables.
    Column("route", Text, nullable=False),
    # Whose record was looked at, or the unit whose people were listed.
    Column("person_uuid", String(36)),
    Column("unit_uid", Text),
    # The address that the request came from.
    Column("address", Text, nullable=False),
    Index("ix_audit_log_person_uuid", "person_uuid"),
    Index("ix_audit_log_user_id", "user_id"),
)
