"""All SQL about credentials: create, list, revoke, look up, note that one was used.

Functions take a connection and never commit. A secret is 32 random bytes, shown once. It is kept as
HMAC-SHA-256 under a key of the installation: a random secret needs no slow hash, and a copy of the table
alone allows no guessing.
"""

import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, or_, select
from sqlalchemy.exc import IntegrityError

from lrs import validation, values
from lrs.clock import from_micros, from_micros_or_none, to_iso, to_micros
from lrs.errors import BadRequest, BadStatement, Conflict, NotFound
from lrs.statement import PROVES_NOTHING, actor_of
from lrs.tables import credential

# Communication 4: the scopes of OAuth, which hold for HTTP Basic here.
SCOPES = (
    "statements/write",
    "statements/read/mine",
    "statements/read",
    "state",
    "define",
    "profile",
    "all/read",
    "all",
)
LEVELS = MappingProxyType({"platform-api": 1, "platform-export": 2, "certificate": 3, "self-report": 4})
READ_FILTERS = ("verbs", "activities", "authorities")
AUTHORITY_HOME_PAGE = "https://w3id.org/thaksa/credential"
# The time of last use is written when the one on record is older than this.
USE_SECONDS = 60
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it may be shown: everything but its secret. `level` as in `LEVELS`, or None."""

    name: str
    key: str
    scopes: tuple[str, ...]
    home_pages: tuple[str, ...]
    level: str | None
    read_filter: dict[str, list[str]] | None
    created: datetime
    last_used: datetime | None
    revoked: datetime | None

    def as_json(self) -> dict[str, Any]:
        """As the admin API and the command line answer it; times as xAPI writes them."""
        return {
            "name": self.name,
            "key": self.key,
            "scopes": list(self.scopes),
            "homePages": list(self.home_pages),
            "level": self.level,
            "readFilter": self.read_filter,
            "created": to_iso(self.created),
            "lastUsed": None if self.last_used is None else to_iso(self.last_used),
            "revoked": None if self.revoked is None else to_iso(self.revoked),
        }


def hash_secret(hash_key: bytes, secret: str) -> bytes:
    """What is kept of a secret."""
    return hmac.digest(hash_key, secret.encode(), sha256)


def authority_key(key: str) -> str:
    """The agent key (`lrs.statement.Actor.key`) of the authority that a credential's statements carry."""
    return actor_of({"account": {"homePage": AUTHORITY_HOME_PAGE, "name": key}}).key


def agent_key(agent: Any) -> str:
    """The agent key of an agent given as parsed JSON. Raises BadStatement naming what is wrong with it."""
    validation.ACTOR(agent, "agent")
    return actor_of(agent).key


# ---- changing -----------------------------------------------------------------------------------


def create_credential(
    conn: Connection,
    *,
    hash_key: bytes,
    name: str,
    scopes: Sequence[str],
    now: datetime,
    level: int = PROVES_NOTHING,
    home_pages: Sequence[str] | None = None,
    read_filter: dict[str, list[str]] | None = None,
) -> tuple[str, str]:
    """Store a credential; its key and its secret, which nothing can show again.

    `home_pages` are those it speaks for, at evidence level `level`; None: what it stores proves nothing.
    `read_filter` names the verbs, activities and authorities (agent keys) that it may read; each list
    left out allows all. Raises BadRequest naming the value, Conflict where the name is taken.
    """
    _check_name(name)
    _check_scopes(scopes)
    _check_proof(level, home_pages)
    _check_filter(read_filter)
    if conn.execute(select(credential.c.id).where(credential.c.name == name)).first():
        raise _name_taken(name)
    key, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    row = {
        "name": name,
        "key": key,
        "secret_hash": hash_secret(hash_key, secret),
        "scopes": " ".join(scope for scope in SCOPES if scope in scopes),
        "level": level,
        "home_pages": json.dumps(sorted(set(home_pages))) if home_pages else None,
        "read_filter": json.dumps(read_filter) if read_filter else None,
        "created_at": to_micros(now),
    }
    try:
        conn.execute(credential.insert().values(row))
    except IntegrityError:
        raise _name_taken(name) from None
    return key, secret


def revoke_credential(
    conn: Connection, *, now: datetime, name: str | None = None, key: str | None = None
) -> None:
    """End the credential of that name or key. Raises NotFound, or Conflict where it has ended before."""
    row = _by_key(conn, key or "") if name is None else _by_name(conn, name)
    ended = conn.execute(
        credential.update()
        .where(credential.c.id == row.id, credential.c.revoked_at.is_(None))
        .values(revoked_at=to_micros(now))
    )
    if not ended.rowcount:
        raise Conflict(f"the credential {row.name!r} is revoked already")


def note_use(conn: Connection, credential_id: int, used: datetime) -> None:
    """Record that a credential was used, unless that was recorded less than a minute before."""
    moment = to_micros(used)
    last = credential.c.last_used_at
    conn.execute(
        credential.update()
        .where(credential.c.id == credential_id)
        .where(or_(last.is_(None), last <= moment - USE_SECONDS * 1_000_000))
        .values(last_used_at=moment)
    )


# ---- reading ------------------------------------------------------------------------------------


def find_credential(conn: Connection, key: str) -> Any | None:
    """The row of the credential in force with that key."""
    return conn.execute(
        select(credential).where(credential.c.key == key, credential.c.revoked_at.is_(None))
    ).first()


def list_credentials(conn: Connection) -> list[Credential]:
    """All of them, revoked ones too, in the order of their names."""
    return [_shown(row) for row in conn.execute(select(credential).order_by(credential.c.name))]


def key_of(conn: Connection, name: str) -> str:
    """The key of the credential of that name, in force or not. Raises NotFound."""
    return str(_by_name(conn, name).key)


def _by_name(conn: Connection, name: str) -> Any:
    row = conn.execute(select(credential).where(credential.c.name == name)).first()
    if row is None:
        raise NotFound(f"there is no credential named {name[:80]!r}")
    return row


def _by_key(conn: Connection, key: str) -> Any:
    row = conn.execute(select(credential).where(credential.c.key == key)).first()
    if row is None:
        raise NotFound(f"there is no credential with the key {key[:80]!r}")
    return row


def _shown(row: Any) -> Credential:
    levels = {number: word for word, number in LEVELS.items()}
    return Credential(
        name=row.name,
        key=row.key,
        scopes=tuple(row.scopes.split()),
        home_pages=() if row.home_pages is None else tuple(json.loads(row.home_pages)),
        level=levels.get(row.level),
        read_filter=None if row.read_filter is None else json.loads(row.read_filter),
        created=from_micros(row.created_at),
        last_used=from_micros_or_none(row.last_used_at),
        revoked=from_micros_or_none(row.revoked_at),
    )


# ---- checks -------------------------------------------------------------------------------------


def _name_taken(name: str) -> Conflict:
    return Conflict(f"there is a credential named {name!r} already: choose another name")


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadRequest(f"name must be 1 to {_LONGEST_NAME} printable characters")


def _check_scopes(scopes: Sequence[str]) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise BadRequest(f"unknown scope {unknown[0][:80]!r}: scopes are some of {', '.join(SCOPES)}")
    if not scopes:
        raise BadRequest(f"scopes are needed: some of {', '.join(SCOPES)}")


def _check_proof(level: int, home_pages: Sequence[str] | None) -> None:
    if home_pages and level not in LEVELS.values():
        raise BadRequest(f"level is needed with home pages: one of {', '.join(LEVELS)}")
    if not home_pages and level != PROVES_NOTHING:
        raise BadRequest("level means nothing without the home pages whose accounts it is for")
    for page in home_pages or ():
        _check_iri(page, "home page")


def _check_filter(read_filter: dict[str, list[str]] | None) -> None:
    for name, allowed in (read_filter or {}).items():
        if name not in READ_FILTERS:
            raise BadRequest(f"the read filter is made of {', '.join(READ_FILTERS)}; not {name[:80]!r}")
        if not allowed:
            raise BadRequest(f"the read filter's {name} are empty: leave them out to allow all")
        if name != "authorities":
            for iri in allowed:
                _check_iri(iri, f"read filter, {name}")


def _check_iri(text: str, said: str) -> None:
    try:
        values.iri(text, said)
    except BadStatement:
        raise BadRequest(f"{said}: {text[:80]!r} is not an absolute IRI") from None
