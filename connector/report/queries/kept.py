"""Counts that are kept: which set of them answers a report, and its rows for one unit (SQL)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, Table, case, exists, func, literal, or_, select

from connector.report.queries.basis import Basis
from lrs.clock import to_micros
from mappings.requirements import alike
from mappings.tables import closing, stale_unit, unit_count, unit_item_count, unit_learning_count
from mappings.unit_counts import TODAY


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


def read_persons(conn: Connection, number: int, basis: Basis, *, by_row: bool) -> Iterable[Any]:
    """Rows: row_id, group_code, persons, all_complete; as `_summed` adds them up."""
    return conn.execute(_summed(unit_count, number, basis, ("persons", "all_complete"), by_row=by_row))


def read_states(conn: Connection, number: int, basis: Basis, *, by_row: bool) -> Iterable[Any]:
    """Rows: row_id, group_code, competency_id, in_progress, complete; as `_summed` adds them up."""
    return conn.execute(_summed(unit_item_count, number, basis, ("in_progress", "complete"), by_row=by_row))


def _summed(
    table: Table, number: int, basis: Basis, numbers: tuple[str, ...], *, by_row: bool
) -> Select[Any]:
    """Of a unit: by row, groups that are asked the same under the name of one; or of all rows, by group."""
    c = table.c
    same = [(c.group_code.in_(groups), groups[0]) for groups in alike(basis.required).values()]
    group = case(*same, else_=c.group_code) if by_row and same else c.group_code
    more = [c.competency_id] if "competency_id" in c else []
    row = c.row_id if by_row else literal(0)
    # Named within, grouped without: two equal expressions with values are not the same to PostgreSQL.
    here = (
        select(row.label("row_id"), group.label("group_code"), *more, *(c[name] for name in numbers))
        .where(c.closing_id == number, c.unit_id == basis.unit.id)
        .subquery("here")
    )
    keys = [column for name, column in here.c.items() if name not in numbers]
    sums = [func.sum(here.c[name]) for name in numbers]
    # What nobody adds to any more is as good as gone.
    return select(*keys, *sums).group_by(*keys).having(or_(*(one > 0 for one in sums)))


def read_learning(conn: Connection, number: int, unit_id: int) -> Iterable[Any]:
    """Rows: category_id (0: none), hours in millionths, events, those without hours, of the sample."""
    c = unit_learning_count.c
    columns = (c.category_id, c.hours, c.events, c.without_hours, c.of_sample)
    here = (c.closing_id == number, c.unit_id == unit_id, c.events > 0)
    return conn.execute(select(*columns).where(*here))
