"""What every report stands on: its two times, the unit asked about, and the framework in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, exists, func, select

from connector.access.viewer import current
from connector.report.asked_times import TODAY, AskedTimes
from connector.report.errors import NotFound, NoUnits
from connector.report.queries.heads import About, Category, Heads, Item, Unit
from connector.report.queries.moments import Moment, read_moment
from connector.report.words import said
from lrs.clock import from_micros, to_micros
from mappings.asked import Progress, people_of
from mappings.closings import latest_closing
from mappings.days import bangkok_day
from mappings.people import Scope
from mappings.tables import group_assignment, membership, person, unit, unit_path

__all__ = [
    "Basis",
    "Category",
    "Item",
    "Unit",
    "asked_basis",
    "narrowed",
    "read_basis",
    "read_times",
    "root_scope",
    "scope_of",
]


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
    return _times(read_moment(conn), now)


def _times(moment: Moment, now: datetime) -> tuple[date, datetime | None]:
    if moment.as_of is None or moment.known_at is None:
        return bangkok_day(now), None
    return moment.as_of, from_micros(moment.known_at)


def root_scope(conn: Connection) -> Scope:
    """What the viewer may see: their unit, or the whole organisation; the latter with names where there are
    no users."""
    return scope_of(read_moment(conn))


def scope_of(moment: Moment) -> Scope:
    """The same, of a moment that was read already."""
    viewer = current()
    if viewer is not None and viewer.unit_id is not None:
        return Scope(viewer.unit_id, viewer.sees_names)
    if moment.root is None:
        raise NoUnits
    return Scope(unit_id=moment.root, names=viewer is None or viewer.sees_names)


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
    moment: Moment | None = None,
    heads: Heads | None = None,
) -> Basis:
    """Reads what a report prints at its head. `top` limits the units above that are named; `times`: asked by
    the reader. `uuid`: the report is about this person alone, who is shown as they are known this moment.

    `moment`: where it was read already. `heads` remember what they read for later reports.
    """
    moment = moment or read_moment(conn)
    kept_day, kept_at = _times(moment, now)
    known_at = times.known_at or _closed_at(conn, times, uuid) or _newest(conn, uuid, kept_at)
    as_of = times.as_of or kept_day
    if known_at is None and times.as_of:
        known_at = now
    known = None if known_at is None else to_micros(known_at)
    about = About(scope.unit_id, (top or scope).unit_id, as_of, known)
    head = (heads or Heads()).read(conn, about, moment.mark)
    people = None if (as_of, known_at) == (kept_day, kept_at) else _concerned(scope, uuid)
    return Basis(
        scope=scope,
        unit=head.units[-1],
        parents=head.units[:-1],
        as_of=as_of,
        known_at=known_at,
        framework_id=head.framework_id,
        framework_title=said(head.title_th, head.title_en),
        document_no=head.document_no,
        items=head.items,
        categories=head.categories,
        required=head.required,
        progress=Progress(conn=conn, as_of=as_of, known_at=known or 0, people=people),
        asked=times.as_query(),
    )


def asked_basis(
    conn: Connection,
    moment: Moment,
    now: datetime,
    times: AskedTimes,
    unit_uid: str,
    uuid: str | None = None,
    heads: Heads | None = None,
) -> Basis:
    """That of a page: of a unit within what the viewer may see, "" all of it. Raises NotFound."""
    top = scope_of(moment)
    scope = narrowed(conn, top, unit_uid)
    return read_basis(conn, scope, now, top=top, times=times, uuid=uuid, moment=moment, heads=heads)


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
