"""All SQL that reads statements; the text of pages is put together in `lrs.page_sql`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from lrs.clock import from_micros
from lrs.database import Sql, run
from lrs.page_sql import Shape, one_sql, page_sql
from lrs.query import Query, Reader
from lrs.store import WRITER_LOCK
from lrs.tables import activity, agent, evidence, statement, verb

# Whether no process writes statements just now.
_IDLE = Sql(
    f"select case when pg_try_advisory_lock_shared({WRITER_LOCK}) "
    f"then pg_advisory_unlock_shared({WRITER_LOCK}) else false end"
)
_LAST_STORED = Sql("select coalesce(max(stored), 0) from evidence")
# Asked before statements are looked up, so that what they say of is visible then.
_WRITER: tuple[tuple[Sql, Mapping[str, Any]], ...] = ((_IDLE, {}), (_LAST_STORED, {}))


class Held(NamedTuple):
    """A stored statement about an activity by an account."""

    statement_id: str
    account_name: str
    activity_iri: str
    verb_iri: str
    timestamp: datetime
    score_scaled: float | None
    level: int
    voided: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Statements as JSON with commas between them, and the number after which the next page begins."""

    joined: bytes
    after: int | None


class Found(NamedTuple):
    """A statement as JSON, and when it was stored."""

    body: bytes
    stored: datetime


def find(conn: Connection, query: Query, reader: Reader, now: datetime) -> tuple[Page, datetime]:
    """The statements that a query asks for and the reader may see, voided ones left out.

    With them the moment up to which nothing is missing: at most `now`, which was taken before the call.
    """
    values = _values(query, reader)
    shape = Shape(frozenset(values), query.related_agents, query.related_activities, query.ascending)
    values |= {"most": query.limit + 1, "limit": query.limit, "last": query.limit - 1}
    ((count, last, joined),), through = _read(conn, now, page_sql(shape, conn.dialect.name), values)
    return Page(joined or b"", last if count > query.limit else None), through


def find_one(conn: Connection, query: Query, reader: Reader, now: datetime) -> tuple[Found | None, datetime]:
    """The statement `query.statement_id`, voided exactly if `query.voided`; and as `find`."""
    values = _values(Query(), reader)
    sql = one_sql(frozenset(values), query.voided)
    rows, through = _read(conn, now, sql, {**values, "id": query.statement_id})
    return (Found(rows[0][0], from_micros(rows[0][1])) if rows else None), through


def consistent_through(conn: Connection, now: datetime) -> datetime:
    """As `find` answers it, for a look-up that begins after this call."""
    return now if conn.dialect.name == "sqlite" else _through(run(conn, *_WRITER), now)


def _read(
    conn: Connection, now: datetime, sql: Sql, values: Mapping[str, Any]
) -> tuple[list[tuple[Any, ...]], datetime]:
    """The rows, and up to when they are complete as far as other processes store.

    On SQLite only one process serves requests: its own writer knows.
    """
    if conn.dialect.name == "sqlite":
        return run(conn, (sql, values))[0], now
    *writer, rows = run(conn, *_WRITER, (sql, values))
    return rows, _through(writer, now)


def _through(writer: Sequence[list[tuple[Any, ...]]], now: datetime) -> datetime:
    ((idle,),), ((last,),) = writer
    return now if idle else min(now, from_micros(last))


def _values(query: Query, reader: Reader) -> dict[str, Any]:
    """What is asked and what limits the reader, by name."""
    asked = {
        name: getattr(query, name)
        for name in ("agent", "verb", "activity", "registration", "since", "until", "after")
        if getattr(query, name) is not None
    }
    if reader.own is not None:
        asked["own"] = reader.own
    for kind, some in (
        ("verb", reader.verbs),
        ("activity", reader.activities),
        ("authority", reader.authorities),
    ):
        asked.update((f"only_{kind}_{n}", one) for n, one in enumerate(some))
    return asked


def by_id(conn: Connection, statement_id: str) -> bytes | None:
    """The statement's JSON, voided or not."""
    return conn.execute(
        select(statement.c.body).where(statement.c.id == statement_id.lower())
    ).scalar_one_or_none()


def count(conn: Connection) -> int:
    """How many statements are stored, voided and voiding ones too."""
    return conn.execute(select(func.count()).select_from(statement)).scalar_one()


def held(conn: Connection, home_page: str) -> list[Held]:
    """Every statement about an activity by an account of the home page, in the order they were stored."""
    rows = conn.execute(
        select(
            statement.c.id,
            agent.c.account_name,
            activity.c.iri,
            verb.c.iri,
            evidence.c.timestamp,
            evidence.c.score_scaled,
            evidence.c.level,
            evidence.c.voided_at,
        )
        .select_from(evidence)
        .join(agent, agent.c.id == evidence.c.agent_id)
        .join(statement, statement.c.seq == evidence.c.seq)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .join(verb, verb.c.id == evidence.c.verb_id)
        .where(agent.c.home_page == home_page)
        .order_by(evidence.c.seq)
    )
    return [
        Held(id_, name, iri, verb_iri, from_micros(at), score, level, voided_at is not None)
        for id_, name, iri, verb_iri, at, score, level, voided_at in rows
    ]
