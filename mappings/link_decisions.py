"""What somebody decides on an account: whose it is, whose it is not.

A decision goes before what links accounts by itself. Each marks the persons concerned, and nobody else, and
is logged with ids, never with names.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from lrs.bulk import upsert_ignore
from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.claims import Link, read_known
from mappings.days import bangkok_day
from mappings.errors import DecisionError
from mappings.links import add_links, compare_again, wait_for_linkers
from mappings.merged import merged_into
from mappings.own_accounts import METHOD as OWN
from mappings.stale import mark_persons
from mappings.tables import account, account_link, link_refusal, person

DECISION = "decision"
"""The method of links that somebody decided."""


def link(conn: Connection, account_id: int, person_id: int, now: datetime, by: str, reason: str = "") -> None:
    """The account is this person's from now on, whosever it was; what was refused before is forgotten.

    A person who was merged stands for whom they were merged into. Raises DecisionError: they are erased; or
    the account stands for a person of imported files.
    """
    wait_for_linkers(conn)
    person_id = merged_into(conn).get(person_id, person_id)
    if conn.execute(select(person.c.erased_at).where(person.c.id == person_id)).scalar_one() is not None:
        raise DecisionError("erased", f"person {person_id} is erased")
    held = open_link(conn, account_id)
    _must_be_of_a_platform(held)
    if held is None or held.person_id != person_id or held.method != DECISION:
        end_links(conn, [held] if held else [], now)
        pair = (link_refusal.c.account_id == account_id, link_refusal.c.person_id == person_id)
        conn.execute(delete(link_refusal).where(*pair))
        add_links(conn, {account_id: Link(person_id, DECISION)}, now, by)
        _log(conn, "link", account_id, [person_id], reason, now, by)
    compare_again(conn, [account_id], now, by)


def unlink(conn: Connection, account_id: int, now: datetime, by: str, reason: str) -> None:
    """The account is not this person's any more, and is not linked to them again by itself.

    Raises DecisionError: it is nobody's, or stands for a person of imported files.
    """
    wait_for_linkers(conn)
    held = open_link(conn, account_id)
    if held is None:
        raise DecisionError("not_linked", f"account {account_id} is nobody's")
    _must_be_of_a_platform(held)
    end_links(conn, [held], now)
    _refuse(conn, account_id, [held.person_id], now, by)
    _log(conn, "unlink", account_id, [held.person_id], reason, now, by)
    compare_again(conn, [account_id], now, by)


def refuse(
    conn: Connection, account_id: int, person_id: int, now: datetime, by: str, reason: str = ""
) -> None:
    """The account is not this person's: nothing links or proposes them again."""
    wait_for_linkers(conn)
    held = open_link(conn, account_id)
    if held is not None and held.person_id == person_id:
        raise DecisionError("linked", f"account {account_id} is this person's: unlink it")
    _refuse(conn, account_id, [person_id], now, by)
    _log(conn, "refuse", account_id, [person_id], reason, now, by)
    compare_again(conn, [account_id], now, by)


def keep(conn: Connection, account_id: int, now: datetime, by: str, reason: str = "") -> None:
    """In a conflict: the account stays whose it is, or nobody's, whatever else it points at now."""
    wait_for_linkers(conn)
    held = open_link(conn, account_id)
    known = read_known(conn, account.c.id == account_id, bangkok_day(now)).get(account_id)
    claimed = {claim.person_id for claim in known.claims} if known else set()
    others = sorted(claimed - {held.person_id} if held else claimed)
    _refuse(conn, account_id, others, now, by)
    _log(conn, "keep", account_id, others, reason, now, by)
    compare_again(conn, [account_id], now, by)


def leave_unlinked(conn: Connection, account_id: int, now: datetime, by: str, reason: str = "") -> None:
    """In a conflict: the account is nobody's of those it points at, nor whose it was."""
    if open_link(conn, account_id) is not None:
        keep(conn, account_id, now, by, reason)
        unlink(conn, account_id, now, by, reason)
    else:
        keep(conn, account_id, now, by, reason)


def _must_be_of_a_platform(held: Row[Any] | None) -> None:
    if held is not None and held.method == OWN:
        raise DecisionError(
            "own", f"account {held.account_id} stands for its person: withdraw the file instead"
        )


def open_link(conn: Connection, account_id: int) -> Row[Any] | None:
    """The account's link that lasts (a row of account_link), if it is somebody's."""
    lasts = (account_link.c.account_id == account_id, account_link.c.unlinked_at.is_(None))
    return conn.execute(select(account_link).where(*lasts)).first()


def end_links(conn: Connection, links: Iterable[Row[Any]], now: datetime) -> None:
    """End these links now, and mark whose they were."""
    ended = list(links)
    ids = [one.id for one in ended]
    conn.execute(update(account_link).where(account_link.c.id.in_(ids)).values(unlinked_at=to_micros(now)))
    mark_persons(conn, {one.person_id for one in ended})


def _refuse(conn: Connection, account_id: int, person_ids: Iterable[int], now: datetime, by: str) -> None:
    recorded = {"recorded_at": to_micros(now), "recorded_by": by}
    rows = [{"account_id": account_id, "person_id": one, **recorded} for one in person_ids]
    upsert_ignore(conn, link_refusal, rows)


def _log(
    conn: Connection,
    action: str,
    account_id: int,
    person_ids: Iterable[int],
    reason: str,
    now: datetime,
    by: str,
) -> None:
    uuids = conn.execute(select(person.c.uuid).where(person.c.id.in_(list(person_ids)))).scalars()
    detail = " ".join(["person", *sorted(uuids)]) + (f": {reason}" if reason else "")
    log_changes(conn, [Change(action, "account", str(account_id), detail)], now, by)
