"""The kept counts of units: today's follow every refresh, and can be made anew from everything.

What a batch of people added before is taken away and what they add now is put in its place; both are read
from what is kept of each person, so that nothing that changed meanwhile can leave a remainder. A rebuild,
another framework, another shape of the organisation and large batches count everybody anew.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from operator import add
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite

from lrs.database import chunks
from mappings.counted import ways
from mappings.tables import closing, stale_unit
from mappings.unit_counts import TODAY, Asked, Sources, amounts, asked_of, read_counted, rolled_up

MOST_AT_ONCE = 20_000
"""People whose part is taken away and added again; of more, everybody is counted anew."""

Cells = Mapping[tuple[Any, ...], tuple[int, ...]]
"""(unit_id, levels, group_code, more keys of the table) -> its numbers."""


@contextmanager
def counts_follow(
    conn: Connection, people: Select[Any] | None, day: date, known_at: int, size: int | None
) -> Iterator[None]:
    """Inside, the kept progress of these people is replaced; afterwards today's counts are what follows.

    `size`: how many people they are. None and None: everybody.
    """
    asked = asked_of(conn, day)
    # A mark that is committed from here on stays for the next time.
    anew = _shape_changed(conn) | _new_ground(conn, asked) or size is None or size > MOST_AT_ONCE
    some = None if anew else people
    before = {} if some is None else _amounts(conn, some)
    yield
    if some is None:
        recount(conn, TODAY, asked)
    else:
        _count_people(conn, asked, some, Sources())
        _add(conn, day, _changes(before, _amounts(conn, some)))
    _keep_today(conn, asked, known_at)


@contextmanager
def counts_replaced(conn: Connection, day: date, known_at: int) -> Iterator[Asked]:
    """Inside, others replace today's counts, all of them."""
    asked = asked_of(conn, day)
    _shape_changed(conn)
    yield asked
    _keep_today(conn, asked, known_at)


def _keep_today(conn: Connection, asked: Asked, known_at: int) -> None:
    conn.execute(delete(closing).where(closing.c.id == TODAY))
    kept = {"as_of_day": asked.day, "known_at": known_at, "framework_id": asked.framework_id}
    conn.execute(insert(closing).values(id=TODAY, **kept))


def _shape_changed(conn: Connection) -> bool:
    return bool(conn.execute(delete(stale_unit).returning(stale_unit.c.serial)).all())


def _new_ground(conn: Connection, asked: Asked) -> bool:
    """Another framework; or nothing is kept yet. Whoever counts otherwise on a new day is marked."""
    c = closing.c
    kept = conn.execute(select(c.framework_id).where(c.id == TODAY)).first()
    return kept is None or kept.framework_id != asked.framework_id


def recount(conn: Connection, number: int, asked: Asked, sources: Sources | None = None) -> None:
    """Make a closing's counts from everything: a few SELECTs over all people, whatever was kept before."""
    sources = sources or Sources()
    _count_people(conn, asked, None, sources)
    for table in (sources.people, sources.learning):
        # Without statistics PostgreSQL takes them to be next to empty, and goes through one for each row.
        conn.execute(text(f"analyze {table.name}"))
    for table, of_places in amounts(sources).items():
        conn.execute(delete(table).where(table.c.closing_id == number))
        names = [column.name for column in table.c]
        conn.execute(insert(table).from_select(names, rolled_up(table, of_places, number, asked)))


def _count_people(conn: Connection, asked: Asked, people: Select[Any] | None, sources: Sources) -> None:
    """Bring what is kept of these people, or of everybody, to what holds now."""
    for table in (sources.people, sources.learning):
        theirs = delete(table)
        conn.execute(theirs if people is None else theirs.where(table.c.person_id.in_(people)))
    for table, found in read_counted(conn, asked, people, sources, many=people is None).items():
        conn.execute(insert(table).from_select([column.name for column in table.c], found))


def _amounts(conn: Connection, people: Select[Any]) -> dict[Table, Cells]:
    """What these people add now, read from what is kept of them."""
    found: dict[Table, Cells] = {}
    for table, query in amounts(Sources(), people).items():
        width = _width(table)
        rows = conn.execute(query)
        found[table] = {tuple(row[:-width]): tuple(map(int, row[-width:])) for row in rows}
    return found


def _width(table: Table) -> int:
    """How many numbers a row has."""
    return len(table.columns) - len(table.primary_key.columns)


def _changes(before: Mapping[Table, Cells], after: Mapping[Table, Cells]) -> dict[Table, Cells]:
    """What is added (or, below zero, taken away), without what stays as it is."""
    return {table: _difference(before[table], after[table], _width(table)) for table in after}


def _difference(before: Cells, after: Cells, width: int) -> Cells:
    nothing = (0,) * width
    found = {
        key: tuple(b - a for a, b in zip(before.get(key, nothing), after.get(key, nothing), strict=True))
        for key in {**before, **after}
    }
    return {key: numbers for key, numbers in found.items() if any(numbers)}


def _add(conn: Connection, day: date, changes: Mapping[Table, Cells]) -> None:
    known = _ways_of(conn, day, {key[0] for cells in changes.values() for key in cells})
    for table, cells in changes.items():
        _upsert(conn, table, _summed(cells, known, by_row="row_id" in table.c))


def _summed(cells: Cells, known: Mapping[int, list[tuple[int, int]]], *, by_row: bool) -> Cells:
    """What places add to the rows of a table, by its primary key."""
    sums: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for (unit_id, levels, *more), numbers in cells.items():
        for way in known[unit_id][:levels]:
            key = (TODAY, *(way if by_row else way[:1]), *more)
            sums[key] = tuple(map(add, sums.get(key, (0,) * len(numbers)), numbers))
    return {key: numbers for key, numbers in sums.items() if any(numbers)}


def _ways_of(conn: Connection, day: date, units: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """unit -> (root, row) for itself and each unit above, from below."""
    found: dict[int, list[tuple[int, int]]] = {one: [] for one in units}
    way = ways(day)
    for some in chunks(sorted(units)):
        rows = select(way.c.unit_id, way.c.root_id, way.c.row_id).where(way.c.unit_id.in_(some))
        for unit_id, *pair in conn.execute(rows.order_by(way.c.unit_id, way.c.depth)):
            found[unit_id].append((pair[0], pair[1]))
    return found


def _upsert(conn: Connection, table: Table, rows: Cells) -> None:
    if not rows:
        return
    make: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    stored = make(table)
    keys = [column.name for column in table.primary_key.columns]
    numbers = [column.name for column in table.c if not column.primary_key]
    sums = {name: table.c[name] + stored.excluded[name] for name in numbers}
    values = [dict(zip((*keys, *numbers), (*key, *row), strict=True)) for key, row in sorted(rows.items())]
    conn.execute(stored.on_conflict_do_update(index_elements=keys, set_=sums), values)
