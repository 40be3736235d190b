"""Who is asking: HTTP Basic against the credential table (xAPI Communication 4).

An unknown key, a wrong secret and a revoked credential get one answer after the same work.
"""

import hmac
import json
import time
from base64 import b64decode
from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_bytes
from typing import Any

from sqlalchemy import Engine

from lrs.clock import Clock, utc_now
from lrs.credentials import AUTHORITY_HOME_PAGE, find_credential, hash_secret
from lrs.database import single_reads
from lrs.errors import Forbidden, Unauthorized
from lrs.last_use import LastUse
from lrs.statement import Authority

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
    # As `lrs.credentials.create_credential` takes it.
    read_filter: dict[str, Any] | None

    def require(self, *scopes: str) -> None:
        """Raise Forbidden unless the credential has one of these scopes, or `all`."""
        if self.scopes.isdisjoint((*scopes, "all")):
            raise Forbidden(f"this credential lacks the scope {scopes[0] if scopes else 'all'}")

    @property
    def own_only(self) -> bool:
        """It may read nothing but what it stored itself."""
        return self.scopes.isdisjoint(("statements/read", "all/read", "all"))


class Authenticator:
    """Answers who is behind an Authorization header. Safe to share between threads."""

    def __init__(self, engine: Engine, hash_key: bytes, clock: Clock = utc_now) -> None:
        self._engine = single_reads(engine)
        self._hash_key = hash_key
        self._clock = clock
        self._last_use = LastUse(engine)
        # By the digest of the whole header, so that no secret is kept, and a key alone finds nothing.
        self._cache: dict[bytes, tuple[float, Caller]] = {}
        self._cache_key = token_bytes(32)

    def cached(self, header: str | None) -> Caller | None:
        """The caller without a database look-up, if one succeeded a moment ago with the same header."""
        entry = self._cache.get(self._digest(header))
        return entry[1] if entry is not None and entry[0] >= time.monotonic() else None

    def authenticate(self, header: str | None) -> Caller:
        """The caller, from the database. Raises Unauthorized, with one message for every reason."""
        key, secret = _parse(header)
        with self._engine.connect() as conn:
            row = find_credential(conn, key)
        holds = self._holds(secret, _NO_HASH if row is None else bytes(row.secret_hash))
        if row is None or not holds:
            raise Unauthorized(_REFUSED)
        caller = _caller(row)
        if len(self._cache) >= _MOST_CACHED:
            self._cache.clear()
        self._cache[self._digest(header)] = (time.monotonic() + CACHE_SECONDS, caller)
        self._last_use.note(caller.id, row.last_used_at, self._clock())
        return caller

    def close(self) -> None:
        """Write what is still to be noted."""
        self._last_use.close()

    def _digest(self, header: str | None) -> bytes:
        return blake2b((header or "").encode(), key=self._cache_key).digest()

    def _holds(self, secret: str, expected: bytes) -> bool:
        return hmac.compare_digest(hash_secret(self._hash_key, secret), expected)


def _parse(header: str | None) -> tuple[str, str]:
    """Key and secret of a Basic Authorization header; two empty texts, which nobody has, if it is none."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        key, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (key, secret) if colon and "\x00" not in key else ("", "")


def _caller(row: Any) -> Caller:
    home_pages = None if row.home_pages is None else frozenset(json.loads(row.home_pages))
    agent = {
        "objectType": "Agent",
        "name": row.name,
        "account": {"homePage": AUTHORITY_HOME_PAGE, "name": row.key},
    }
    scopes = frozenset(row.scopes.split())
    defines = not scopes.isdisjoint(("define", "all"))
    return Caller(
        id=row.id,
        scopes=scopes,
        authority=Authority(agent, row.level, home_pages, row.id, defines=defines),
        read_filter=None if row.read_filter is None else json.loads(row.read_filter),
    )
