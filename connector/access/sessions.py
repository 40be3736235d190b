"""All SQL about sessions: a random token in a cookie, of which only a hash is kept.

Functions take a connection and never commit.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from connector.access.viewer import Viewer
from connector.tables_access import web_session, web_user
from lrs.clock import to_micros
from lrs.credentials import hash_secret
from mappings.tables import person, unit

_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of an installation; `key` is its own for this purpose."""

    key: bytes
    idle: timedelta
    lifetime: timedelta

    def open(self, conn: Connection, user_id: int, now: datetime) -> str:
        """A new session; the token of its cookie. Those that have run out are thrown away."""
        seen, created = to_micros(now - self.idle), to_micros(now - self.lifetime)
        conn.execute(
            delete(web_session).where(or_(web_session.c.seen_at < seen, web_session.c.created_at < created))
        )
        token, moment = secrets.token_urlsafe(32), to_micros(now)
        row = {"token_hash": self._hash(token), "user_id": user_id, "created_at": moment, "seen_at": moment}
        conn.execute(web_session.insert().values(row))
        return token

    def find(self, conn: Connection, token: str, now: datetime) -> tuple[Viewer, bool] | None:
        """Whose session it is, and whether it is time to note that it is used."""
        since = {"seen_since": to_micros(now - self.idle), "created_since": to_micros(now - self.lifetime)}
        row = conn.execute(_FOUND, {"token_hash": self._hash(token), **since}).first()
        if row is None:
            return None
        return viewer_of(row, csrf=self.csrf(token)), row.seen_at < to_micros(now - _SEEN_EVERY)

    def note(self, conn: Connection, token: str, now: datetime) -> None:
        """The session is used now."""
        of = web_session.c.token_hash == self._hash(token)
        conn.execute(update(web_session).where(of).values(seen_at=to_micros(now)))

    def close(self, conn: Connection, token: str) -> None:
        """End one session."""
        conn.execute(delete(web_session).where(web_session.c.token_hash == self._hash(token)))

    def csrf(self, token: str) -> str:
        """What stands in the forms of a session; it tells nothing of the token."""
        return hmac.digest(self.key, b"form " + token.encode(), "sha256").hex()

    def _hash(self, token: str) -> bytes:
        return hash_secret(self.key, token)


def viewers(*where: Any) -> Any:
    """Selects users who may sign in, as `viewer_of` reads them."""
    return (
        select(
            web_user.c.id,
            web_user.c.uuid,
            web_user.c.name,
            web_user.c.display_name,
            web_user.c.role,
            web_user.c.unit_id,
            web_user.c.must_change,
            web_user.c.approves_mappings,
            unit.c.uid.label("unit_uid"),
            person.c.uuid.label("person_uuid"),
        )
        .select_from(web_user)
        .outerjoin(unit, unit.c.id == web_user.c.unit_id)
        .outerjoin(person, person.c.id == web_user.c.person_id)
        .where(web_user.c.disabled_at.is_(None), *where)
    )


# Put together once: every request of a page begins with it.
_FOUND = (
    viewers(
        web_session.c.token_hash == bindparam("token_hash"),
        web_session.c.seen_at >= bindparam("seen_since"),
        web_session.c.created_at >= bindparam("created_since"),
    )
    .join(web_session, web_session.c.user_id == web_user.c.id)
    .add_columns(web_session.c.seen_at)
)


def viewer_of(row: Any, **more: Any) -> Viewer:
    """The viewer of a row of `viewers`."""
    return Viewer(
        user_id=row.id,
        uuid=row.uuid,
        name=row.name,
        display_name=row.display_name,
        role=row.role,
        unit_id=row.unit_id,
        unit_uid=row.unit_uid,
        person_uuid=row.person_uuid,
        must_change=row.must_change,
        approves_mappings=row.approves_mappings,
        **more,
    )
