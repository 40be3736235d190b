"""Accounts seen on platforms, and whose they are.

An account is linked to a person by the keyed hash of a national id, or by a coordinator's decision;
never by a name. Links are dated and never deleted, so that an old report can be made again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Exists,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from lrs.clock import to_micros
from mappings.national_ids import IdHash, rekey
from mappings.tables import account, account_link, person, stale_person
from mappings.thai_text import normalise

_CHUNK = 500
"""Names in one IN-list: every SQLite takes as many."""

_DAY = 86_400_000_000
"""Microseconds between two notes that an account was seen."""


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
        return {name: value for name, value in self._asdict().items() if name != "id_before"}


@dataclass(frozen=True, slots=True)
class AccountCounts:
    """Persons on the rosters, and accounts: `linked`, `not_linked` and `in_conflict` add up to all."""

    persons: int
    linked: int
    not_linked: int
    in_conflict: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Accounts of one home page that show one national id under different names.

    `accounts` holds (account id, account name, display name); `person_id` is whom the id belongs to.
    """

    home_page: str
    person_id: int | None
    accounts: tuple[tuple[int, str, str], ...]


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
    names = [seen.name for seen in chunk]
    ours = and_(account.c.home_page == home_page, account.c.name.in_(names))
    known = {row.name: row for row in conn.execute(select(account).where(ours))}
    new = [seen.row() | {"first_seen_at": at, "last_seen_at": at} for seen in chunk if seen.name not in known]
    changed = [
        _change(known[seen.name], seen) | {"last_seen_at": at}
        for seen in chunk
        if _differs(known.get(seen.name), seen)
    ]
    if any(row.last_seen_at <= at - _DAY for row in known.values()):
        long_ago = account.c.last_seen_at <= at - _DAY
        conn.execute(update(account).where(ours, long_ago).values(last_seen_at=at))
    if new:
        conn.execute(insert(account), new)
    if changed:
        by_id = update(account).where(account.c.id == bindparam("account_id"))
        conn.execute(by_id, changed)


def _differs(row: Row[Any] | None, seen: AccountSeen) -> bool:
    if row is None:
        return False
    return any(getattr(row, name) != value for name, value in _shown(row, seen).items())


def _change(row: Row[Any], seen: AccountSeen) -> dict[str, object]:
    return {"account_id": row.id, **_shown(row, seen)}


def _shown(row: Row[Any], seen: AccountSeen) -> dict[str, str | None]:
    return {
        "display_name": seen.display_name or row.display_name,
        "id_hmac": seen.id_hmac or row.id_hmac,
        "id_key": seen.id_key if seen.id_hmac else row.id_key,
        "email": seen.email or row.email,
        "username": seen.username or row.username,
    }


def link_accounts(conn: Connection, now: datetime, by: str) -> int:
    """Link every account to the person with the same national id; how many were linked.

    Left alone: linked accounts, a pair that a coordinator has parted, and accounts that share an id
    under different names on one home page: which of them is the person, only people can say.
    """
    parted = exists().where(
        account_link.c.account_id == account.c.id, account_link.c.person_id == person.c.id
    )
    pairs = conn.execute(
        select(account.c.id, account.c.home_page, account.c.id_hmac, person.c.id.label("person_id"))
        .join(person, person.c.id_hmac == account.c.id_hmac)
        .where(~_linked(), ~parted)
        .order_by(account.c.id)
    ).all()
    disputed = _disputed(conn) if pairs else {}
    free = [pair for pair in pairs if (pair.home_page, pair.id_hmac) not in disputed]
    if not free:
        return 0
    at = to_micros(now)
    conn.execute(
        insert(account_link),
        [
            {
                "account_id": pair.id,
                "person_id": pair.person_id,
                "method": "id_hmac",
                "linked_at": at,
                "recorded_by": by,
            }
            for pair in free
        ],
    )
    conn.execute(insert(stale_person), [{"person_id": pair.person_id} for pair in free])
    return len(free)


def account_counts(conn: Connection) -> AccountCounts:
    """How many persons there are, and how many accounts are linked, not linked, in conflict."""
    persons = conn.execute(select(func.count()).select_from(person)).scalar_one()
    linked = conn.execute(select(func.count()).select_from(account).where(_linked())).scalar_one()
    accounts = conn.execute(select(func.count()).select_from(account)).scalar_one()
    in_conflict = sum(not row.linked for group in _undecided(conn).values() for row in group)
    return AccountCounts(persons, linked, accounts - linked - in_conflict, in_conflict)


def conflicts(conn: Connection) -> list[Conflict]:
    """The conflicts that wait for a coordinator, in the order of their home page and first account."""
    persons = {row.id_hmac: row.id for row in conn.execute(_persons_in_dispute())}
    found = [
        Conflict(
            home_page, persons.get(id_hmac), tuple((row.id, row.name, row.display_name) for row in group)
        )
        for (home_page, id_hmac), group in _undecided(conn).items()
    ]
    return sorted(found, key=lambda conflict: (conflict.home_page, conflict.accounts[0][0]))


def _linked() -> Exists:
    return exists().where(account_link.c.account_id == account.c.id, account_link.c.unlinked_at.is_(None))


def _shared_ids() -> Subquery:
    return (
        select(account.c.home_page, account.c.id_hmac)
        .where(account.c.id_hmac.is_not(None))
        .group_by(account.c.home_page, account.c.id_hmac)
        .having(func.count() > 1)
        .subquery()
    )


def _persons_in_dispute() -> Select[Any]:
    shared = _shared_ids()
    return select(person.c.id, person.c.id_hmac).join(shared, shared.c.id_hmac == person.c.id_hmac)


def _disputed(conn: Connection) -> dict[tuple[str, str], list[Row[Any]]]:
    """(home page, id_hmac) -> its accounts, where their names differ."""
    shared = _shared_ids()
    of_account = account_link.c.account_id == account.c.id
    rows = conn.execute(
        select(account.c.id, account.c.home_page, account.c.name, account.c.display_name, account.c.id_hmac)
        .add_columns(
            _linked().label("linked"),
            exists().where(of_account, account_link.c.method == "decision").label("decided"),
        )
        .join(shared, and_(shared.c.home_page == account.c.home_page, shared.c.id_hmac == account.c.id_hmac))
        .order_by(account.c.id)
    )
    found: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.home_page, row.id_hmac].append(row)
    return {
        key: group for key, group in found.items() if len({normalise(row.display_name) for row in group}) > 1
    }


def _undecided(conn: Connection) -> dict[tuple[str, str], list[Row[Any]]]:
    return {key: group for key, group in _disputed(conn).items() if not any(row.decided for row in group)}
