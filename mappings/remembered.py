"""Changing rows whose former words stay on record (docs/decisions/0018).

A membership or a group says what is known now; before it is changed, what it said goes to the table of the
past, so that a report of what was known then stays as it was. Nothing else updates or deletes these rows.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    and_,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from lrs.clock import to_micros
from mappings.tables import PAST


def change(
    conn: Connection,
    table: Table,
    which: ColumnElement[bool],
    values: Mapping[str, Any],
    now: datetime,
    by: str,
) -> int:
    """Change the rows of a table of PAST that `which` means, and keep what they said; how many they are.

    `which` and `values` may speak of other tables, as an UPDATE's WHERE may. What a row said within the very
    transaction that changes it was never known to anybody, and is not kept.
    """
    at, past = to_micros(now), PAST[table]
    names = [str(column.name) for column in table.c]
    before = select(*table.c, literal(at)).where(which, table.c.recorded_at < at)
    conn.execute(insert(past).from_select([*names, "superseded_at"], before))
    changed = update(table).where(which).values(**values, recorded_at=at, recorded_by=by)
    return conn.execute(changed).rowcount


def versions(table: Table, known_at: int | None) -> list[tuple[FromClause, ColumnElement[bool]]]:
    """Where the rows are that the store knew at an instant, and which they are there; None: now.

    Each part has the columns of the table. Parts instead of one union: joined with each, indexes are used.
    """
    if known_at is None:
        return [(table, true())]
    past = PAST[table]
    known = past.c.recorded_at <= known_at
    return [
        (table, table.c.recorded_at <= known_at),
        (past, and_(known, past.c.superseded_at > known_at)),
    ]


def place_holds(place: FromClause, known_at: int | None) -> ColumnElement[bool]:
    """Which rows of unit_place the store knew at an instant; None: now."""
    c = place.c
    if known_at is None:
        return c.superseded_at.is_(None)
    return and_(c.recorded_at <= known_at, or_(c.superseded_at.is_(None), c.superseded_at > known_at))
