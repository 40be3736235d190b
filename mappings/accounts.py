"""Accounts as platforms show them, and how many of them are whose.

What is new or changed is marked in `stale_account`: `mappings.links` compares it with what is known of
people.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    true,
    update,
)

from lrs.clock import to_micros
from lrs.tables import agent
from mappings.errors import DecisionError
from mappings.honorifics import name_key
from mappings.national_ids import IdHash, rekey
from mappings.tables import account, account_conflict, account_link, person, person_merge, stale_account

_CHUNK = 500
"""Names in one IN-list: every SQLite takes as many."""

_DAY = 86_400_000_000
"""Microseconds between two notes that an account was seen."""

_POINTS = ("id_hmac", "email", "username", "name_key")
"""What may point at a person."""


class AccountSeen(NamedTuple):
    """An account as a platform shows it; `id_hmac` None where no national id was seen, others empty.

    `id_key` and `id_before` as in `mappings.national_ids.IdHash`.
    """

    home_page: str
    name: str
    display_name: str
    id_hmac: str | None
    email: str = ""
    username: str = ""
    id_key: str | None = None
    id_before: str | None = None

    def national_id(self) -> IdHash | None:
        """What stands for the national id."""
        return IdHash(self.id_hmac, self.id_key, self.id_before) if self.id_hmac else None

    def row(self) -> dict[str, str | None]:
        """What the account's own record keeps."""
        kept = {name: value for name, value in self._asdict().items() if name != "id_before"}
        return kept | {"email": self.email.strip().lower(), "name_key": name_key(self.display_name)}


@dataclass(frozen=True, slots=True)
class AccountCounts:
    """Persons, without those merged into others, and accounts: `linked`, `not_linked` and `in_conflict` add
    up to all."""

    persons: int
    linked: int
    not_linked: int
    in_conflict: int


def observe_accounts(conn: Connection, learners: Iterable[AccountSeen], now: datetime) -> None:
    """Record that these accounts were seen: new ones are added, changed ones updated.

    What is no longer visible is kept: a platform hides what an account may not see. That an account was seen
    is written once a day: else every sync would write every row.
    """
    pages: dict[str, dict[str, AccountSeen]] = defaultdict(dict)
    for seen in learners:
        pages[seen.home_page][seen.name] = seen
    rekey(conn, (seen.national_id() for by_name in pages.values() for seen in by_name.values()))
    for home_page, by_name in pages.items():
        names = sorted(by_name)
        for start in range(0, len(names), _CHUNK):
            chunk = [by_name[name] for name in names[start : start + _CHUNK]]
            _observe_chunk(conn, home_page, chunk, to_micros(now))


def _observe_chunk(conn: Connection, home_page: str, chunk: Sequence[AccountSeen], at: int) -> None:
    ours = _named(home_page, [seen.name for seen in chunk])
    known = {row.name: row for row in conn.execute(select(account).where(ours))}
    new = [seen.row() | {"first_seen_at": at, "last_seen_at": at} for seen in chunk if seen.name not in known]
    changes = [_change(known[seen.name], seen) for seen in chunk if seen.name in known]
    changed = [change for change in changes if change.fields]
    if any(row.last_seen_at <= at - _DAY for row in known.values()):
        long_ago = account.c.last_seen_at <= at - _DAY
        conn.execute(update(account).where(ours, long_ago).values(last_seen_at=at))
    if changed:
        by_id = update(account).where(account.c.id == bindparam("account_id"))
        rows = [change.shown | {"account_id": change.id, "last_seen_at": at} for change in changed]
        conn.execute(by_id, rows)
    if new:
        conn.execute(insert(account), new)
    _mark(conn, _named(home_page, [str(row["name"]) for row in new]))
    _mark(conn, account.c.id.in_([change.id for change in changed if not change.fields.isdisjoint(_POINTS)]))


class _Change(NamedTuple):
    """What an account shows now, and the names of the fields in which that is not what is held."""

    id: int
    shown: dict[str, object]
    fields: frozenset[str]


def _change(row: Row[Any], seen: AccountSeen) -> _Change:
    new = seen.row()
    named = bool(seen.display_name)
    shown = {
        "display_name": seen.display_name if named else row.display_name,
        "name_key": new["name_key"] if named else row.name_key,
        "id_hmac": seen.id_hmac or row.id_hmac,
        "id_key": seen.id_key if seen.id_hmac else row.id_key,
        "email": new["email"] or row.email,
        "username": seen.username or row.username,
    }
    return _Change(row.id, shown, frozenset(name for name, one in shown.items() if getattr(row, name) != one))


def _mark(conn: Connection, which: ColumnElement[bool]) -> None:
    """Mark accounts to be compared with what is known of people."""
    conn.execute(insert(stale_account).from_select(["account_id"], select(account.c.id).where(which)))


def _named(home_page: str, names: Sequence[str]) -> ColumnElement[bool]:
    return and_(account.c.home_page == home_page, account.c.name.in_(names))


def account_of_actor(conn: Connection, agent_id: int, now: datetime) -> int:
    """The account that an actor of stored statements names; recorded, where no platform was seen to have it.

    Raises DecisionError for one that names none, as those known by an e-mail: they prove nothing anyway.
    """
    actor = conn.execute(
        select(agent.c.home_page, agent.c.account_name).where(agent.c.id == agent_id)
    ).first()
    if actor is None or actor.home_page is None:
        raise DecisionError("no_account", f"actor {agent_id} names no account")
    which = _named(actor.home_page, [actor.account_name])
    found: int | None = conn.execute(select(account.c.id).where(which)).scalar()
    if found is None:
        observe_accounts(conn, [AccountSeen(actor.home_page, actor.account_name, "", None)], now)
        found = conn.execute(select(account.c.id).where(which)).scalar_one()
    return found


def is_linked() -> Exists:
    """Of an account: it is somebody's now."""
    return exists().where(account_link.c.account_id == account.c.id, account_link.c.unlinked_at.is_(None))


def account_counts(
    conn: Connection, seen: ColumnElement[bool] | None = None, people: ColumnElement[bool] | None = None
) -> AccountCounts:
    """How many persons there are, and how many accounts are linked, not linked, in conflict; of the accounts
    and the persons that meet these conditions."""
    of_accounts, of_people = true() if seen is None else seen, true() if people is None else people
    merged = exists().where(person_merge.c.from_id == person.c.id, person_merge.c.undone_at.is_(None))
    waits = exists().where(account_conflict.c.account_id == account.c.id)
    every = select(func.count()).select_from(account).where(of_accounts)
    open_links = select(func.count()).where(account_link.c.unlinked_at.is_(None))
    persons, accounts, linked, in_conflict = (
        conn.execute(query).scalar_one()
        for query in (
            select(func.count()).select_from(person).where(~merged, of_people),
            every,
            open_links if seen is None else every.where(is_linked()),
            every.where(waits, ~is_linked()),
        )
    )
    return AccountCounts(persons, linked, accounts - linked - in_conflict, in_conflict)
