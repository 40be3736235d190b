"""Which counts have to be hidden, so that no hidden one can be worked out from what is shown (pure).

A sheet counts people in one respect (who has completed D1.1, say) by row and column (office and group). Shown
are sums of rows, sums of columns, the total and, of some sheets, the cells. A hidden count is safe when there
are other worlds with the very same shown numbers in which it is another one. Such worlds are built here, from
moves: somebody more in one cell and somebody less in another, or in a square of four, so that every shown sum
stays. How far cells can move is what `Freedom` says. What fails makes more be hidden, until nothing fails.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

Cell = tuple[str, str]
Place = tuple[str | None, str | None]
"""(row, column) a cell, (row, None) and (None, column) their sums, (None, None) the total."""

TOTAL: Place = (None, None)
Hidden = frozenset[Place]
Move = tuple[tuple[Cell, int], ...]
Room = Mapping[tuple[Place, int], int]
"""How far a hidden place goes up (1) or down (-1) beside what months before and after show; none: any way."""


class Freedom(NamedTuple):
    """One way in which other worlds can differ: how far each cell goes up and down, and which places may
    change by it; `squares`: in squares alone."""

    up: Mapping[Cell, int]
    down: Mapping[Cell, int]
    changed: Hidden
    squares: bool = False


class Rule(NamedTuple):
    """What counts as small, which places are by themselves, and how far hidden ones can go."""

    threshold: int
    small: Hidden
    room: Room

    def need(self, place: Place, persons: int) -> int:
        """How many other values a hidden place has to have at least: a small one as many as the threshold
        leaves, or as so few people can have; what is hidden for its sake, one."""
        return min(self.threshold - 1, persons) if place in self.small else 1


@dataclass(frozen=True)
class Sheet:
    """One count. `persons`: who could be counted in a cell; `places`: what is shown if it is not hidden."""

    rows: Sequence[str]
    columns: Sequence[str]
    value: Mapping[Cell, int]
    persons: Mapping[Cell, int]
    places: Hidden
    rest: bool = True
    """Whether everybody else is a count too, that must not be small."""

    @cached_property
    def values_at(self) -> Mapping[Place, int]:
        """The sums too."""
        return _sums(self.value)

    @cached_property
    def persons_at(self) -> Mapping[Place, int]:
        """The sums too."""
        return _sums(self.persons)

    @cached_property
    def peopled(self) -> Hidden:
        """The places that have anybody."""
        return frozenset(one for one in self.places if self.persons_at[one] > 0)

    def with_cells(self, hidden: Hidden) -> Hidden:
        """With the cells of hidden rows and columns, and without places that have nobody."""
        cells = (cell for cell in self.value if (cell[0], None) in hidden or (None, cell[1]) in hidden)
        return self.peopled & {*hidden, *cells}


def places_of(cell: Cell) -> tuple[Place, ...]:
    """Where a cell is counted."""
    return (cell, (cell[0], None), (None, cell[1]), TOTAL)


def _sums(cells: Mapping[Cell, int]) -> Counter[Place]:
    sums: Counter[Place] = Counter()
    for cell, number in cells.items():
        for place in places_of(cell):
            sums[place] += number
    return sums


def is_small(count: int, of: int, threshold: int) -> bool:
    """Whether a count of so many people tells too much: few, nobody, all but few, or all. Of nobody: not."""
    return of > 0 and (count < threshold or of - count < threshold)


def protect(
    sheet: Sheet,
    hidden: Hidden,
    freedoms: Callable[[Hidden], Sequence[Freedom]],
    order: Sequence[str],
    rule: Rule,
) -> tuple[Hidden, bool]:
    """What has to be hidden, from `hidden` on, rows in this order first; and whether that is enough."""
    hidden, proven = sheet.with_cells(hidden), frozenset[Place]()
    while True:
        place, proven = _try(sheet, hidden, freedoms(hidden), rule, proven)
        if place is None:
            return hidden, True
        more = sheet.with_cells(hidden | _next(sheet, hidden, place, order))
        if more == hidden:
            return hidden, False
        hidden = more


def find_failing(sheet: Sheet, hidden: Hidden, freedoms: Sequence[Freedom], rule: Rule) -> Place | None:
    """A hidden place that could be worked out too closely; None: there is none."""
    return _try(sheet, hidden, freedoms, rule, frozenset())[0]


def _try(
    sheet: Sheet, hidden: Hidden, freedoms: Sequence[Freedom], rule: Rule, proven: Hidden
) -> tuple[Place | None, Hidden]:
    """A place that fails, and those that do not: these stay so when more is hidden."""
    good = set(proven)
    worlds = [_World(sheet, one) for one in freedoms]
    for place in sorted(hidden - proven, key=lambda one: (one.count(None), one[0] or "", one[1] or "")):
        need = rule.need(place, sheet.persons_at[place])
        if not any(_width(one, place, need, rule.room) >= need for one in worlds):
            return place, frozenset(good)
        good.add(place)
    return next(_small_pools(sheet, hidden, rule.threshold), None), frozenset(good)


def _small_pools(sheet: Sheet, hidden: Hidden, threshold: int) -> Iterator[Place]:
    """What hidden places have together follows from a sum that is shown and the others that are."""
    pools: dict[tuple[int, Place], list[Place]] = {}
    for place in sorted(hidden - {TOTAL}, key=str):
        for way, of in enumerate(_sums_over(place)):
            if of in sheet.places and of not in hidden:
                pools.setdefault((way if of != TOTAL else place.index(None), of), []).append(place)
    for places in pools.values():
        counted = sum(sheet.values_at[one] for one in places)
        persons = sum(sheet.persons_at[one] for one in places)
        if is_small(counted, persons, threshold) if sheet.rest else 0 < counted < threshold:
            yield places[0]


def _sums_over(place: Place) -> tuple[Place, ...]:
    row, column = place
    return (TOTAL,) if row is None or column is None else ((row, None), (None, column))


class _World:
    """A freedom, with the rows and columns whose sums may change by it."""

    def __init__(self, sheet: Sheet, freedom: Freedom) -> None:
        self.sheet, self.freedom = sheet, freedom
        self.rows = [row for row in sheet.rows if self.free((row, None))]
        self.columns = [column for column in sheet.columns if self.free((None, column))]

    def free(self, place: Place) -> bool:
        """Whether nobody would see it change."""
        return place in self.freedom.changed or place not in self.sheet.places

    def slack(self, cell: Cell, step: int) -> int:
        """How far a cell goes up or down."""
        return (self.freedom.up if step > 0 else self.freedom.down).get(cell, 0)


def _width(world: _World, place: Place, need: int, room: Room) -> int:
    """How many other values the place can have, counted up to `need`."""
    found = _reach(world, place, 1, need, room)
    return found if found >= need else found + _reach(world, place, -1, need - found, room)


def _reach(world: _World, place: Place, sign: int, need: int, room: Room) -> int:
    used: Counter[tuple[Place, int]] = Counter()
    reached = 0
    for move in _moves(world, place, sign):
        changes = _changes(move)
        slack = [world.slack(cell, step) - used[cell, step] for cell, step in move]
        limits = [room[one] - used[one] for one in changes if one in room]
        amount = min(need - reached, *slack, *limits)
        if amount <= 0:
            continue
        reached += amount
        for one in {*move, *changes}:
            used[one] += amount
        if reached >= need:
            break
    return reached


def _changes(move: Move) -> list[tuple[Place, int]]:
    """Which places change by a move, and in which direction."""
    sums: Counter[Place] = Counter()
    for cell, step in move:
        for place in places_of(cell):
            sums[place] += step
    return [(place, change) for place, change in sums.items() if change]


def _moves(world: _World, place: Place, sign: int) -> Iterator[Move]:
    """The moves by which a place goes up or down, and that change nothing that is shown."""
    for cell in _cells_of(world.sheet, place):
        if not world.free(cell) or world.slack(cell, sign) <= 0:
            continue
        if not world.freedom.squares:
            yield from _pairs(world, cell, place, sign)
        if None not in place:
            yield from _squares(world, cell, sign)


def _cells_of(sheet: Sheet, place: Place) -> Iterator[Cell]:
    rows = sheet.rows if place[0] is None else (place[0],)
    columns = sheet.columns if place[1] is None else (place[1],)
    return ((row, column) for row in rows for column in columns)


def _pairs(world: _World, cell: Cell, place: Place, sign: int) -> Iterator[Move]:
    """A cell alone where the total is hidden too; or with another, their sums hidden where they differ."""
    of_row, of_column = world.free((cell[0], None)), world.free((None, cell[1]))
    if of_row and of_column and world.free(TOTAL):
        yield ((cell, sign),)
    for other in _others(world, cell, of_row, of_column):
        if world.free(other) and world.slack(other, -sign) > 0 and place not in places_of(other):
            yield ((cell, sign), (other, -sign))


def _others(world: _World, cell: Cell, of_row: bool, of_column: bool) -> Iterator[Cell]:
    row, column = cell
    if of_row:
        yield from ((one, column) for one in world.rows)
    if of_column:
        yield from ((row, one) for one in world.columns)
    if of_row and of_column:
        yield from ((one, other) for one in world.rows for other in world.columns)


def _squares(world: _World, cell: Cell, sign: int) -> Iterator[Move]:
    row, column = cell
    for beside in world.sheet.columns:
        if beside == column or not world.free((row, beside)) or world.slack((row, beside), -sign) <= 0:
            continue
        for other in world.sheet.rows:
            corner, aside = (other, beside), (other, column)
            if other == row or not world.free(corner) or not world.free(aside):
                continue
            if world.slack(corner, sign) > 0 and world.slack(aside, -sign) > 0:
                yield ((cell, sign), ((row, beside), -sign), (corner, sign), (aside, -sign))


def _next(sheet: Sheet, hidden: Hidden, place: Place, order: Sequence[str]) -> Hidden:
    """What to hide beside a place that could be worked out: little first, and more if that does not do."""
    steps = _beside_cell if None not in place else _beside_sum
    for more in steps(sheet, hidden, place, order):
        if more & sheet.places - hidden:
            return more
    rest = ([(row, None) for row in sheet.rows], [(None, column) for column in sheet.columns], [TOTAL])
    return next((frozenset(some) for some in rest if not hidden >= frozenset(some) & sheet.peopled), hidden)


def _beside_sum(sheet: Sheet, hidden: Hidden, place: Place, order: Sequence[str]) -> Iterator[Hidden]:
    peopled = sheet.peopled
    if place[1] is None:
        rows: list[Place] = [(row, None) for row in order]
        yield from (frozenset({one}) for one in rows if one in peopled - hidden)
    if place[0] is None:
        columns: list[Place] = [(None, column) for column in sheet.columns]
        columns.sort(key=lambda one: sheet.persons_at[one])
        yield from (frozenset({one}) for one in columns if one in peopled - hidden)


def _beside_cell(sheet: Sheet, hidden: Hidden, place: Place, order: Sequence[str]) -> Iterator[Hidden]:
    row = place[0]
    own: list[Place] = [(row, column) for column in sheet.columns if sheet.persons_at[row, column] > 0]
    others = sorted((one for one in own if one not in hidden), key=lambda one: sheet.persons_at[one])
    if len(own) - len(others) < 2:
        yield frozenset(others[:1])
    columns = [one[1] for one in own if one in hidden]
    more = [found for row in order if (found := {(row, one) for one in columns} & sheet.peopled - hidden)]
    # Twice as many offices each time: what a few do not help needs most of them.
    yield frozenset().union(*more[: max(1, len(order) - len(more))])
    yield frozenset(others[:1])
    yield frozenset(one for one in sheet.peopled if None not in one)
