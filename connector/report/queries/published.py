"""What is counted at month-ends for publishing, and what was published (SQL)."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, FromClause, Row, insert, select, union_all

from connector.report.published_sheets import MonthCounts
from connector.report.published_tables import Key, Learnt, Numbers
from connector.tables_published import publication, published_count
from mappings.counted import OUTSIDE, UNCLASSIFIED, places_on
from mappings.requirements import read_required
from mappings.tables import (
    closing,
    competency,
    framework,
    learning_category,
    unit,
    unit_count,
    unit_item_count,
    unit_learning_count,
)
from mappings.unit_counts import TODAY

_NUMBERS = tuple(one.name for one in fields(Numbers))


@dataclass(frozen=True, slots=True)
class Publication:
    """The tables of a month-end: how it was known, under which framework, and what was small."""

    id: int
    as_of: date
    closing_id: int
    known_at: int
    published_at: int
    threshold: int
    framework_id: int
    framework_code: str
    framework_version: str


def read_publications(conn: Connection) -> list[Publication]:
    """All that was published, the earliest first."""
    p, c, f = publication.c, closing.c, framework.c
    rows = conn.execute(
        select(
            p.id, p.as_of_day, p.closing_id, c.known_at, p.published_at, p.threshold, f.id, f.code, f.version
        )
        .join(closing, c.id == p.closing_id)
        .join(framework, f.id == c.framework_id)
        .order_by(p.as_of_day)
    )
    return [Publication(*row) for row in rows]


def read_closings(conn: Connection, after: date | None) -> Sequence[Row[Any]]:
    """Of each closed month-end after a day the last closing, the earliest first: id, as_of_day."""
    c = closing.c
    closed = select(c.id, c.as_of_day).where(c.id != TODAY, c.framework_id.is_not(None))
    if after is not None:
        closed = closed.where(c.as_of_day > after)
    rows = conn.execute(closed.order_by(c.as_of_day, c.known_at, c.id)).all()
    last: dict[date, Any] = {row.as_of_day: row for row in rows}
    return list(last.values())


def root_of(conn: Connection) -> int | None:
    """The unit that is the whole organisation."""
    return conn.execute(select(unit.c.id).where(unit.c.parent_id.is_(None)).order_by(unit.c.id)).scalar()


def read_counts(conn: Connection, number: int) -> tuple[MonthCounts, Mapping[tuple[str, str], Learnt]]:
    """What a closing counted by office and group; learning events by category and office."""
    kept = conn.execute(select(closing).where(closing.c.id == number)).one()
    root = root_of(conn)
    items = _codes(conn, competency, kept.framework_id)
    required = read_required(conn, kept.framework_id)
    offices = _offices(conn, kept, root)
    persons, everything = _people(conn, number, root, offices)
    complete, begun = _states(conn, number, root, offices, items)
    learners, learnt = _learning(conn, kept, sorted(set(offices.values())), root)
    known = {uid for (uid, _), count in persons.items() if count}
    return (
        MonthCounts(
            offices=sorted(known),
            groups=sorted(group for group, asked in required.items() if asked),
            items=list(items.values()),
            required={group: frozenset(items[one] for one in asked) for group, asked in required.items()},
            persons=persons,
            everything=everything,
            complete=complete,
            begun=begun,
            learners=learners,
        ),
        learnt,
    )


def _codes(conn: Connection, table: FromClause, framework_id: int) -> dict[int, str]:
    c = table.c
    order = c.position if "position" in c else c.code
    rows = conn.execute(select(c.id, c.code).where(c.framework_id == framework_id).order_by(order, c.code))
    return {row.id: row.code for row in rows}


def _offices(conn: Connection, kept: Row[Any], root: int | None) -> dict[int, str]:
    """Unit -> the uid of the unit directly below the whole that it lies in, or that of the whole."""
    below, within = (places_on(kept.as_of_day, kept.known_at) for _ in range(2))
    rows = conn.execute(
        select(within.c.unit_id, unit.c.uid)
        .join(below, below.c.unit_id == within.c.ancestor_id)
        .join(unit, unit.c.id == within.c.ancestor_id)
        .where(below.c.ancestor_id == root, below.c.depth == 1)
    )
    own = conn.execute(select(unit.c.id.label("unit_id"), unit.c.uid).where(unit.c.id == root))
    return {row.unit_id: row.uid for row in [*rows, *own]}


def _people(
    conn: Connection, number: int, root: int | None, offices: Mapping[int, str]
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    c = unit_count.c
    persons, everything = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    rows = select(c.row_id, c.group_code, c.persons, c.all_complete).where(
        c.closing_id == number, c.unit_id == root, c.group_code.not_in([OUTSIDE, UNCLASSIFIED])
    )
    for row_id, group, people, every in conn.execute(rows):
        persons[offices[row_id], group] += people
        everything[offices[row_id], group] += every
    return persons, everything


def _states(
    conn: Connection, number: int, root: int | None, offices: Mapping[int, str], items: Mapping[int, str]
) -> tuple[dict[str, Counter[tuple[str, str]]], dict[str, Counter[tuple[str, str]]]]:
    c = unit_item_count.c
    complete: dict[str, Counter[tuple[str, str]]] = {code: Counter() for code in items.values()}
    begun: dict[str, Counter[tuple[str, str]]] = {code: Counter() for code in items.values()}
    rows = select(c.row_id, c.group_code, c.competency_id, c.in_progress, c.complete).where(
        c.closing_id == number, c.unit_id == root, c.competency_id.in_(list(items))
    )
    for row_id, group, item, started, done in conn.execute(rows):
        complete[items[item]][offices[row_id], group] += done
        begun[items[item]][offices[row_id], group] += started
    return complete, begun


def _learning(
    conn: Connection, kept: Row[Any], offices: Sequence[str], root: int | None
) -> tuple[dict[str, dict[str, int]], dict[tuple[str, str], Learnt]]:
    """Of offices; people of the whole that belong to no office are in none."""
    categories = _codes(conn, learning_category, kept.framework_id)
    c = unit_learning_count.c
    learners: dict[str, dict[str, int]] = {code: defaultdict(int) for code in categories.values()}
    events, hours = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    rows = (
        select(unit.c.uid, c.category_id, c.learners, c.events, c.hours)
        .join(unit, unit.c.id == c.unit_id)
        .where(c.closing_id == kept.id, unit.c.uid.in_(offices), c.unit_id != root)
        .where(c.category_id.in_(list(categories)))
    )
    for uid, category, people, number, millionths in conn.execute(rows):
        key = (categories[category], uid)
        learners[categories[category]][uid] += people
        events[key] += number
        hours[key] += millionths
    return learners, {key: Learnt(events[key], hours[key]) for key in events}


def write_publication(
    conn: Connection, of: Row[Any], threshold: int, published_at: int, cells: Mapping[Key, Numbers]
) -> None:
    """Keep the tables of a closing."""
    values = {"as_of_day": of.as_of_day, "closing_id": of.id}
    added = insert(publication).values(**values, threshold=threshold, published_at=published_at)
    number = conn.execute(added.returning(publication.c.id)).scalar_one()
    conn.execute(
        insert(published_count),
        [
            {"publication_id": number, "table_name": key.table, "row_key": key.row, "column_key": key.column}
            | {name: getattr(numbers, name) for name in _NUMBERS}
            for key, numbers in cells.items()
        ],
    )


def read_cells(conn: Connection, number: int, table: str | None = None) -> dict[Key, Numbers]:
    """The cells of a publication, of one of its tables or of all."""
    c = published_count.c
    rows = select(published_count).where(c.publication_id == number)
    if table is not None:
        rows = rows.where(c.table_name == table)
    return {
        Key(row.table_name, row.row_key, row.column_key): Numbers(*(getattr(row, name) for name in _NUMBERS))
        for row in conn.execute(rows)
    }


def read_names(conn: Connection, framework_id: int) -> dict[str, str]:
    """Names of offices by uid, of items and categories by code, in Thai."""
    offices = select(unit.c.uid, unit.c.name_th).where(unit.c.kind != "school")
    c = competency.c
    items = select(c.code, c.name_th).where(c.framework_id == framework_id)
    return {row[0]: row[1] for row in conn.execute(union_all(offices, items))}


def unit_name(conn: Connection, unit_id: int) -> str:
    """In Thai."""
    return str(conn.execute(select(unit.c.name_th).where(unit.c.id == unit_id)).scalar_one())
