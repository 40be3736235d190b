"""All SQL that reads statements; the text of pages is put together in `lrs.page_sql`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from lrs.clock import from_micros
from lrs.database import Sql, run
from lrs.page_sql import Shape, one_sql, page_sql
from lrs.query import Query, Reader
from lrs.store import WRITER_LOCK
from lrs.tables import statement

# Whether no process writes statements just now, and the last moment of storing that is visible. Asked before
# statements are looked up, so that what it says of is visible then.
_WRITER = Sql(
    f"select case when pg_try_advisory_lock_shared({WRITER_LOCK}) "  # noqa: S608 - a number of ours
    f"then pg_advisory_unlock_shared({WRITER_LOCK}) else false end, "
    "coalesce((select stored from evidence order by stored desc limit 1), 0)"
)
# From the account to its statements: SQLite reads the tables of a cross join in the order given.
_HELD = (
    "select s.id, g.account_name, a.iri, v.iri, e.timestamp, e.score_scaled, e.level, e.voided_at "
    "from agent g cross join evidence e cross join activity a cross join verb v cross join statement s "
    "where g.home_page = :home_page and e.agent_id = g.id and a.id = e.activity_id and v.id = e.verb_id "
    "and s.seq = e.seq "
)


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
    return now if conn.dialect.name == "sqlite" else _through(run(conn, (_WRITER, {}))[0], now)


def _read(
    conn: Connection, now: datetime, sql: Sql, values: Mapping[str, Any]
) -> tuple[list[tuple[Any, ...]], datetime]:
    """The rows, and up to when they are complete as far as other processes store.

    On SQLite only one process serves requests: its own writer knows.
    """
    if conn.dialect.name == "sqlite":
        return run(conn, (sql, values))[0], now
    writer, rows = run(conn, (_WRITER, {}), (sql, values))
    return rows, _through(writer, now)


def _through(writer: Sequence[tuple[Any, ...]], now: datetime) -> datetime:
    ((idle, last),) = writer
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


def held(
    conn: Connection,
    home_page: str,
    accounts: Collection[str] | None = None,
    activities: Collection[str] | None = None,
) -> list[Held]:
    """The statements about an activity by an account of the home page, in the order they were stored.

    Of these accounts, about these activities (IRIs); None for all.
    """
    asked = (("accounts", accounts), ("activities", activities))
    some = {name: list(those) for name, those in asked if those is not None}
    (rows,) = run(conn, (_held_sql(frozenset(some)), {"home_page": home_page, **some}))
    return [
        Held(id_, name, iri, verb_iri, from_micros(at), score, level, voided_at is not None)
        for id_, name, iri, verb_iri, at, score, level, voided_at in rows
    ]


@cache
def _held_sql(some: frozenset[str]) -> Sql:
    where = {"accounts": "and g.account_name in :accounts ", "activities": "and a.iri in :activities "}
    return Sql(_HELD + "".join(where[name] for name in sorted(some)) + "order by e.seq")
