"""Accounts that are nobody's yet: those in conflict side by side, and those that nothing links."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, exists, select

from connector.report.errors import NamesHidden
from connector.report.queries.basis import valid_on
from connector.report.queries.people import full_name
from connector.report.queries.platforms import platform_names
from lrs.clock import from_micros
from mappings.people import AccountCounts, Conflict, Scope, account_counts, conflicts
from mappings.tables import account, account_link, membership, person, unit_path

# A page of more is read by nobody; the number says how many there are.
MOST_UNLINKED = 200


@dataclass(frozen=True, slots=True)
class ConflictShown:
    """Accounts with one national id and different names; `person` is whose id it is, if in scope."""

    platform_name: str
    person: str | None
    person_uuid: str | None
    accounts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Unlinked:
    """An account that no person's national id matches."""

    platform_name: str
    name: str
    display_name: str
    has_national_id: bool
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everything the accounts page shows; `accounts` of a conflict are (account name, display name)."""

    counts: AccountCounts
    conflicts: tuple[ConflictShown, ...]
    unlinked: tuple[Unlinked, ...]


def read_accounts_page(conn: Connection, scope: Scope, day: date) -> Accounts:
    """Conflicts, and the first unlinked accounts by platform and name."""
    if not scope.names:
        raise NamesHidden
    found = conflicts(conn)
    names = platform_names()
    platforms = {row.home_page: row.name for row in conn.execute(select(names))}
    people = _people(conn, scope, day, [one.person_id for one in found if one.person_id is not None])
    in_conflict = {account_id for one in found for account_id, _, _ in one.accounts}
    return Accounts(
        counts=account_counts(conn),
        conflicts=tuple(_conflict(one, platforms, people) for one in found),
        unlinked=tuple(_unlinked(conn, platforms, in_conflict)),
    )


def _conflict(one: Conflict, platforms: dict[str, str], people: dict[int, tuple[str, str]]) -> ConflictShown:
    name, uuid = people.get(one.person_id or 0, (None, None))
    return ConflictShown(
        platform_name=platforms.get(one.home_page, one.home_page),
        person=name,
        person_uuid=uuid,
        accounts=tuple((account_name, display_name) for _, account_name, display_name in one.accounts),
    )


def _people(conn: Connection, scope: Scope, day: date, ids: list[int]) -> dict[int, tuple[str, str]]:
    """person id -> (name, uuid), of those within the scope only."""
    within = exists().where(
        membership.c.person_id == person.c.id,
        valid_on(membership, day),
        unit_path.c.unit_id == membership.c.unit_id,
        unit_path.c.ancestor_id == scope.unit_id,
    )
    rows = conn.execute(select(person).where(person.c.id.in_(ids), within))
    return {row.id: (full_name(row.prefix_th, row.given_name, row.family_name), row.uuid) for row in rows}


def _unlinked(conn: Connection, platforms: dict[str, str], in_conflict: set[int]) -> list[Unlinked]:
    linked = exists().where(account_link.c.account_id == account.c.id, account_link.c.unlinked_at.is_(None))
    rows = conn.execute(
        select(account)
        .where(~linked)
        .order_by(account.c.home_page, account.c.name)
        .limit(MOST_UNLINKED + len(in_conflict))
    )
    return [
        Unlinked(
            platform_name=platforms.get(row.home_page, row.home_page),
            name=row.name,
            display_name=row.display_name,
            has_national_id=row.id_hmac is not None,
            last_seen_at=from_micros(row.last_seen_at),
        )
        for row in rows
        if row.id not in in_conflict
    ][:MOST_UNLINKED]
