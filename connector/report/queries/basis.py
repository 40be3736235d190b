"""What every report stands on: its two times, the unit asked about, and the framework in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, exists, func, select

from connector.access.viewer import current
from connector.report.asked_times import TODAY, AskedTimes
from connector.report.errors import NotFound, NoUnits
from connector.report.words import said
from lrs.clock import from_micros, to_micros
from mappings.asked import Progress, people_of
from mappings.closings import latest_closing
from mappings.counted import places_on
from mappings.days import bangkok_day
from mappings.framework_terms import framework_on
from mappings.people import Scope
from mappings.requirements import read_required
from mappings.tables import (
    competency,
    framework,
    group_assignment,
    learning_category,
    membership,
    person,
    refresh_state,
    unit,
    unit_path,
)


@dataclass(frozen=True, slots=True)
class Unit:
    """An office, a bureau or a school."""

    id: int
    uid: str
    kind: str
    name_th: str


@dataclass(frozen=True, slots=True)
class Item:
    """One of the framework's competencies; `name_th` is verbatim."""

    id: int
    code: str
    name_th: str
    name_en: str

    @property
    def name(self) -> str:
        """The name in the language of who reads, where the framework has it."""
        return said(self.name_th, self.name_en)


@dataclass(frozen=True, slots=True)
class Category:
    """One part of 70:20:10 with its target share in per cent."""

    id: int
    code: str
    weight: int
    description_th: str


@dataclass(frozen=True, slots=True)
class Basis:
    """`known_at` is None until progress was computed once. `required`: group -> ids of items.

    `asked`: what the reader asked of the two times, as it stands in the address; empty: nothing.
    """

    scope: Scope
    unit: Unit
    parents: tuple[Unit, ...]
    as_of: date
    known_at: datetime | None
    framework_id: int | None
    framework_title: str
    document_no: str
    items: tuple[Item, ...]
    categories: tuple[Category, ...]
    required: Mapping[str, frozenset[int]]
    progress: Progress
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> int | None:
        """`known_at` in microseconds; None: all that is known now."""
        return None if self.known_at is None else to_micros(self.known_at)

    @property
    def states(self) -> FromClause:
        """The columns of competency_state at the two times, of the people of the unit."""
        return self.progress.states

    @property
    def events(self) -> FromClause:
        """The columns of learning_event at the two times, of the people of the unit."""
        return self.progress.events

    def required_of(self, group: str | None) -> frozenset[int]:
        """The items asked of a group; none where the framework names it not."""
        return self.required.get(group or "", frozenset())


def read_times(conn: Connection, now: datetime) -> tuple[date, datetime | None]:
    """The two times of the last computation; before the first one, today and None."""
    row = conn.execute(select(refresh_state.c.as_of_day, refresh_state.c.known_at)).first()
    return (bangkok_day(now), None) if row is None else (row.as_of_day, from_micros(row.known_at))


def root_scope(conn: Connection) -> Scope:
    """What the viewer may see: their unit, or the whole organisation; the latter with names where there are
    no users."""
    viewer = current()
    if viewer is not None and viewer.unit_id is not None:
        return Scope(viewer.unit_id, viewer.sees_names)
    root = conn.execute(
        select(unit.c.id).where(unit.c.parent_id.is_(None)).order_by(unit.c.id).limit(1)
    ).scalar()
    if root is None:
        raise NoUnits
    return Scope(unit_id=root, names=viewer is None or viewer.sees_names)


def narrowed(conn: Connection, scope: Scope, uid: str | None) -> Scope:
    """The same scope at a unit within it; a unit outside is not found."""
    if not uid:
        return scope
    if "\0" in uid:
        # PostgreSQL takes no such text.
        raise NotFound("ไม่พบหน่วยงานนี้ในขอบเขตที่ท่านดูได้")
    found = conn.execute(
        select(unit.c.id).where(unit.c.uid == uid, _within(unit.c.id, scope.unit_id))
    ).scalar()
    if found is None:
        raise NotFound("ไม่พบหน่วยงานนี้ในขอบเขตที่ท่านดูได้")
    return Scope(unit_id=found, names=scope.names)


def _within(unit_id: ColumnElement[int], ancestor: int) -> ColumnElement[bool]:
    # An alias: the SELECT around it may read unit_path too.
    path = unit_path.alias("within")
    return exists().where(path.c.ancestor_id == ancestor, path.c.unit_id == unit_id)


def read_basis(
    conn: Connection,
    scope: Scope,
    now: datetime,
    *,
    top: Scope | None = None,
    times: AskedTimes = TODAY,
    uuid: str | None = None,
) -> Basis:
    """Reads what a report prints at its head. `top` limits the units above that are named; `times`: asked by
    the reader. `uuid`: the report is about this person alone, who is shown as they are known this moment.
    """
    kept_day, kept_at = read_times(conn, now)
    known_at = times.known_at or _closed_at(conn, times, uuid) or _newest(conn, uuid, kept_at)
    as_of = times.as_of or kept_day
    if known_at is None and times.as_of:
        known_at = now
    known = None if known_at is None else to_micros(known_at)
    above = _line_of(conn, scope, top or scope, as_of, known)
    framework_id = framework_on(conn, as_of, known)
    f = framework.c
    current = conn.execute(select(f.title_th, f.title_en, f.document_no).where(f.id == framework_id)).first()
    return Basis(
        scope=scope,
        unit=above[-1],
        parents=above[:-1],
        as_of=as_of,
        known_at=known_at,
        framework_id=framework_id,
        framework_title="" if current is None else said(current.title_th, current.title_en),
        document_no="" if current is None else current.document_no,
        items=_items(conn, framework_id),
        categories=_categories(conn, framework_id),
        required=read_required(conn, framework_id),
        progress=Progress(
            conn=conn,
            as_of=as_of,
            known_at=known or 0,
            people=None if (as_of, known_at) == (kept_day, kept_at) else _concerned(scope, uuid),
        ),
        asked=times.as_query(),
    )


def _closed_at(conn: Connection, times: AskedTimes, uuid: str | None) -> datetime | None:
    """Of a month-end without another word, what was known when it was last closed."""
    if times.as_of is None or uuid is not None:
        return None
    closing = latest_closing(conn, times.as_of)
    return None if closing is None else closing[1]


def _newest(conn: Connection, uuid: str | None, kept_at: datetime | None) -> datetime | None:
    """The moment of the last computation, or that of a later change of the person's posts and groups."""
    if uuid is None or kept_at is None:
        return kept_at
    newest = [kept_at]
    for table in (membership, group_assignment):
        theirs = select(func.max(table.c.recorded_at)).join(person, person.c.id == table.c.person_id)
        at = conn.execute(theirs.where(person.c.uuid == uuid)).scalar_one()
        newest += [from_micros(at)] if at is not None else []
    return max(newest)


def _concerned(scope: Scope, uuid: str | None) -> Select[Any]:
    if uuid is None:
        return people_of(scope.unit_id)
    return select(person.c.id.label("person_id")).where(person.c.uuid == uuid)


def _line_of(conn: Connection, scope: Scope, top: Scope, day: date, known_at: int | None) -> tuple[Unit, ...]:
    """The units from `top` down to the one asked about; that one alone where it did not lie within `top`."""
    up, down = places_on(day, known_at), places_on(day, known_at)
    rows = conn.execute(
        select(unit.c.id, unit.c.uid, unit.c.kind, unit.c.name_th)
        .join(up, up.c.ancestor_id == unit.c.id)
        .join(down, (down.c.unit_id == unit.c.id) & (down.c.ancestor_id == top.unit_id))
        .where(up.c.unit_id == scope.unit_id)
        .order_by(up.c.depth.desc())
    ).all()
    if not rows:
        own = select(unit.c.id, unit.c.uid, unit.c.kind, unit.c.name_th).where(unit.c.id == scope.unit_id)
        rows = conn.execute(own).all()
    return tuple(Unit(*row) for row in rows)


def _items(conn: Connection, framework_id: int | None) -> tuple[Item, ...]:
    c = competency.c
    rows = conn.execute(
        select(c.id, c.code, c.name_th, c.name_en)
        .where(c.framework_id == framework_id)
        .order_by(c.position, c.code)
    )
    return tuple(Item(*row) for row in rows)


def _categories(conn: Connection, framework_id: int | None) -> tuple[Category, ...]:
    c = learning_category.c
    rows = conn.execute(
        select(c.id, c.code, c.weight, c.description_th)
        .where(c.framework_id == framework_id)
        .order_by(c.weight.desc(), c.code)
    )
    return tuple(Category(*row) for row in rows)
