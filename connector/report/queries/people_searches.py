"""Words that names are searched for: personal data, which no address may hold. An address holds a token that
means them, to whoever searched and for some hours (SQL)."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from connector.access.viewer import current
from connector.report.errors import NotFound
from connector.report.words import _
from connector.tables_people import people_search
from lrs.clock import to_micros

KEPT = timedelta(hours=12)
"""As long as nobody may stay signed in without a word about it (`session_hours`)."""


def keep_search(conn: Connection, words: str, now: datetime) -> str:
    """Keep what the reader searches for; the token that stands for it. Forgets old searches of everybody."""
    c = people_search.c
    conn.execute(delete(people_search).where(c.searched_at < to_micros(now - KEPT)))
    token = secrets.token_urlsafe(16)
    row = {"token": token, "user_id": _reader(), "words": words, "searched_at": to_micros(now)}
    conn.execute(insert(people_search).values(row))
    return token


def read_search(conn: Connection, token: str, now: datetime) -> str:
    """The words that a token stands for; "" without a token. Raises NotFound: it is too old, or another's."""
    if not token:
        return ""
    c = people_search.c
    mine = (
        c.token == token,
        c.user_id.is_not_distinct_from(_reader()),
        c.searched_at >= to_micros(now - KEPT),
    )
    words = conn.execute(select(c.words).where(*mine)).scalar_one_or_none()
    if words is None:
        raise NotFound(_("คำค้นนี้หมดอายุแล้ว กรุณากลับไปที่หน้ารายบุคคล แล้วค้นใหม่"))
    return str(words)


def forget_searches(conn: Connection) -> int:
    """Forget all of them, whoever they name; how many there were."""
    return conn.execute(delete(people_search)).rowcount


def _reader() -> int | None:
    viewer = current()
    return None if viewer is None else viewer.user_id
