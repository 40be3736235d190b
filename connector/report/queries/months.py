"""A unit's month-ends in a row, each by its latest closing (SQL). Counts of the subtree, never a name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from connector.report.queries.basis import Basis, Item
from connector.report.queries.overview import ItemCount
from lrs.clock import from_micros
from mappings.counted import OUTSIDE, UNCLASSIFIED
from mappings.requirements import read_required
from mappings.tables import closing, competency, unit_count, unit_item_count
from mappings.unit_counts import TODAY


@dataclass(frozen=True, slots=True)
class Month:
    """The end of a month, and what was known when it was closed; the rest as in an overview's row."""

    as_of: date
    known_at: datetime
    persons: int
    all_complete: int
    items: tuple[ItemCount, ...]
    unclassified: int
    outside: int


def read_months(conn: Connection, basis: Basis) -> tuple[Month, ...]:
    """The closed month-ends up to the report's day, as they were known by its moment; the earliest first."""
    closings = closings_of(conn, basis)
    numbers = [row.id for row in closings]
    people, states = _people(conn, basis, numbers), _states(conn, basis, numbers)
    asked = {row.framework_id: _asked(conn, row.framework_id) for row in closings}
    return tuple(_month(row, people[row.id], states[row.id], *asked[row.framework_id]) for row in closings)


def closings_of(conn: Connection, basis: Basis) -> Sequence[Row[Any]]:
    """Of each month-end up to the report's day the closing that was known last at its moment, in order."""
    c = closing.c
    known = (c.id != TODAY, c.as_of_day <= basis.as_of, c.known_at <= (basis.known or 0))
    rows = conn.execute(select(closing).where(*known).order_by(c.as_of_day, c.known_at, c.id))
    return list({row.as_of_day: row for row in rows}.values())


def _people(
    conn: Connection, basis: Basis, numbers: Sequence[int]
) -> Mapping[int, dict[str, tuple[int, int]]]:
    """closing -> group -> (persons, all complete)."""
    c = unit_count.c
    found: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    sums = select(c.closing_id, c.group_code, func.sum(c.persons), func.sum(c.all_complete))
    here = sums.where(c.closing_id.in_(numbers), c.unit_id == basis.unit.id)
    for number, group, persons, every in conn.execute(here.group_by(c.closing_id, c.group_code)):
        found[number][group] = (int(persons), int(every))
    return found


def _states(
    conn: Connection, basis: Basis, numbers: Sequence[int]
) -> Mapping[int, dict[tuple[str, int], tuple[int, int]]]:
    """closing -> (group, item) -> (in progress, complete)."""
    c = unit_item_count.c
    found: dict[int, dict[tuple[str, int], tuple[int, int]]] = defaultdict(dict)
    keys = (c.closing_id, c.group_code, c.competency_id)
    sums = select(*keys, func.sum(c.in_progress), func.sum(c.complete))
    here = sums.where(c.closing_id.in_(numbers), c.unit_id == basis.unit.id)
    for number, group, item_id, begun, complete in conn.execute(here.group_by(*keys)):
        found[number][group, item_id] = (int(begun), int(complete))
    return found


def _asked(
    conn: Connection, framework_id: int | None
) -> tuple[tuple[Item, ...], Mapping[str, frozenset[int]]]:
    c = competency.c
    rows = conn.execute(
        select(c.id, c.code, c.name_th, c.name_en)
        .where(c.framework_id == framework_id)
        .order_by(c.position, c.code)
    )
    return tuple(Item(*row) for row in rows), read_required(conn, framework_id)


def _month(
    row: Row[Any],
    people: Mapping[str, tuple[int, int]],
    states: Mapping[tuple[str, int], tuple[int, int]],
    items: Sequence[Item],
    required: Mapping[str, frozenset[int]],
) -> Month:
    inside = {group: numbers for group, numbers in people.items() if group not in (OUTSIDE, UNCLASSIFIED)}

    def count(item: Item) -> ItemCount:
        groups = [group for group in inside if item.id in required.get(group, ())]
        found = [states.get((group, item.id), (0, 0)) for group in groups]
        persons = sum(inside[group][0] for group in groups)
        return ItemCount(item, persons, sum(each[1] for each in found), sum(each[0] for each in found))

    return Month(
        as_of=row.as_of_day,
        known_at=from_micros(row.known_at),
        persons=sum(numbers[0] for numbers in inside.values()),
        all_complete=sum(numbers[1] for numbers in inside.values()),
        items=tuple(map(count, items)),
        unclassified=people.get(UNCLASSIFIED, (0, 0))[0],
        outside=people.get(OUTSIDE, (0, 0))[0],
    )
