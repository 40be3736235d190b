"""All SQL that reads statements; the text of pages is put together in `lrs.page_sql`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from lrs.clock import from_micros
from lrs.database import Sql, run
from lrs.look_ups import Steps
from lrs.page_sql import Shape, one_sql, page_sql
from lrs.query import Query, Reader
from lrs.tables import statement

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


def find(query: Query, reader: Reader, dialect: str) -> Steps[Page]:
    """The statements that a query asks for and the reader may see, voided ones left out."""
    values = _values(query, reader)
    shape = Shape(frozenset(values), query.related_agents, query.related_activities, query.ascending)
    values |= {"most": query.limit + 1, "limit": query.limit, "last": query.limit - 1}
    rows = yield page_sql(shape, dialect), values
    if dialect == "sqlite":
        ((count, last, joined),) = rows
        return Page(joined or b"", last if count > query.limit else None)
    rows.sort(key=itemgetter(0), reverse=not query.ascending)
    page = rows[: query.limit]
    return Page(b",".join([body for _, body in page]), page[-1][0] if len(rows) > query.limit else None)


def find_one(query: Query, reader: Reader) -> Steps[Found | None]:
    """The statement `query.statement_id`, voided exactly if `query.voided`."""
    values = _values(Query(), reader)
    rows = yield one_sql(frozenset(values), query.voided), {**values, "id": query.statement_id}
    return Found(rows[0][0], from_micros(rows[0][1])) if rows else None


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
