"""Two persons who are one: merging them, and taking that back.

A merge is a kept row (docs/decisions/0011): the one merged away stays, without accounts and posts, and
`merged_row` remembers what was theirs, so that a split puts it back. Evidence is counted by links, which are
dated: a report of what was known before stays as it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, or_, select, update

from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.claims import Link
from mappings.days import bangkok_day, day_before
from mappings.errors import DecisionError
from mappings.link_decisions import end_links, open_link
from mappings.links import add_links, compare_again, wait_for_linkers
from mappings.remembered import change
from mappings.stale import mark_persons
from mappings.tables import (
    account_conflict,
    account_link,
    group_assignment,
    identifier,
    membership,
    merged_row,
    person,
    person_merge,
)

_DATED: dict[str, Table] = {"membership": membership, "group_assignment": group_assignment}
"""What a person has for a time, by the name that merged_row keeps."""


@dataclass(frozen=True, slots=True)
class _Merge:
    """What is being done: `at` the moment, by whom."""

    id: int
    from_id: int
    into_id: int
    at: datetime
    by: str


def merge(conn: Connection, from_id: int, into_id: int, reason: str, now: datetime, by: str) -> int:
    """Everything of `from_id` is `into_id`'s from now on; the merge's id.

    Posts and groups of the one merged away end the day before; where the other has none, they have these from
    today on. Raises DecisionError: one person, one who is merged away already or erased.
    """
    wait_for_linkers(conn)
    _check(conn, from_id, into_id)
    row = {"from_id": from_id, "into_id": into_id, "reason": reason}
    recorded = {"recorded_at": to_micros(now), "recorded_by": by}
    made = insert(person_merge).values(**row, **recorded).returning(person_merge.c.id)
    done = _Merge(conn.execute(made).scalar_one(), from_id, into_id, now, by)
    _move_links(conn, done)
    _move_identifiers(conn, done)
    for kind in _DATED:
        _hand_over(conn, done, kind)
    _finish(conn, done, "merge", reason)
    return done.id


def split(conn: Connection, merge_id: int, reason: str, now: datetime, by: str) -> None:
    """Put back what the merge moved and ended, but for accounts that somebody has since given to others.

    Raises DecisionError: it is undone already; or the other was merged away since, which is to be undone
    first.
    """
    wait_for_linkers(conn)
    row = conn.execute(select(person_merge).where(person_merge.c.id == merge_id)).first()
    if row is None or row.undone_at is not None:
        raise DecisionError("not_merged", f"merge {merge_id} is undone or never was")
    if _open_merge(conn, row.into_id) is not None:
        later = f"merge {merge_id}: undo the later merge of person {row.into_id} first"
        raise DecisionError("merged_on", later)
    done = _Merge(merge_id, row.from_id, row.into_id, now, by)
    _return_links(conn, done)
    _return_identifiers(conn, done)
    for kind in _DATED:
        _take_back(conn, done, kind)
    undone = {"undone_at": to_micros(now), "undone_by": by, "undone_reason": reason}
    conn.execute(update(person_merge).where(person_merge.c.id == merge_id).values(**undone))
    _finish(conn, done, "split", reason)


def _check(conn: Connection, from_id: int, into_id: int) -> None:
    if from_id == into_id:
        raise DecisionError("same", f"person {from_id} cannot be merged into themselves")
    for one in (from_id, into_id):
        if _open_merge(conn, one) is not None:
            raise DecisionError("merged_away", f"person {one} is merged into another already: merge that one")
        if conn.execute(select(person.c.erased_at).where(person.c.id == one)).scalar_one() is not None:
            raise DecisionError("erased", f"person {one} is erased")


def _open_merge(conn: Connection, from_id: int) -> Row[Any] | None:
    merged = (person_merge.c.from_id == from_id, person_merge.c.undone_at.is_(None))
    return conn.execute(select(person_merge).where(*merged)).first()


def _links_of(conn: Connection, person_id: int) -> list[Row[Any]]:
    lasts = (account_link.c.person_id == person_id, account_link.c.unlinked_at.is_(None))
    return list(conn.execute(select(account_link).where(*lasts).order_by(account_link.c.id)))


def _move_links(conn: Connection, done: _Merge) -> None:
    links = _links_of(conn, done.from_id)
    end_links(conn, links, done.at)
    add_links(conn, {one.account_id: Link(done.into_id, one.method) for one in links}, done.at, done.by)
    _remember(conn, done, "account_link", ((one.id, None) for one in links))


def _return_links(conn: Connection, done: _Merge) -> None:
    """By account: a later merge that was undone gave them back in other rows."""
    ids = _remembered(conn, done, "account_link")
    for one in conn.execute(select(account_link).where(account_link.c.id.in_(ids))).all():
        held = open_link(conn, one.account_id)
        if held is not None and held.person_id == done.into_id:
            end_links(conn, [held], done.at)
            add_links(conn, {one.account_id: Link(done.from_id, one.method)}, done.at, done.by)


def _move_identifiers(conn: Connection, done: _Merge) -> None:
    theirs = (identifier.c.person_id == done.from_id, identifier.c.ended_at.is_(None))
    ids = conn.execute(select(identifier.c.id).where(*theirs)).scalars().all()
    conn.execute(update(identifier).where(identifier.c.id.in_(ids)).values(person_id=done.into_id))
    _remember(conn, done, "identifier", ((one, None) for one in ids))


def _return_identifiers(conn: Connection, done: _Merge) -> None:
    moved = (
        identifier.c.id.in_(_remembered(conn, done, "identifier")),
        identifier.c.person_id == done.into_id,
    )
    conn.execute(update(identifier).where(*moved).values(person_id=done.from_id))


def _hand_over(conn: Connection, done: _Merge, kind: str) -> None:
    table, day = _DATED[kind], bangkok_day(done.at)
    rows = _lasting(conn, table, done.from_id, day)
    ids = [row.id for row in rows]
    change(conn, table, table.c.id.in_(ids), {"valid_to": day_before(day)}, done.at, done.by)
    _remember(conn, done, kind, ((row.id, row.valid_to) for row in rows))
    if not _lasting(conn, table, done.into_id, day):
        changed = {"person_id": done.into_id, "valid_from": day}
        changed |= {"recorded_at": to_micros(done.at), "recorded_by": done.by}
        for row in rows:
            values = {name: one for name, one in row._asdict().items() if name != "id"} | changed
            new = conn.execute(insert(table).values(**values).returning(table.c.id)).scalar_one()
            _remember(conn, done, kind, [(new, None)])


def _take_back(conn: Connection, done: _Merge, kind: str) -> None:
    """Rows of the one ended by the merge last as they did; those that the other had instead end."""
    table, day = _DATED[kind], bangkok_day(done.at)
    was = _remembered(conn, done, kind)
    for row in conn.execute(select(table).where(table.c.id.in_(was))).all():
        lasts = row.valid_to is None or row.valid_to >= day
        if row.person_id == done.from_id:
            change(conn, table, table.c.id == row.id, {"valid_to": was[row.id]}, done.at, done.by)
        elif lasts:
            change(conn, table, table.c.id == row.id, {"valid_to": day_before(day)}, done.at, done.by)


def _lasting(conn: Connection, table: Table, person_id: int, day: Any) -> list[Row[Any]]:
    lasts = or_(table.c.valid_to.is_(None), table.c.valid_to >= day)
    return list(conn.execute(select(table).where(table.c.person_id == person_id, lasts).order_by(table.c.id)))


def _remember(conn: Connection, done: _Merge, kind: str, rows: Iterable[tuple[int, Any]]) -> None:
    kept = [{"merge_id": done.id, "kind": kind, "row_id": of, "valid_to": to} for of, to in rows]
    if kept:
        conn.execute(insert(merged_row), kept)


def _remembered(conn: Connection, done: _Merge, kind: str) -> dict[int, Any]:
    """Row's id -> the last day that it had."""
    c = merged_row.c
    rows = conn.execute(select(c.row_id, c.valid_to).where(c.merge_id == done.id, c.kind == kind))
    return {row.row_id: row.valid_to for row in rows}


def _finish(conn: Connection, done: _Merge, action: str, reason: str) -> None:
    both = (done.from_id, done.into_id)
    mark_persons(conn, both)
    rows = conn.execute(select(person.c.id, person.c.uuid).where(person.c.id.in_(both)))
    uuids = {row.id: row.uuid for row in rows}
    detail = f"into {uuids[done.into_id]}: {reason}"
    log_changes(conn, [Change(action, "person", uuids[done.from_id], detail)], done.at, done.by)
    accounts = {one.account_id for of in both for one in _links_of(conn, of)}
    accounts.update(conn.execute(select(account_conflict.c.account_id)).scalars())
    compare_again(conn, accounts, done.at, done.by)
