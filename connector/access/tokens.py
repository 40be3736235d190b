"""All SQL about API tokens: create, list, revoke, look up, note that one was used.

A token sees what its owner sees, in the parts of the API that its scopes name. Functions take a connection
and never commit. Key and secret are made and kept as those of the record store are (`lrs.credentials`).
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.exc import IntegrityError

from connector.access.errors import AccessError
from connector.access.sessions import viewer_of, viewers
from connector.access.users import User
from connector.access.viewer import Viewer
from connector.tables_access import api_token, web_user
from lrs.clock import from_micros, from_micros_or_none, to_iso, to_micros
from lrs.credentials import hash_secret
from mappings.changes import Change, log_changes

SCOPES = ("aggregates", "status", "metrics")
_USED_EVERY = timedelta(minutes=1)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it may be shown: everything but its secret."""

    name: str
    key: str
    owner: str
    scopes: tuple[str, ...]
    created: datetime
    last_used: datetime | None
    revoked: datetime | None

    def as_json(self) -> dict[str, Any]:
        """As the command line answers it."""
        return {
            "name": self.name,
            "key": self.key,
            "owner": self.owner,
            "scopes": list(self.scopes),
            "created": to_iso(self.created),
            "lastUsed": None if self.last_used is None else to_iso(self.last_used),
            "revoked": None if self.revoked is None else to_iso(self.revoked),
        }


def create_token(
    conn: Connection, hash_key: bytes, name: str, owner: User, scopes: Sequence[str], now: datetime, by: str
) -> tuple[str, str]:
    """Store a token; its key and its secret, which nothing can show again. Raises AccessError."""
    _check(name, scopes)
    key, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    row = {
        "name": name.strip(),
        "key": key,
        "secret_hash": hash_secret(hash_key, secret),
        "scopes": " ".join(scope for scope in SCOPES if scope in scopes),
        "owner_id": owner.id,
        "recorded_at": to_micros(now),
        "recorded_by": by,
    }
    try:
        conn.execute(api_token.insert().values(row))
    except IntegrityError:
        raise AccessError("taken", "there is a token of that name already: choose another name") from None
    log_changes(conn, [Change("create", "api token", key, str(row["scopes"]))], now, by)
    return key, secret


def revoke_token(conn: Connection, name: str, now: datetime, by: str) -> None:
    """End a token at once. Raises AccessError."""
    of = (api_token.c.name == name, api_token.c.revoked_at.is_(None))
    key = conn.execute(select(api_token.c.key).where(*of)).scalar()
    if key is None:
        raise AccessError("no_such_token", "there is no token of that name in force")
    conn.execute(update(api_token).where(*of).values(revoked_at=to_micros(now)))
    log_changes(conn, [Change("revoke", "api token", key)], now, by)


def list_tokens(conn: Connection) -> Sequence[ApiToken]:
    """All of them, revoked ones too, in the order of their names."""
    rows = conn.execute(
        select(api_token, web_user.c.name.label("owner"))
        .join(web_user, web_user.c.id == api_token.c.owner_id)
        .order_by(api_token.c.name)
    )
    return [
        ApiToken(
            row.name,
            row.key,
            row.owner,
            tuple(row.scopes.split()),
            from_micros(row.recorded_at),
            from_micros_or_none(row.last_used_at),
            from_micros_or_none(row.revoked_at),
        )
        for row in rows
    ]


def find_token(
    conn: Connection, hash_key: bytes, key: str, secret: str, now: datetime
) -> tuple[Viewer, bool] | None:
    """Who the token speaks for, and whether it is time to note that it is used."""
    row = conn.execute(
        viewers(api_token.c.key == key, api_token.c.revoked_at.is_(None))
        .join(api_token, api_token.c.owner_id == web_user.c.id)
        .add_columns(
            api_token.c.id.label("token_id"),
            api_token.c.secret_hash,
            api_token.c.scopes,
            api_token.c.last_used_at,
        )
    ).first()
    kept = b"" if row is None else row.secret_hash
    if not hmac.compare_digest(kept, hash_secret(hash_key, secret)) or row is None:
        return None
    viewer = viewer_of(row, token_id=row.token_id, token_scopes=frozenset(row.scopes.split()))
    return viewer, (row.last_used_at or 0) < to_micros(now - _USED_EVERY)


def note_use(conn: Connection, token_id: int, now: datetime) -> None:
    """The token is used now."""
    moment, last = to_micros(now), api_token.c.last_used_at
    conn.execute(
        update(api_token)
        .where(api_token.c.id == token_id, or_(last.is_(None), last < moment))
        .values(last_used_at=moment)
    )


def _check(name: str, scopes: Sequence[str]) -> None:
    if not name.strip() or len(name) > _LONGEST or not name.isprintable():
        raise AccessError("name", f"a token's name is 1 to {_LONGEST} printable characters")
    if not scopes or set(scopes) - set(SCOPES):
        raise AccessError("scopes", f"scopes are some of {', '.join(SCOPES)}")
