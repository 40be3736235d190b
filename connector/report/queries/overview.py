"""Counts of a unit's subtree: by row (school or office), by group, by item. Never a name."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Connection, Select, case, func, select

from connector.report.queries.basis import Basis, Item, Unit
from connector.report.queries.kept import kept_closing, read_persons, read_states
from connector.report.queries.members import members, number_in
from connector.report.thai import GROUPS, group_name
from connector.report.words import _
from mappings import counted
from mappings.counted import OUTSIDE, UNCLASSIFIED, places_on
from mappings.requirements import is_required
from mappings.tables import unit


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
    """The whole overview in few SELECTs, whatever the number of units: from kept counts, where there are."""
    closing = kept_closing(conn, basis)
    if closing is None:
        return compute_overview(conn, basis)
    by_row, by_group = (_kept_cells(conn, basis, closing, by_row=each) for each in (True, False))
    return _overview(conn, basis, _is_large(conn, basis), by_row, by_group)


def overview_key(conn: Connection, basis: Basis) -> Hashable | None:
    """What an overview from kept counts depends on: the two times, and the units' own rows, which have the
    names of today. None: it is computed."""
    if kept_closing(conn, basis) is None:
        return None
    units = conn.execute(select(func.count(), func.max(unit.c.recorded_at))).one()
    return basis.unit.id, basis.as_of, basis.known, basis.framework_id, *units


def compute_overview(conn: Connection, basis: Basis) -> Overview:
    """The same, counted now from all people of the unit."""
    whole = _is_large(conn, basis)
    cells = _read_cells(conn, basis, _placed(basis, whole))
    return _overview(conn, basis, whole, cells, cells)


def _overview(conn: Connection, basis: Basis, whole: bool, by_row: _Cells, by_group: _Cells) -> Overview:
    """`by_row`: groups that are asked the same may stand together; `by_group`: so may all rows."""
    units = _rows_of(conn, basis, whole)
    by_unit: dict[int, list[tuple[str | None, bool, _Cell]]] = {}
    for (unit_id, group, classified), cell in by_row.items():
        by_unit.setdefault(unit_id, []).append((group, classified, cell))
    everything = [(group, classified, cell) for (_, group, classified), cell in by_group.items()]
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
        total=_row(_Head("total", False, basis.unit.uid, _("รวม")), everything, basis),
    )


def _is_large(conn: Connection, basis: Basis) -> bool:
    """As `mappings.counted.is_large`, at the report's two times."""
    place = places_on(basis.as_of, basis.known)
    within = select(func.count()).select_from(place).where(place.c.ancestor_id == basis.unit.id)
    return conn.execute(within).scalar_one() > counted.MOST_ROWS


def _rows_of(conn: Connection, basis: Basis, whole: bool) -> list[Unit]:
    """The units that are rows: offices, then schools, in Thai order."""
    place = places_on(basis.as_of, basis.known)
    shown = (
        select(unit)
        .join(place, place.c.unit_id == unit.c.id)
        .where(place.c.ancestor_id == basis.unit.id)
        .order_by(case((unit.c.kind == "school", 1), else_=0), unit.c.sort_key, unit.c.uid)
    )
    if whole:
        shown = shown.where(place.c.depth <= 1)
    return [Unit(row.id, row.uid, row.kind, row.name_th) for row in conn.execute(shown)]


def _placed(basis: Basis, whole: bool) -> CTE:
    """The people with the row they are counted in: person_id, row_id, group_code, classified."""
    people = members(basis.unit.id, basis.as_of, basis.known)
    row_id: ColumnElement[int] = people.c.unit_id
    placed = select(people.c.person_id, people.c.group_code, people.c.classified)
    if whole:
        # The unit's own people are below none of its children and stay in its own row.
        heads = _heads(basis)
        row_id = func.coalesce(heads.c.row_id, people.c.unit_id)
        placed = placed.outerjoin_from(people, heads, heads.c.unit_id == people.c.unit_id)
    placed = placed.add_columns(row_id.label("row_id"))
    return placed.cte("placed").prefix_with("MATERIALIZED")


def _heads(basis: Basis) -> CTE:
    """unit_id, row_id: which of the units directly below a unit lies in; read once, not for each person."""
    below, place = places_on(basis.as_of, basis.known), places_on(basis.as_of, basis.known)
    pairs = (
        select(place.c.unit_id, place.c.ancestor_id.label("row_id"))
        .join(below, below.c.unit_id == place.c.ancestor_id)
        .where(below.c.ancestor_id == basis.unit.id, below.c.depth == 1)
    )
    return pairs.cte("heads").prefix_with("MATERIALIZED")


def _kept_cells(conn: Connection, basis: Basis, closing: int, *, by_row: bool) -> _Cells:
    cells: _Cells = {}
    for row_id, group, *people in read_persons(conn, closing, basis, by_row=by_row):
        cells[_key(row_id, group)] = _Cell(int(people[0]), int(people[1]))
    for row_id, group, item_id, *numbers in read_states(conn, closing, basis, by_row=by_row):
        states = cells[_key(row_id, group)].states
        states[item_id, 1], states[item_id, 2] = map(int, numbers)
    return cells


def _key(row_id: int, group: str) -> tuple[int, str | None, bool]:
    return (row_id, None, group == OUTSIDE) if group in (OUTSIDE, UNCLASSIFIED) else (row_id, group, True)


def _read_cells(conn: Connection, basis: Basis, placed: CTE) -> _Cells:
    cells: _Cells = {}
    for row_id, group, classified, persons in conn.execute(_persons(placed)):
        cells[row_id, group, bool(classified)] = _Cell(persons=persons)
    for row_id, group, item_id, state, number in conn.execute(_states(placed, basis)):
        cells[row_id, group, True].states[item_id, state] = number
    for row_id, group, complete, number in conn.execute(_finished(placed, basis)):
        if 0 < len(basis.required_of(group)) <= complete:
            cells[row_id, group, True].all_complete += number
    return cells


def _persons(placed: CTE) -> Select[Any]:
    keys = (placed.c.row_id, placed.c.group_code, placed.c.classified)
    return select(*keys, func.count()).group_by(*keys)


def _states(placed: CTE, basis: Basis) -> Select[Any]:
    states = basis.states
    state = states.c
    keys = (placed.c.row_id, placed.c.group_code, state.competency_id, state.state)
    return (
        select(*keys, func.count())
        .select_from(placed)
        .join(states, state.person_id == placed.c.person_id)
        .where(state.state > 0, is_required(basis.required, placed.c.group_code, state.competency_id))
        .group_by(*keys)
    )


def _finished(placed: CTE, basis: Basis) -> Select[Any]:
    """How many people have how many items complete; what is enough for a group is data."""
    each = select(
        placed.c.row_id, placed.c.group_code, number_in(placed, basis, 2).label("complete")
    ).subquery("each_person")
    keys = (each.c.row_id, each.c.group_code, each.c.complete)
    return select(*keys, func.count()).where(each.c.group_code.is_not(None)).group_by(*keys)


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
