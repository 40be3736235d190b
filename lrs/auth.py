"""Who is asking: HTTP Basic against the credential table.

A secret is 32 random bytes, shown once. It is kept as HMAC-SHA-256 under a key of the installation: a
random secret needs no slow hash, and a copy of the table alone allows no guessing.
"""

import hmac
import json
import secrets
import time
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, select

from lrs.clock import to_micros
from lrs.database import read_only
from lrs.errors import BadRequest, Conflict, Forbidden, Unauthorized
from lrs.statement import Authority
from lrs.tables import credential

SCOPES = ("statements/write", "statements/read", "statements/read/mine", "all/read", "all")
AUTHORITY_HOME_PAGE = "https://w3id.org/thaksa/credential"
# A revoked credential works for at most this long in a process that has just seen it.
CACHE_SECONDS = 5.0
_MOST_CACHED = 1000
_REFUSED = "a valid key and secret are needed"
_NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Caller:
    """A credential that holds: what it may do and what its statements prove."""

    id: int
    scopes: frozenset[str]
    authority: Authority
    read_filter: dict[str, Any] | None

    def require(self, *scopes: str) -> None:
        """Raise Forbidden unless the credential has one of these scopes, or `all`."""
        if self.scopes.isdisjoint((*scopes, "all")):
            raise Forbidden(f"this credential lacks the scope {scopes[0]}")

    @property
    def own_only(self) -> bool:
        """It may read nothing but what it stored itself."""
        return self.scopes.isdisjoint(("statements/read", "all/read", "all"))


def create_credential(
    conn: Connection,
    *,
    hash_key: bytes,
    name: str,
    scopes: Sequence[str],
    level: int,
    home_pages: Sequence[str] | None,
    now: datetime,
) -> tuple[str, str]:
    """Store a credential; its key and its secret, which nothing can show again.

    `home_pages` are those it speaks for; None: what it stores proves nothing.
    """
    unknown = set(scopes) - set(SCOPES)
    if unknown or not scopes:
        raise BadRequest(
            f"scopes are some of {', '.join(SCOPES)}; not {', '.join(sorted(unknown)) or 'none'}"
        )
    if conn.execute(select(credential.c.id).where(credential.c.name == name)).first():
        raise Conflict(f"there is a credential named {name!r} already: choose another name")
    key, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    conn.execute(
        credential.insert().values(
            name=name,
            key=key,
            secret_hash=_hash(hash_key, secret),
            scopes=" ".join(scopes),
            level=level,
            home_pages=None if home_pages is None else json.dumps(sorted(home_pages)),
            created_at=to_micros(now),
        )
    )
    return key, secret


def revoke_credential(conn: Connection, *, name: str, now: datetime) -> bool:
    """End a credential; False where none of that name is in force."""
    ended = conn.execute(
        credential.update()
        .where(credential.c.name == name, credential.c.revoked_at.is_(None))
        .values(revoked_at=to_micros(now))
    )
    return ended.rowcount > 0


def _hash(hash_key: bytes, secret: str) -> bytes:
    return hmac.digest(hash_key, secret.encode(), sha256)


class Authenticator:
    """Answers who is behind an Authorization header. Safe to share between threads."""

    def __init__(self, engine: Engine, hash_key: bytes) -> None:
        self._engine = read_only(engine)
        self._hash_key = hash_key
        self._cache: dict[str, tuple[float, Caller, bytes]] = {}

    def cached(self, header: str | None) -> Caller | None:
        """The caller without a database look-up, if one succeeded a moment ago."""
        parsed = _parse(header)
        entry = self._cache.get(parsed[0]) if parsed else None
        if parsed is None or entry is None or entry[0] < time.monotonic():
            return None
        return entry[1] if self._holds(parsed[1], entry[2]) else None

    def authenticate(self, header: str | None) -> Caller:
        """The caller, from the database. Raises Unauthorized, with one message for every reason."""
        key, secret = _parse(header) or ("", "")
        with self._engine.connect() as conn:
            row = conn.execute(
                select(credential).where(credential.c.key == key, credential.c.revoked_at.is_(None))
            ).first()
        # Compare in any case, so that an unknown key takes as long as a wrong secret.
        holds = self._holds(secret, bytes(row.secret_hash) if row else _NO_HASH)
        if row is None or not holds:
            self._cache.pop(key, None)
            raise Unauthorized(_REFUSED)
        caller = _caller(row)
        if len(self._cache) >= _MOST_CACHED:
            self._cache.clear()
        self._cache[key] = (time.monotonic() + CACHE_SECONDS, caller, bytes(row.secret_hash))
        return caller

    def _holds(self, secret: str, expected: bytes) -> bool:
        return hmac.compare_digest(_hash(self._hash_key, secret), expected)


def _parse(header: str | None) -> tuple[str, str] | None:
    """Key and secret of a Basic Authorization header."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (key, secret) if colon and "\x00" not in key else None


def _caller(row: Any) -> Caller:
    home_pages = None if row.home_pages is None else frozenset(json.loads(row.home_pages))
    agent = {
        "objectType": "Agent",
        "name": row.name,
        "account": {"homePage": AUTHORITY_HOME_PAGE, "name": row.key},
    }
    return Caller(
        id=row.id,
        scopes=frozenset(row.scopes.split()),
        authority=Authority(agent, row.level, home_pages, row.id),
        read_filter=None if row.read_filter is None else json.loads(row.read_filter),
    )
