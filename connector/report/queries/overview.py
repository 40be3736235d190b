"""Counts of a unit's subtree: by row (school or office), by group, by item. Never a name."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Subquery, case, func, or_, select

from connector.report.queries.basis import Basis, Item, Unit
from connector.report.queries.members import members, required_items, tallies
from connector.report.thai import GROUPS, group_name
from mappings.tables import competency_state, unit, unit_path

# A table of more rows than this is read by nobody: then the units directly below are the rows.
MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class ItemCount:
    """How a number of people stand in one item; `persons` are those it is required of."""

    item: Item
    persons: int
    complete: int
    in_progress: int

    @property
    def not_started(self) -> int:
        """Everybody else."""
        return self.persons - self.complete - self.in_progress


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an overview. `persons` is the denominator: people with a group M, A, S or T.

    `unclassified` and `outside` stand beside it and are in no count. `kind` is the unit's, or "group"
    or "total"; `own`: only the people of the unit itself, not of the units below it.
    """

    kind: str
    own: bool
    key: str
    name: str
    persons: int
    all_complete: int
    items: tuple[ItemCount, ...]
    unclassified: int
    outside: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A unit's progress: a row a school (or unit below), a row a group, and their total."""

    rows: tuple[Row, ...]
    groups: tuple[Row, ...]
    total: Row


class _Head(NamedTuple):
    kind: str
    own: bool
    key: str
    name: str


@dataclass(slots=True)
class _Cell:
    """What the SELECTs found for one (unit, group)."""

    persons: int = 0
    all_complete: int = 0
    states: Counter[tuple[int, int]] = field(default_factory=Counter)


# (unit id, group or None, classified)
_Cells = dict[tuple[int, str | None, bool], _Cell]


def read_overview(conn: Connection, basis: Basis) -> Overview:
    """The whole overview in four SELECTs, whatever the number of units."""
    units, row_of, whole = _rows_of(conn, basis)
    cells = _read_cells(conn, basis, row_of)
    by_unit: dict[int, list[tuple[str | None, bool, _Cell]]] = {}
    for (unit_id, group, classified), cell in cells.items():
        by_unit.setdefault(unit_id, []).append((group, classified, cell))
    everything = [(group, classified, cell) for (_, group, classified), cell in cells.items()]
    return Overview(
        rows=tuple(
            _row(_head(one, basis, whole), by_unit.get(one.id, ()), basis)
            for one in units
            if one.kind == "school" or one.id in by_unit
        ),
        groups=tuple(
            _row(
                _Head("group", False, code, group_name(code)),
                [entry for entry in everything if entry[0] == code],
                basis,
            )
            for code in GROUPS
        ),
        total=_row(_Head("total", False, basis.unit.uid, "รวม"), everything, basis),
    )


def _rows_of(conn: Connection, basis: Basis) -> tuple[Sequence[Unit], Subquery, bool]:
    """The units that are rows, in Thai order, and the SELECT unit_id -> row_id that says whose row.

    Third: whether a row of a unit below counts its whole subtree.
    """
    below = unit_path.c.ancestor_id == basis.scope.unit_id
    count = conn.execute(select(func.count()).select_from(unit_path).where(below)).scalar_one()
    if count <= MOST_ROWS:
        row_of = select(unit_path.c.unit_id, unit_path.c.unit_id.label("row_id")).where(below)
        shown = select(unit).join(unit_path, unit_path.c.unit_id == unit.c.id).where(below)
    else:
        heads = below & (unit_path.c.depth <= 1)
        child = select(unit_path.c.unit_id.label("row_id"), unit_path.c.depth).where(heads).subquery("child")
        # The unit itself heads only its own people; each unit below it, its whole subtree.
        row_of = (
            select(unit_path.c.unit_id, child.c.row_id)
            .join(child, child.c.row_id == unit_path.c.ancestor_id)
            .where(or_(child.c.depth == 1, unit_path.c.unit_id == child.c.row_id))
        )
        shown = select(unit).join(unit_path, unit_path.c.unit_id == unit.c.id).where(heads)
    ordered = shown.order_by(case((unit.c.kind == "school", 1), else_=0), unit.c.sort_key, unit.c.uid)
    units = [Unit(row.id, row.uid, row.kind, row.name_th) for row in conn.execute(ordered)]
    return units, row_of.subquery("row_of"), count > MOST_ROWS


def _read_cells(conn: Connection, basis: Basis, row_of: Subquery) -> _Cells:
    people = members(basis.scope.unit_id, basis.as_of)
    cells: _Cells = {}
    for row_id, group, classified, persons in conn.execute(_persons(people, row_of)):
        cells[row_id, group, bool(classified)] = _Cell(persons=persons)
    for row_id, group, item_id, state, number in conn.execute(_states(people, row_of, basis)):
        cells[row_id, group, True].states[item_id, state] = number
    for row_id, group, complete, number in conn.execute(_finished(people, row_of, basis)):
        if complete >= len(basis.required_of(group)):
            cells[row_id, group, True].all_complete += number
    return cells


def _persons(people: Subquery, row_of: Subquery) -> Select[Any]:
    keys = (row_of.c.row_id, people.c.group_code, people.c.classified)
    return (
        select(*keys, func.count())
        .select_from(people)
        .join(row_of, row_of.c.unit_id == people.c.unit_id)
        .group_by(*keys)
    )


def _states(people: Subquery, row_of: Subquery, basis: Basis) -> Select[Any]:
    required = required_items(basis)
    state = competency_state.c
    keys = (row_of.c.row_id, people.c.group_code, state.competency_id, state.state)
    return (
        select(*keys, func.count())
        .select_from(people)
        .join(row_of, row_of.c.unit_id == people.c.unit_id)
        .join(competency_state, state.person_id == people.c.person_id)
        .join(
            required,
            (required.c.competency_id == state.competency_id)
            & (required.c.group_code == people.c.group_code),
        )
        .where(state.state > 0)
        .group_by(*keys)
    )


def _finished(people: Subquery, row_of: Subquery, basis: Basis) -> Select[Any]:
    """How many people have how many items complete; what is enough for a group is data."""
    tally = tallies(people, basis)
    keys = (row_of.c.row_id, people.c.group_code, tally.c.complete)
    return (
        select(*keys, func.count())
        .select_from(people)
        .join(row_of, row_of.c.unit_id == people.c.unit_id)
        .join(tally, tally.c.person_id == people.c.person_id)
        .group_by(*keys)
    )


def _head(one: Unit, basis: Basis, whole: bool) -> _Head:
    own = one.kind != "school" and (not whole or one.id == basis.unit.id)
    return _Head(one.kind, own, one.uid, one.name_th)


def _row(head: _Head, entries: Iterable[tuple[str | None, bool, _Cell]], basis: Basis) -> Row:
    counted: dict[str, list[_Cell]] = {}
    beside: Counter[bool] = Counter()
    for group, classified, cell in entries:
        if group is not None:
            counted.setdefault(group, []).append(cell)
        else:
            beside[classified] += cell.persons
    cells = [cell for found in counted.values() for cell in found]
    return Row(
        kind=head.kind,
        own=head.own,
        key=head.key,
        name=head.name,
        persons=sum(cell.persons for cell in cells),
        all_complete=sum(cell.all_complete for cell in cells),
        items=tuple(_item_count(item, counted, basis) for item in basis.items),
        unclassified=beside[False],
        outside=beside[True],
    )


def _item_count(item: Item, counted: Mapping[str, Sequence[_Cell]], basis: Basis) -> ItemCount:
    asked = [
        cell for group, cells in counted.items() if item.id in basis.required_of(group) for cell in cells
    ]
    return ItemCount(
        item=item,
        persons=sum(cell.persons for cell in asked),
        complete=sum(cell.states[item.id, 2] for cell in asked),
        in_progress=sum(cell.states[item.id, 1] for cell in asked),
    )
