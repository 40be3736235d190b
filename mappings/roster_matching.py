"""Which unit and which person each staged row means, and which rows cannot be taken; set by set, in SQL.

A person is known again by the keyed hash of the national id, else by the roster's own id, else by e-mail,
else by the same name in the same unit.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    update,
)

from lrs.bulk import bulk_insert
from mappings.tables import (
    identifier,
    membership,
    person,
    person_merge,
    staged_person,
    staged_unit,
    staged_username,
    unit_path,
)
from mappings.unit_codes import units_by_code
from mappings.unit_names import name_key, units_by_name

s = staged_person.c
BY_NAME = "by name"
"""In `changes` while rows are matched: nothing but the name says who it is."""


def match(conn: Connection, import_id: int, day: date, within: int | None = None) -> None:
    """Find the units and persons of a file's rows; rows that cannot be taken get a fault, of units and people
    outside of the unit `within` too."""
    ours = s.import_id == import_id
    _find_units(conn, import_id, day)
    _find_persons(conn, ours)
    _find_by_name(conn, import_id, ours)
    _follow_merges(conn, ours)
    for fault, rows in _faulty(import_id, day, within):
        conn.execute(update(staged_person).where(ours, s.fault.is_(None), rows).values(fault=fault))


def _find_units(conn: Connection, import_id: int, day: date) -> None:
    conn.execute(delete(staged_unit).where(staged_unit.c.import_id == import_id))
    said = conn.execute(select(s.unit_code).where(s.import_id == import_id).distinct()).scalars()
    codes, names = units_by_code(conn, day), units_by_name(conn, day)
    found = ((text, codes.get(text) or names.get(name_key(text))) for text in said)
    rows = [(import_id, text, unit_id) for text, unit_id in found if unit_id is not None]
    bulk_insert(conn, (staged_unit, rows))
    for table in (staged_unit, staged_person, staged_username):
        # Just filled: the planner takes them for empty.
        conn.execute(text(f"analyze {table.name}"))


def _find_persons(conn: Connection, ours: ColumnElement[bool]) -> None:
    u = staged_unit.c
    unit_id = select(u.unit_id).where(u.import_id == s.import_id, u.unit_code == s.unit_code)
    by_hash = select(person.c.id).where(person.c.id_hmac == s.id_hmac)
    found = func.coalesce(
        by_hash.scalar_subquery(),
        _holder("roster", s.roster_id).scalar_subquery(),
        _holder("email", s.email).scalar_subquery(),
    )
    erased = case((s.fault == "erased", s.fault))
    values = {"unit_id": unit_id.scalar_subquery(), "person_id": found, "fault": erased, "changes": None}
    conn.execute(update(staged_person).where(ours).values(values))


def _holder(kind: str, value: ColumnElement[str]) -> Select[Any]:
    """Whose identifier it is."""
    i = identifier.c
    return select(func.min(i.person_id)).where(
        value != "", i.kind == kind, i.value == value, i.ended_at.is_(None)
    )


def _find_by_name(conn: Connection, import_id: int, ours: ColumnElement[bool]) -> None:
    named, left = _of_the_name(), (ours, s.person_id.is_(None), s.unit_id.is_not(None))
    number = named.with_only_columns(func.count()).scalar_subquery()
    only = named.with_only_columns(func.min(person.c.id)).scalar_subquery()
    conn.execute(
        update(staged_person)
        .where(*left, named.exists())
        .values(
            person_id=case((number == 1, only)),
            fault=func.coalesce(s.fault, case((number > 1, "namesakes"))),
            changes=BY_NAME,
        )
    )
    t = staged_person.alias("claimed")
    surer = (
        select(t.c.person_id)
        .where(t.c.import_id == import_id, t.c.person_id.is_not(None))
        .group_by(t.c.person_id)
        .having(func.count() > 1, func.count(t.c.changes) < func.count())
    )
    # Somebody else's row says for sure that it is them.
    conn.execute(
        update(staged_person).where(ours, s.changes == BY_NAME, s.person_id.in_(surer)).values(person_id=None)
    )


def _of_the_name() -> Select[Any]:
    """The persons of the row's unit who have its name, and of whom no id is known that differs."""
    m, i = membership.c, identifier.c
    other_id = select(i.id).where(
        i.person_id == person.c.id,
        i.kind == "roster",
        i.ended_at.is_(None),
        s.roster_id != "",
        i.value != s.roster_id,
    )
    return (
        select(person.c.id)
        .join(membership, m.person_id == person.c.id)
        .where(
            person.c.sort_key == s.sort_key,
            person.c.erased_at.is_(None),
            or_(person.c.id_hmac.is_(None), s.id_hmac.is_(None)),
            m.unit_id == s.unit_id,
            m.valid_to.is_(None),
            ~other_id.correlate(person, staged_person).exists(),
        )
        .correlate(staged_person)
    )


def _follow_merges(conn: Connection, ours: ColumnElement[bool]) -> None:
    merge = person_merge.c
    into = select(func.min(merge.into_id)).where(merge.from_id == s.person_id, merge.undone_at.is_(None))
    gone = select(merge.from_id).where(merge.undone_at.is_(None))
    moved = update(staged_person).where(ours, s.person_id.in_(gone)).values(person_id=into.scalar_subquery())
    while conn.execute(moved).rowcount > 0:
        pass


def _faulty(import_id: int, day: date, within: int | None) -> Iterable[tuple[str, ColumnElement[bool]]]:
    """Faults and the rows that have them; the first that fits is told."""
    known = s.person_id.is_not(None)
    yield "unit", s.unit_id.is_(None)
    if within is not None:
        path = unit_path.alias("within")
        units = select(path.c.unit_id).where(path.c.ancestor_id == within)
        m = membership.alias("held").c
        held = select(m.id).where(m.person_id == s.person_id, m.valid_to.is_(None), m.unit_id.not_in(units))
        yield "other unit", s.unit_id.not_in(units)
        yield "other office", and_(known, held.exists())
    yield "future", s.valid_from > day
    yield "id twice", _repeats(import_id, s.id_hmac)
    yield "roster twice", _repeats(import_id, s.roster_id)
    yield "email twice", _repeats(import_id, s.email)
    yield "username twice", _repeated_username(import_id)
    yield "name twice", _unnamed_twin(import_id)
    yield "id differs", and_(known, _other_hash())
    yield "roster taken", and_(known, _taken("roster", s.roster_id))
    yield "email taken", and_(known, _taken("email", s.email))
    yield "username taken", _taken_username(import_id)
    yield "person twice", _repeats(import_id, s.person_id)


def _repeats(import_id: int, column: Column[Any]) -> ColumnElement[bool]:
    """Rows with a value that an earlier row has."""
    t = staged_person.alias("earlier")
    value = t.c[column.name]
    said = value.is_not(None) if value.type.python_type is int else func.length(value) > 0
    seen = (
        select(func.row_number().over(partition_by=value, order_by=t.c.row).label("nth"), t.c.row)
        .where(t.c.import_id == import_id, said)
        .subquery()
    )
    return s.row.in_(select(seen.c.row).where(seen.c.nth > 1))


def _repeated_username(import_id: int) -> ColumnElement[bool]:
    u = staged_username.c
    nth = func.row_number().over(partition_by=(u.home_page, u.value), order_by=u.row)
    seen = select(nth.label("nth"), u.row).where(u.import_id == import_id).subquery()
    return s.row.in_(select(seen.c.row).where(seen.c.nth > 1))


def _unnamed_twin(import_id: int) -> ColumnElement[bool]:
    """Rows without any id whose name another row of the unit has: one with an id, or an earlier one."""
    t = staged_person.alias("twin")
    known = or_(t.c.id_hmac.is_not(None), t.c.roster_id != "", t.c.email != "")
    first_known = case((known, 0), else_=1)
    nth = func.row_number().over(partition_by=(t.c.unit_id, t.c.sort_key), order_by=(first_known, t.c.row))
    seen = (
        select(nth.label("nth"), t.c.row, first_known.label("unknown"))
        .where(t.c.import_id == import_id, t.c.unit_id.is_not(None))
        .subquery()
    )
    return s.row.in_(select(seen.c.row).where(seen.c.nth > 1, seen.c.unknown == 1))


def _other_hash() -> ColumnElement[bool]:
    held = select(person.c.id).where(
        person.c.id == s.person_id, person.c.id_hmac.is_not(None), person.c.id_hmac != s.id_hmac
    )
    return and_(s.id_hmac.is_not(None), held.exists())


def _taken(kind: str, value: ColumnElement[str]) -> ColumnElement[bool]:
    i = identifier.c
    return and_(
        value != "",
        select(i.id)
        .where(i.kind == kind, i.value == value, i.ended_at.is_(None), i.person_id != s.person_id)
        .exists(),
    )


def _taken_username(import_id: int) -> ColumnElement[bool]:
    i, u = identifier.c, staged_username.c
    t = staged_person.alias("owner")
    rows = (
        select(u.row)
        .join(t, and_(t.c.import_id == u.import_id, t.c.row == u.row))
        .join(identifier, and_(i.kind == "username", i.value == u.value, i.home_page == u.home_page))
        .where(
            u.import_id == literal(import_id),
            i.ended_at.is_(None),
            i.person_id != func.coalesce(t.c.person_id, 0),
        )
    )
    return s.row.in_(rows)
