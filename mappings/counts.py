"""The kept counts of units: today's follow every refresh, and can be made anew from everything.

What a batch of people added before is taken away and what they add now is put in its place; both are read
from what is kept of each person, so that nothing that changed meanwhile can leave a remainder. A rebuild,
another framework, another shape of the organisation and large batches count everybody anew.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from lrs.database import chunks
from mappings.counted import (
    OUTSIDE,
    UNCLASSIFIED,
    counted_events,
    counted_people,
    places,
    sample_courses,
    ways,
)
from mappings.framework_terms import framework_on
from mappings.requirements import read_required
from mappings.tables import (
    closing,
    competency_state,
    counted,
    counted_learning,
    learning_event,
    stale_unit,
    unit_count,
    unit_item_count,
    unit_learning_count,
)

TODAY = 0
"""The number of the closing that follows every refresh."""

MOST_AT_ONCE = 20_000
"""People whose part is taken away and added again; of more, everybody is counted anew."""

Cells = Mapping[tuple[Any, ...], tuple[int, ...]]
"""(unit_id, levels, group_code, more keys of the table) -> its numbers."""


class Sources(NamedTuple):
    """The tables that counts are made from: those of today, or those of a month-end while it is closed."""

    states: FromClause = competency_state
    events: FromClause = learning_event
    people: Table = counted
    learning: Table = counted_learning


class Asked(NamedTuple):
    """What counts are about: the day, the instant (None: now), and the framework in force then."""

    day: date
    known_at: int | None
    framework_id: int | None


def asked_of(conn: Connection, day: date, known_at: int | None = None) -> Asked:
    """With the framework looked up."""
    return Asked(day, known_at, framework_on(conn, day, known_at))


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
    conn.execute(delete(closing).where(closing.c.id == TODAY))
    kept = {"as_of_day": day, "known_at": known_at, "framework_id": asked.framework_id}
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
    for table, amounts in _selects(sources, None).items():
        conn.execute(delete(table).where(table.c.closing_id == number))
        names = [column.name for column in table.c]
        conn.execute(insert(table).from_select(names, _rolled_up(table, amounts, number, asked)))


def _count_people(conn: Connection, asked: Asked, people: Select[Any] | None, sources: Sources) -> None:
    """Bring what is kept of these people, or of everybody, to what holds now."""
    for table in (sources.people, sources.learning):
        theirs = delete(table)
        conn.execute(theirs if people is None else theirs.where(table.c.person_id.in_(people)))
    # Once, and not for each of the columns that look at it.
    placed = places(asked.day, people, asked.known_at).cte("placed").prefix_with("MATERIALIZED")
    required = read_required(conn, asked.framework_id)
    sample = sample_courses(asked.framework_id, asked.day, asked.known_at)
    rows = {
        sources.people: counted_people(placed, sources.states, required, everybody=people is None),
        sources.learning: counted_events(sources.events, sample, people),
    }
    for table, found in rows.items():
        conn.execute(insert(table).from_select([column.name for column in table.c], found))


def _selects(sources: Sources, people: Select[Any] | None) -> dict[Table, Select[Any]]:
    """What people add, by place: for each table of counts its numbers and, before them, its further key."""
    p, s, e = sources.people.c, sources.states.c, sources.learning.c
    place = (p.unit_id, p.levels, p.group_code)
    in_framework = p.group_code.not_in([OUTSIDE, UNCLASSIFIED])

    def number(state: int) -> Any:
        return func.sum(case((s.state == state, 1), else_=0))

    found = {
        unit_count: select(*place, func.count().label("n1"), func.sum(p.all_complete).label("n2")).group_by(
            *place
        ),
        unit_item_count: select(
            *place, s.competency_id.label("key"), number(1).label("n1"), number(2).label("n2")
        )
        .join_from(sources.people, sources.states, and_(s.person_id == p.person_id, s.state > 0))
        .where(in_framework)
        .group_by(*place, s.competency_id),
        unit_learning_count: select(
            *place,
            e.category_id.label("key"),
            *(func.sum(e[name]).label(f"n{n}") for n, name in enumerate(_LEARNING, start=1)),
            func.count().label("n0"),
        )
        .join_from(sources.people, sources.learning, e.person_id == p.person_id)
        .where(in_framework)
        .group_by(*place, e.category_id),
    }
    return found if people is None else {t: one.where(p.person_id.in_(people)) for t, one in found.items()}


_LEARNING = ("hours", "events", "without_hours", "of_sample")


def _rolled_up(table: Table, amounts: Select[Any], number: int, asked: Asked) -> Select[Any]:
    """The rows of a table of counts: what each place adds to its own unit and to those above."""
    of, way = amounts.subquery("amounts"), ways(asked.day, asked.known_at)
    units = (way.c.root_id, way.c.row_id) if "row_id" in table.c else (way.c.root_id,)
    keys = (*units, of.c.group_code, *([of.c.key] if "key" in of.c else []))
    sums = [func.sum(column) for name, column in of.c.items() if name[0] == "n"]
    return (
        select(literal(number), *keys, *sums)
        .join_from(of, way, and_(way.c.unit_id == of.c.unit_id, way.c.depth < of.c.levels))
        .group_by(*keys)
        .order_by(*keys)
    )


def _amounts(conn: Connection, people: Select[Any]) -> dict[Table, Cells]:
    """What these people add now, read from what is kept of them."""
    found: dict[Table, Cells] = {}
    for table, query in _selects(Sources(), people).items():
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
