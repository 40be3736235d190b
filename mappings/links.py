"""Accounts linked to persons by themselves: by the keyed hash of the national id, by e-mail, by username.

Never by a name. An account is linked where all that points at anybody points at one person; else people
decide (`mappings.link_decisions`), and until then the account stands in `account_conflict`. Links are dated
and never deleted, so that an old report can be made again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, delete, func, select, text

from lrs.bulk import bulk_insert
from lrs.clock import to_micros
from lrs.database import chunks
from mappings.claims import METHODS, Claim, Known, Link, read_known, twins_of
from mappings.days import bangkok_day
from mappings.tables import account, account_conflict, account_link, stale_account, stale_person

_LOCK = text("select pg_advisory_xact_lock(7420564)")
"""Whoever links waits for whoever does so already: two would link one account twice."""

_WINDOW = 20_000
"""Accounts compared at once, a range of them."""

_NAMED = 5_000
"""Accounts compared at once, where each is named: they are named several times in one query."""


class Reason(StrEnum):
    """Why people must decide on an account."""

    SAME_ID = "same_id"
    """Another account of the platform has the same national id and another name."""
    SEVERAL = "several"
    """What it shows points at several persons."""
    MOVED = "moved"
    """It was linked by itself, and what it shows now points at somebody else."""


def verdict(known: Known) -> Link | Reason | None:
    """What follows from what is known of an account: a new link, a conflict, or nothing.

    A person is meant where every method that points at anybody points at them, perhaps among others: an
    e-mail that two people share does not speak against the one whose national id it is.
    """
    meant = _meant(known.claims)
    if not known.claims or (known.link and known.link.method not in METHODS):
        return None
    if known.link:
        return None if known.link.person_id in meant else Reason.MOVED
    if known.disputed:
        return Reason.SAME_ID
    if len(meant) != 1:
        return Reason.SEVERAL
    return Link(meant.pop(), min((claim.method for claim in known.claims), key=METHODS.index))


def _meant(claims: Collection[Claim]) -> set[int]:
    by_method: dict[str, set[int]] = defaultdict(set)
    for claim in claims:
        by_method[claim.method].add(claim.person_id)
    return set.intersection(*by_method.values()) if by_method else set()


def link_accounts(conn: Connection, now: datetime, by: str) -> int:
    """Compare every account with what is known of people, as after a roster; how many were linked."""
    wait_for_linkers(conn)
    conn.execute(delete(stale_account))
    return sum(_link(conn, scope, now, by) for scope in _windows(conn))


def link_touched(conn: Connection, now: datetime, by: str) -> int:
    """Compare the accounts that were new or changed since the last time, as after a sync; how many were
    linked."""
    wait_for_linkers(conn)
    taken = conn.execute(delete(stale_account).returning(stale_account.c.account_id)).scalars().all()
    return compare_again(conn, taken, now, by)


def compare_again(conn: Connection, account_ids: Collection[int], now: datetime, by: str) -> int:
    """Compare these accounts; how many were linked.

    With them their twins and whatever is in conflict: what settles a conflict may be on either side of it.
    """
    touched = set(account_ids)
    if not touched:
        return 0
    for some in chunks(sorted(touched)):
        touched.update(row.twin_id for row in conn.execute(twins_of(account.c.id.in_(some))))
    touched.update(conn.execute(select(account_conflict.c.account_id)).scalars())
    return sum(_link(conn, account.c.id.in_(some), now, by) for some in chunks(sorted(touched), _NAMED))


def wait_for_linkers(conn: Connection) -> None:
    """Before links are read to be changed; SQLite has one writer anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK)


def _windows(conn: Connection) -> Iterator[ColumnElement[bool]]:
    last = conn.execute(select(func.max(account.c.id))).scalar() or 0
    for start in range(1, last + 1, _WINDOW):
        yield account.c.id.between(start, start + _WINDOW - 1)


def _link(conn: Connection, scope: ColumnElement[bool], now: datetime, by: str) -> int:
    known = read_known(conn, scope, bangkok_day(now))
    verdicts = {account_id: verdict(one) for account_id, one in known.items()}
    links = {account_id: one for account_id, one in sorted(verdicts.items()) if isinstance(one, Link)}
    add_links(conn, links, now, by)
    conflicts = {account_id: one for account_id, one in verdicts.items() if isinstance(one, Reason)}
    _keep_conflicts(conn, scope, conflicts, now)
    return len(links)


def add_links(conn: Connection, links: Mapping[int, Link], now: datetime, by: str) -> None:
    """Link accounts (by id) that are nobody's, and mark the persons."""
    at = to_micros(now)
    rows = [(account_id, *link, at, None, by) for account_id, link in links.items()]
    bulk_insert(conn, (account_link, rows), (stale_person, [(link.person_id,) for link in links.values()]))


def _keep_conflicts(
    conn: Connection, scope: ColumnElement[bool], found: Mapping[int, Reason], now: datetime
) -> None:
    """What stood there before keeps the moment when it was found."""
    held = {
        row.account_id: row.reason
        for row in conn.execute(
            select(account_conflict.c.account_id, account_conflict.c.reason)
            .join(account, account.c.id == account_conflict.c.account_id)
            .where(scope)
        )
    }
    _delete(conn, [account_id for account_id, reason in held.items() if found.get(account_id) != reason])
    new = [(account_id, str(reason), to_micros(now)) for account_id, reason in found.items()]
    bulk_insert(conn, (account_conflict, [row for row in new if held.get(row[0]) != row[1]]))


def _delete(conn: Connection, account_ids: Sequence[int]) -> None:
    for some in chunks(account_ids):
        conn.execute(delete(account_conflict).where(account_conflict.c.account_id.in_(some)))
