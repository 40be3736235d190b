"""Persons, their identifiers and accounts, for tests of whose an account is."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from lrs.clock import to_micros
from mappings.people import AccountSeen, hash_national_id, import_roster, import_units, observe_accounts
from mappings.tables import (
    account,
    account_conflict,
    account_link,
    identifier,
    person,
    stale_person,
)
from tests.mappings.world import BEGIN, HOME, UNITS, a_person

ELSEWHERE = "https://elsewhere.example"
TEACHER = hash_national_id(b"key", "1001000079196")


def seen(
    name: str,
    display_name: str = "",
    id_hmac: str | None = TEACHER,
    home: str = HOME,
    *,
    email: str = "",
    username: str = "",
) -> AccountSeen:
    return AccountSeen(home, name, display_name, id_hmac, email, username)


def shown(
    conn: Connection,
    name: str,
    display_name: str = "",
    id_hmac: str | None = None,
    at: datetime = BEGIN,
    email: str = "",
    username: str = "",
    home: str = HOME,
) -> int:
    """An account as a platform shows it now; its id."""
    one = AccountSeen(home, name, display_name, id_hmac, email, username)
    observe_accounts(conn, [one], at)
    return account_id(conn, name, one.home_page)


def account_id(conn: Connection, name: str, home: str = HOME) -> int:
    query = select(account.c.id).where(account.c.name == name, account.c.home_page == home)
    found: int = conn.execute(query).scalar_one()
    return found


def with_person(conn: Connection) -> int:
    """One teacher, known by the national id; the id."""
    return with_people(conn, {"พิมพ์ชนก": TEACHER})["พิมพ์ชนก"]


def with_people(conn: Connection, people: dict[str, str | None]) -> dict[str, int]:
    """Teachers of one school with their national ids' hashes; given name -> id."""
    import_units(conn, UNITS, BEGIN, "test")
    import_roster(conn, [a_person(name, id_hmac=one) for name, one in people.items()], BEGIN, "test")
    return {row.given_name: row.id for row in conn.execute(select(person.c.given_name, person.c.id))}


def known_by(conn: Connection, person_id: int, kind: str, value: str, home: str = "") -> int:
    """Give a person an identifier; its id."""
    row = {"person_id": person_id, "kind": kind, "home_page": home, "value": value}
    recorded = {"recorded_at": to_micros(BEGIN), "recorded_by": "test"}
    made: int = conn.execute(
        insert(identifier).values(**row, **recorded).returning(identifier.c.id)
    ).scalar_one()
    return made


def links(conn: Connection) -> dict[str, tuple[int, str]]:
    """Account's name -> (person, method) of the links that last."""
    query = (
        select(account.c.name, account_link.c.person_id, account_link.c.method)
        .join(account, account.c.id == account_link.c.account_id)
        .where(account_link.c.unlinked_at.is_(None))
    )
    return {row.name: (row.person_id, row.method) for row in conn.execute(query)}


def reasons(conn: Connection) -> dict[int, str]:
    """Account -> why it waits."""
    rows = conn.execute(select(account_conflict.c.account_id, account_conflict.c.reason))
    return {row.account_id: row.reason for row in rows}


def marked(conn: Connection) -> set[int]:
    """Whose progress is to be computed anew; the marks are taken."""
    return set(conn.execute(delete(stale_person).returning(stale_person.c.person_id)).scalars())
