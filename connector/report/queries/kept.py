"""Counts that are kept: which set of them answers a report, and its rows for one unit (SQL)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, exists, select

from connector.report.queries.basis import Basis
from lrs.clock import to_micros
from mappings.counts import TODAY
from mappings.tables import closing, stale_unit, unit_count, unit_item_count, unit_learning_count


def kept_closing(conn: Connection, basis: Basis) -> int | None:
    """The closing with exactly the report's two times; None: there is none, so its numbers are computed.

    Today's counts wait for the next refresh while units have moved: rows would not be those of the units.
    """
    if basis.known_at is None:
        return None
    c = closing.c
    times = (c.as_of_day == basis.as_of, c.known_at == to_micros(basis.known_at))
    moved = exists().select_from(stale_unit)
    found = conn.execute(
        select(c.id)
        .where(*times, c.framework_id.is_not_distinct_from(basis.framework_id), (c.id != TODAY) | ~moved)
        .order_by(c.id.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


def read_persons(conn: Connection, number: int, unit_id: int) -> Iterable[Any]:
    """Rows: row_id, group_code, persons, all_complete."""
    c = unit_count.c
    here = (c.closing_id == number, c.unit_id == unit_id, c.persons > 0)
    return conn.execute(select(c.row_id, c.group_code, c.persons, c.all_complete).where(*here))


def read_states(conn: Connection, number: int, unit_id: int) -> Iterable[Any]:
    """Rows: row_id, group_code, competency_id, in_progress, complete."""
    c = unit_item_count.c
    columns = (c.row_id, c.group_code, c.competency_id, c.in_progress, c.complete)
    return conn.execute(select(*columns).where(c.closing_id == number, c.unit_id == unit_id))


def read_learning(conn: Connection, number: int, unit_id: int) -> Iterable[Any]:
    """Rows: category_id (0: none), hours in millionths, events, those without hours, of the sample."""
    c = unit_learning_count.c
    columns = (c.category_id, c.hours, c.events, c.without_hours, c.of_sample)
    here = (c.closing_id == number, c.unit_id == unit_id, c.events > 0)
    return conn.execute(select(*columns).where(*here))
