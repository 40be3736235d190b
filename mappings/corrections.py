"""Corrections of one person by hand: the name, the unit, the post, the end of service.

What is dated stays dated: a move or another post ends the membership the day before and begins a new one, so
reports of earlier days stay as they are. Names have no history. A later roster that says otherwise wins from
its own day on, and its report counts the person as changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, insert, select, update

from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day, day_before
from mappings.errors import DecisionError
from mappings.group_assignments import ASSIGNMENT, ROSTER, Wanted
from mappings.remembered import change
from mappings.stale import mark_persons
from mappings.tables import group_assignment, membership, person
from mappings.thai_text import sort_key


@dataclass(frozen=True, slots=True)
class Correction:
    """Why, when and by whom: `day` is the first on which it holds (of an end of service: the last served)."""

    reason: str
    day: date
    now: datetime
    by: str

    def recorded(self) -> dict[str, object]:
        """What rows keep of it."""
        return {"recorded_at": to_micros(self.now), "recorded_by": self.by}


def correct_name(
    conn: Connection, uuid: str, prefix: str, given_name: str, family_name: str, why: Correction
) -> None:
    """Give a person another name, at once and for all days. Raises DecisionError."""
    one = _person(conn, uuid)
    name = {"prefix_th": prefix, "given_name": given_name, "family_name": family_name}
    _refuse_unchanged({**one._mapping}, name)
    values = {**name, "sort_key": sort_key(given_name, family_name), **why.recorded()}
    conn.execute(update(person).where(person.c.id == one.id).values(**values))
    _note(conn, one, "correct name", why)


def move(conn: Connection, uuid: str, unit_id: int, why: Correction) -> None:
    """Let a person work in another unit from a day on, in the same post; whoever had left comes back.

    Raises DecisionError.
    """
    _change_membership(conn, uuid, {"unit_id": unit_id}, "move", why)


def change_post(
    conn: Connection, uuid: str, position: str, rank: str, line: str, wanted: Wanted, why: Correction
) -> None:
    """Give a person another post from a day on; the group follows it, unless a roster or somebody gave one.

    `wanted` as in `mappings.group_assignments`. Raises DecisionError.
    """
    post = {"position_th": position, "rank_th": rank, "line": line}
    one = _change_membership(conn, uuid, post, "change post", why)
    _follow(conn, one.id, wanted(line, position), why)


def retire(conn: Connection, uuid: str, why: Correction) -> None:
    """Let a person's posts and groups end with a day. Raises DecisionError."""
    one = _person(conn, uuid)
    held = _open(conn, membership, one.id)
    if held is None:
        raise DecisionError("not_current", "the person has left already")
    _refuse_day(held, why)
    for table in (membership, group_assignment):
        lasts = and_(table.c.person_id == one.id, table.c.valid_to.is_(None))
        change(conn, table, lasts, {"valid_to": why.day}, why.now, why.by)
    _note(conn, one, "retire", why)


def _person(conn: Connection, uuid: str) -> Row[Any]:
    row = conn.execute(select(person).where(person.c.uuid == uuid, person.c.erased_at.is_(None))).first()
    if row is None:
        raise DecisionError("no_person", "no person has this id, or the person was erased")
    return row


def _open(conn: Connection, table: Table, person_id: int) -> Row[Any] | None:
    """The row that lasts; of several, the one recorded last."""
    lasts = select(table).where(table.c.person_id == person_id, table.c.valid_to.is_(None))
    return conn.execute(lasts.order_by(table.c.id.desc()).limit(1)).first()


def _change_membership(
    conn: Connection, uuid: str, wanted: Mapping[str, Any], action: str, why: Correction
) -> Row[Any]:
    one = _person(conn, uuid)
    held = _open(conn, membership, one.id)
    if held is None and "unit_id" not in wanted:
        raise DecisionError("not_current", "the person has left: move them to a unit first")
    _refuse_day(held or _last(conn, one.id), why, back=held is None)
    if held is not None:
        _refuse_unchanged({**held._mapping}, wanted)
    now = {"unit_id": None, "position_th": "", "rank_th": "", "line": ""}
    post = {name: getattr(held, name) if held is not None else empty for name, empty in now.items()}
    _replace(conn, membership, held, {"person_id": one.id, **post, **wanted}, why)
    _note(conn, one, action, why)
    return one


def _last(conn: Connection, person_id: int) -> Row[Any] | None:
    of_theirs = select(membership).where(membership.c.person_id == person_id)
    return conn.execute(of_theirs.order_by(membership.c.valid_to.desc()).limit(1)).first()


def _follow(conn: Connection, person_id: int, wanted: tuple[str | None, str] | None, why: Correction) -> None:
    g = group_assignment.c
    lasts = (g.person_id == person_id, g.valid_to.is_(None), g.basis != ASSIGNMENT)
    held = conn.execute(select(group_assignment).where(*lasts)).first()
    if held is not None and (held.basis == ROSTER or (held.group_code, held.basis) == wanted):
        return
    group = None if wanted is None else {"group_code": wanted[0], "basis": wanted[1]}
    _replace(conn, group_assignment, held, group and {"person_id": person_id, **group}, why)


def _replace(
    conn: Connection, table: Table, held: Row[Any] | None, values: dict[str, Any] | None, why: Correction
) -> None:
    """A row that began on the same day ends before it began: it was never in force, and stays on record."""
    if held is not None:
        change(conn, table, table.c.id == held.id, {"valid_to": day_before(why.day)}, why.now, why.by)
    if values is not None:
        conn.execute(insert(table).values(**values, valid_from=why.day, **why.recorded()))


def _refuse_day(held: Row[Any] | None, why: Correction, *, back: bool = False) -> None:
    """Days to come are a roster's to bring; days before the row at hand belong to earlier ones."""
    if why.day > bangkok_day(why.now):
        raise DecisionError("future", "the day is still to come")
    first = None if held is None else held.valid_to if back else held.valid_from
    if first is not None and (why.day < first or (back and why.day == first)):
        raise DecisionError("too_early", "the day lies before the post that it changes")


def _refuse_unchanged(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    if all(held[name] == value for name, value in wanted.items()):
        raise DecisionError("unchanged", "this is what is known already")


def _note(conn: Connection, one: Row[Any], action: str, why: Correction) -> None:
    log_changes(conn, [Change(action, "person", one.uuid, why.reason)], why.now, why.by)
    mark_persons(conn, [one.id])
