"""A small world for tests: an organisation, people, accounts, and statements about real courses."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, select

from lrs.clock import to_iso
from lrs.statement import Authority, prepare
from lrs.store import insert
from mappings import vocabulary
from mappings.load import load_shipped
from mappings.people import (
    AccountSeen,
    PersonRow,
    UnitRow,
    import_roster,
    import_units,
    link_accounts,
    observe_accounts,
)
from mappings.stored_views import create_views
from mappings.tables import person

HOME = "http://127.0.0.1:8080"
BEGIN = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)

UNITS = (
    UnitRow("obec", "obec", "สพฐ.", None, None, 2),
    UnitRow("area", "area_office", "สพป.ตัวอย่าง", "obec", "9901", 3),
    UnitRow("s1", "school", "โรงเรียนหนึ่ง", "area", "0100000001", 4),
    UnitRow("s2", "school", "โรงเรียนสอง", "area", "0100000002", 5),
)

_ROWS = count(2)


def a_person(given: str = "สมชาย", **changes: Any) -> PersonRow:
    """A teacher of the first school, unless told otherwise."""
    values: dict[str, Any] = {
        "prefix": "นาย",
        "given_name": given,
        "family_name": "ใจดี",
        "position": "ครู",
        "rank": "คศ.1",
        "line": "",
        "group": None,
        "unit_code": "0100000001",
        "id_hmac": f"hash of {given}",
        "id_last4": "1234",
        "row": next(_ROWS),
    }
    return PersonRow(**(values | changes))


def people_with_accounts(conn: Connection, owners: dict[str, str | None]) -> dict[str, int]:
    """The framework, the courses, and a person for each owner of an account; name -> person id.

    `owners` says whose each account is; None: nobody's.
    """
    create_views(conn)
    load_shipped(conn, BEGIN, "test")
    import_units(conn, UNITS, BEGIN, "test")
    names = sorted({owner for owner in owners.values() if owner is not None})
    import_roster(conn, [a_person(name) for name in names], BEGIN, "test")
    seen = [
        AccountSeen(HOME, account, owner or "ใครไม่รู้", f"hash of {owner}" if owner else None)
        for account, owner in owners.items()
    ]
    observe_accounts(conn, seen, BEGIN)
    link_accounts(conn, BEGIN, "test")
    rows = conn.execute(select(person.c.given_name, person.c.id))
    return {row.given_name: row.id for row in rows}


def course_iri(number: int) -> str:
    """The activity of the recorded site's course; 2 is DL101, which proves D1.1."""
    return f"{HOME}/course/view.php?id={number}"


def send(
    conn: Connection,
    account: str,
    course: int | str,
    *,
    verb: str = vocabulary.COMPLETED,
    at: datetime = BEGIN,
    stored: datetime = BEGIN,
    level: int = 1,
    result: dict[str, Any] | None = None,
) -> str:
    """Store a statement about a course, or another activity by its IRI, through the record store; its id."""
    statement: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": HOME, "name": account}},
        "verb": {"id": verb},
        "object": {"id": course_iri(course) if isinstance(course, int) else course},
        "timestamp": to_iso(at),
    }
    if result:
        statement["result"] = result
    return _store(conn, statement, stored, level)


def void(conn: Connection, statement_id: str, *, stored: datetime) -> None:
    """Void a statement."""
    statement = {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": HOME, "name": "admin"}},
        "verb": {"id": vocabulary.VOIDED},
        "object": {"objectType": "StatementRef", "id": statement_id},
        "timestamp": to_iso(stored),
    }
    _store(conn, statement, stored, 1)


def _store(conn: Connection, statement: dict[str, Any], stored: datetime, level: int) -> str:
    agent = {"account": {"homePage": "https://example.org", "name": "test"}}
    pages = frozenset({HOME}) if level < 9 else None
    authority = Authority(agent, level, pages)
    return insert(conn, [prepare(statement, version="1.0.3", authority=authority)], lambda: stored)[0]


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def ids_of(conn: Connection, table: Any) -> Sequence[int]:
    return conn.execute(select(table.c.id).order_by(table.c.id)).scalars().all()
