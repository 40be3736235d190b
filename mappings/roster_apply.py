"""A staged and checked roster takes hold: persons, posts, groups, identifiers; set by set, in SQL."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Dialect,
    FromClause,
    Select,
    Table,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from lrs.clock import to_micros
from mappings.days import day_before
from mappings.group_assignments import ASSIGNMENT
from mappings.remembered import change
from mappings.roster_changes import NEW, leaving, same_group, same_post, taken, wanted_group
from mappings.stale import mark_places
from mappings.tables import (
    change_log,
    group_assignment,
    identifier,
    membership,
    person,
    staged_person,
    staged_username,
)

s = staged_person.c


class Applying:
    """One file's rows taking hold on a day; `at` and `by` are recorded with every row that is written."""

    def __init__(self, conn: Connection, import_id: int, day: date, now: datetime, by: str) -> None:
        self._conn, self._import_id, self._day = conn, import_id, day
        self._now, self._at, self._by = now, to_micros(now), by
        self._new = and_(taken(import_id), s.changes == NEW)
        self._touched = and_(taken(import_id), s.changes != "")

    def people(self) -> None:
        """What the rows say of persons, posts, groups and identifiers.

        A post that began today and is replaced then ends before it began: it was never in force, and stays
        on record.
        """
        if self._conn.execute(select(s.row).where(self._touched).limit(1)).first() is None:
            return
        self._add_persons()
        self._change_persons()
        self._change_posts()
        self._change_groups()
        for kind, value in (("email", s.email), ("roster", s.roster_id)):
            self._change_identifiers(kind, staged_person, literal(""), value)
        u = staged_username.c
        beside = staged_person.join(staged_username, and_(u.import_id == s.import_id, u.row == s.row))
        self._change_identifiers("username", beside, u.home_page, u.value)
        self._log()
        mark_places(self._conn, select(s.person_id).where(self._touched))

    def departures(self) -> None:
        """Those whom a full list leaves out are gone since yesterday, and so are the groups of whoever is
        nowhere else."""
        gone = leaving(self._import_id).subquery("leaving")
        action = (literal("depart"), literal("person"), person.c.uuid, literal("membership"))
        ids = select(gone.c.person_id).distinct().subquery("people")
        self._write_log(select(*action).select_from(ids).join(person, person.c.id == ids.c.person_id))
        mark_places(self._conn, select(gone.c.person_id).distinct())
        last_day = day_before(self._day)
        m, g = membership.c, group_assignment.c
        elsewhere = membership.alias("elsewhere")
        if not self._end(membership, m.id.in_(select(gone.c.id)), last_day):
            return
        lasting = select(elsewhere.c.id).where(
            elsewhere.c.person_id == g.person_id, elsewhere.c.valid_to.is_(None)
        )
        ended = select(elsewhere.c.person_id).where(elsewhere.c.valid_to == last_day)
        nowhere = and_(g.valid_to.is_(None), g.person_id.in_(ended), ~lasting.exists())
        self._end(group_assignment, nowhere, last_day)

    def _end(self, table: Table, which: ColumnElement[bool], last_day: Any) -> int:
        return change(self._conn, table, which, {"valid_to": last_day}, self._now, self._by)

    def _recorded(self) -> tuple[ColumnElement[Any], ...]:
        return literal(self._at), literal(self._by)

    def _insert(self, table: Table, names: tuple[str, ...], rows: Select[Any]) -> None:
        self._conn.execute(insert(table).from_select([*names, "recorded_at", "recorded_by"], rows))

    def _add_persons(self) -> None:
        names = ("uuid", "prefix_th", "given_name", "family_name", "sort_key")
        ids = ("id_hmac", "id_key", "id_last4")
        columns = (s[name] for name in (*names, *ids))
        rows = select(*columns, *self._recorded()).where(self._new).order_by(s.row)
        self._insert(person, (*names, *ids), rows)
        own = select(person.c.id).where(person.c.uuid == s.uuid).scalar_subquery()
        self._conn.execute(update(staged_person).where(self._new).values(person_id=own))

    def _change_persons(self) -> None:
        p = person.c
        names = ("prefix_th", "given_name", "family_name", "sort_key")
        learnt = and_(p.id_hmac.is_(None), s.id_hmac.is_not(None))
        values: dict[str, Any] = {name: s[name] for name in names}
        values |= {name: func.coalesce(p[name], s[name]) for name in ("id_hmac", "id_key", "id_last4")}
        self._conn.execute(
            update(person)
            .where(p.id == s.person_id, self._touched, s.changes != NEW)
            .where(or_(learnt, *(p[name] != s[name] for name in names)))
            .values(**values, recorded_at=self._at, recorded_by=self._by)
        )

    def _first_day(self) -> ColumnElement[date]:
        return func.coalesce(s.valid_from, literal(self._day, Date))

    def _last_day(self) -> ColumnElement[date]:
        """The day before, of what the row replaces."""
        return _day_before(self._conn.dialect, self._first_day())

    def _change_posts(self) -> None:
        m = membership.c
        theirs = and_(m.person_id == s.person_id, m.valid_to.is_(None))
        self._end(membership, and_(theirs, self._touched, ~same_post()), self._last_day())
        names = ("person_id", "unit_id", "position_th", "rank_th", "line")
        rows = select(*(s[name] for name in names), self._first_day(), *self._recorded()).where(
            self._touched, ~select(m.id).where(theirs).exists()
        )
        self._insert(membership, (*names, "valid_from"), rows.order_by(s.row))

    def _change_groups(self) -> None:
        g = group_assignment.c
        group, basis = wanted_group()
        theirs = and_(g.person_id == s.person_id, g.valid_to.is_(None), g.basis != ASSIGNMENT)
        other = or_(basis.is_(None), ~same_group())
        self._end(group_assignment, and_(theirs, self._touched, other), self._last_day())
        rows = select(s.person_id, group, basis, self._first_day(), *self._recorded()).where(
            self._touched, basis.is_not(None), ~select(g.id).where(theirs).exists()
        )
        self._insert(
            group_assignment, ("person_id", "group_code", "basis", "valid_from"), rows.order_by(s.row)
        )

    def _change_identifiers(
        self, kind: str, source: FromClause, home_page: ColumnElement[str], value: ColumnElement[str]
    ) -> None:
        i = identifier.c
        theirs = and_(
            i.person_id == s.person_id, i.kind == kind, i.home_page == home_page, i.ended_at.is_(None)
        )
        said = and_(self._touched, value != "")
        if source is not staged_person:
            said = and_(said, staged_username.c.import_id == s.import_id, staged_username.c.row == s.row)
        self._conn.execute(update(identifier).where(theirs, said, i.value != value).values(ended_at=self._at))
        rows = (
            select(s.person_id, literal(kind), home_page, value, *self._recorded())
            .select_from(source)
            .where(self._touched, value != "", ~select(i.id).where(theirs).exists())
        )
        self._insert(identifier, ("person_id", "kind", "home_page", "value"), rows.order_by(s.row))

    def _log(self) -> None:
        new = (literal("add"), literal("person"), s.uuid, literal(None))
        self._write_log(select(*new).where(self._new).order_by(s.row))
        changed = (literal("change"), literal("person"), person.c.uuid, s.changes)
        rows = select(*changed).join_from(staged_person, person, person.c.id == s.person_id)
        self._write_log(rows.where(self._touched, s.changes != NEW).order_by(s.row))

    def _write_log(self, rows: Select[Any]) -> None:
        stamped = rows.add_columns(literal(self._at), literal(self._by))
        columns = ["action", "subject", "subject_id", "detail", "at", "by"]
        self._conn.execute(insert(change_log).from_select(columns, stamped))


def _day_before(dialect: Dialect, day: ColumnElement[date]) -> ColumnElement[date]:
    if dialect.name == "sqlite":
        return func.date(day, "-1 day", type_=Date)
    return type_coerce(day - 1, Date)
