"""The queue of reminders as an office sees it: those of its own people (SQL)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from connector.report.errors import NamesHidden
from connector.report.queries.people import full_name
from connector.tables_people import reminder, reminder_stop
from lrs.clock import from_micros, from_micros_or_none
from mappings.belonging import people_of_unit
from mappings.people import Scope
from mappings.tables import person

PAGE = 100


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder. `error`: the mail server's answer, without its words."""

    id: int
    state: str
    tries: int
    error: str | None
    queued_at: datetime
    queued_by: str
    due_at: datetime
    ended_at: datetime | None
    uuid: str
    name: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody who is sent no reminders. `by`: a user's name; None: they asked for it themselves."""

    uuid: str
    name: str
    by: str | None
    at: datetime


def of_scope(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Rows about the scope's people."""
    return table.c.person_id.in_(people_of_unit(scope.unit_id))


def read_reminders(conn: Connection, scope: Scope, before: int | None = None) -> Sequence[Reminder]:
    """A page, the newest first, and one more where there is another page. Raises NamesHidden."""
    if not scope.names:
        raise NamesHidden
    c = reminder.c
    query = (
        select(reminder, *_NAME)
        .join(person, person.c.id == c.person_id)
        .where(of_scope(reminder, scope))
        .order_by(c.id.desc())
        .limit(PAGE + 1)
    )
    rows = conn.execute(query if before is None else query.where(c.id < before))
    return [_reminder(row) for row in rows]


def read_counts(conn: Connection, scope: Scope) -> Mapping[str, int]:
    """State -> how many."""
    c = reminder.c
    rows = conn.execute(select(c.state, func.count()).where(of_scope(reminder, scope)).group_by(c.state))
    return {str(state): number for state, number in rows}


def read_stopped(conn: Connection, scope: Scope) -> Sequence[Stopped]:
    """In Thai order, a page of them at most."""
    c = reminder_stop.c
    rows = conn.execute(
        select(c.stopped_by, c.stopped_at, *_NAME)
        .join(person, person.c.id == c.person_id)
        .where(of_scope(reminder_stop, scope))
        .order_by(person.c.sort_key, person.c.id)
        .limit(PAGE)
    )
    return [Stopped(row.who, _name(row), row.stopped_by, from_micros(row.stopped_at)) for row in rows]


_NAME = (person.c.uuid.label("who"), person.c.prefix_th, person.c.given_name, person.c.family_name)


def _name(row: Any) -> str:
    return full_name(row.prefix_th, row.given_name, row.family_name)


def _reminder(row: Any) -> Reminder:
    return Reminder(
        id=row.id,
        state=row.state,
        tries=row.tries,
        error=row.error,
        queued_at=from_micros(row.recorded_at),
        queued_by=row.recorded_by,
        due_at=from_micros(row.due_at),
        ended_at=from_micros_or_none(row.ended_at),
        uuid=row.who,
        name=_name(row),
    )
