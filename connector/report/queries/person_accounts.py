"""One person's accounts, and who was merged with them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from connector.report.errors import NamesHidden, NotFound
from connector.report.queries.found_people import PersonShown, read_persons
from connector.report.queries.platforms import platform_names
from lrs.clock import from_micros, from_micros_or_none
from mappings.people import Scope
from mappings.tables import account, account_link, person, person_merge


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """An account that is this person's, and how that was found: id_hmac, email, username or decision."""

    id: int
    platform_name: str | None
    home_page: str
    name: str
    display_name: str
    method: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class AccountLink:
    """Whose an account was from when until when; `person` None: out of the reader's scope."""

    person: PersonShown | None
    method: str
    linked_at: datetime
    unlinked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that holds; `source` was merged into `target`, None where they are out of the scope."""

    id: int
    source: PersonShown | None
    target: PersonShown | None
    reason: str
    merged_at: datetime


def read_accounts(conn: Connection, person_id: int) -> list[LinkedAccount]:
    """The accounts that are this person's now."""
    names = platform_names()
    rows = conn.execute(
        select(
            account.c.id,
            names.c.name.label("platform_name"),
            account.c.home_page,
            account.c.name,
            account.c.display_name,
            account_link.c.method,
            account_link.c.linked_at,
        )
        .select_from(account_link)
        .join(account, account.c.id == account_link.c.account_id)
        .outerjoin(names, names.c.home_page == account.c.home_page)
        .where(account_link.c.person_id == person_id, account_link.c.unlinked_at.is_(None))
        .order_by(account.c.home_page, account.c.name)
    )
    return [LinkedAccount(*row[:-1], from_micros(row.linked_at)) for row in rows]


def read_links(conn: Connection, scope: Scope, account_id: int) -> list[AccountLink]:
    """Whose an account is and was, the latest first."""
    rows = conn.execute(
        select(account_link)
        .where(account_link.c.account_id == account_id)
        .order_by(account_link.c.linked_at.desc(), account_link.c.id.desc())
    ).all()
    people = read_persons(conn, scope, {row.person_id for row in rows})
    return [
        AccountLink(
            people.get(row.person_id),
            row.method,
            from_micros(row.linked_at),
            from_micros_or_none(row.unlinked_at),
        )
        for row in rows
    ]


def read_person(conn: Connection, scope: Scope, uuid: str) -> PersonShown:
    """Somebody who works within the scope, or worked there last, merged away or not; else not found."""
    if not scope.names:
        raise NamesHidden
    found = conn.execute(select(person.c.id).where(person.c.uuid == uuid)).scalar()
    shown = read_persons(conn, scope, [found]) if found is not None else {}
    if not shown:
        raise NotFound("ไม่พบบุคคลนี้ในขอบเขตที่ท่านดูได้")
    return next(iter(shown.values()))


def read_merged_away(conn: Connection, scope: Scope, uuid: str) -> Merge | None:
    """The merge that this person is the source of, if they are merged away."""
    return next(iter(_merges(conn, scope, person.c.uuid == uuid)), None)


def read_merges_into(conn: Connection, scope: Scope, person_id: int) -> list[Merge]:
    """Who was merged into this person, the latest first."""
    return _merges(conn, scope, person_merge.c.into_id == person_id)


def _merges(conn: Connection, scope: Scope, which: ColumnElement[bool]) -> list[Merge]:
    rows = conn.execute(
        select(person_merge)
        .join(person, person.c.id == person_merge.c.from_id)
        .where(which, person_merge.c.undone_at.is_(None))
        .order_by(person_merge.c.id.desc())
    ).all()
    people = read_persons(conn, scope, {one for row in rows for one in (row.from_id, row.into_id)})
    return [
        Merge(
            row.id,
            people.get(row.from_id),
            people.get(row.into_id),
            row.reason,
            from_micros(row.recorded_at),
        )
        for row in rows
    ]
