"""The counts of one month-end as sheets, and what of them is hidden (pure).

Which worlds there are beside the true one follows from what the counts mean: whoever has completed an item
has not just begun it, and whoever has everything has each item. Every world that is built here keeps this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from connector.report.suppression import (
    TOTAL,
    Cell,
    Freedom,
    Hidden,
    Place,
    Room,
    Rule,
    Sheet,
    find_failing,
    is_small,
    protect,
)

PERSONS, EVERYTHING, COMPLETE, BEGUN, LEARNERS = "persons", "everything", "complete", "begun", "learners"
Name = tuple[str, str]
"""What a sheet counts, and the code of the item or category that it is about; "" where it is about none."""

Pattern = Mapping[Name, Hidden]
Rooms = Mapping[Name, Room]
WHOLE = "*"
"""The one column of a sheet that is not told apart by group."""


@dataclass(frozen=True)
class MonthCounts:
    """What was counted at a month-end by office and group, each person once. `required`: group -> items."""

    offices: Sequence[str]
    groups: Sequence[str]
    items: Sequence[str]
    required: Mapping[str, frozenset[str]]
    persons: Mapping[Cell, int]
    everything: Mapping[Cell, int]
    complete: Mapping[str, Mapping[Cell, int]]
    begun: Mapping[str, Mapping[Cell, int]]
    learners: Mapping[str, Mapping[str, int]]

    @cached_property
    def sheets(self) -> Mapping[Name, Sheet]:
        """By name, in the order in which they are looked at."""
        people = replace(self._sheet(self.persons, self.groups, cells=True), rest=False)
        found: dict[Name, Sheet] = {(PERSONS, ""): people}
        for item in self.items:
            asked = [group for group in self.groups if item in self.required.get(group, ())]
            found[COMPLETE, item] = self._sheet(self.complete[item], asked)
            found[BEGUN, item] = self._sheet(self.begun[item], asked)
        found[EVERYTHING, ""] = self._sheet(self.everything, self.groups, cells=True)
        for category, learners in self.learners.items():
            found[LEARNERS, category] = self._of_category(learners)
        return found

    @cached_property
    def missing(self) -> Mapping[Cell, int]:
        """How many more completions there can be in a cell before somebody more must have everything."""
        found = {}
        for cell, persons in self.persons.items():
            done = sum(persons - self.complete[item].get(cell, 0) for item in self._asked(cell))
            found[cell] = max(0, done - (persons - self.everything.get(cell, 0)))
        return found

    @cached_property
    def idle(self) -> Mapping[Cell, int]:
        """How many people of a cell can have begun nothing, the rest having done as much as they can have."""
        found = {}
        for cell, persons in self.persons.items():
            every, asked = self.everything.get(cell, 0), self._asked(cell)
            partly = [self.complete[item].get(cell, 0) - every for item in asked]
            begun = [self.begun[item].get(cell, 0) for item in asked]
            most = max([0, *(a + b for a, b in zip(partly, begun, strict=True))])
            # Each of them lacks one item at least.
            spread = -(-sum(partly) // (len(asked) - 1)) if len(asked) > 1 else sum(partly)
            found[cell] = max(0, persons - every - max(most, spread))
        return found

    @cached_property
    def nearly(self) -> Sequence[Mapping[Cell, int]]:
        """How many people of a cell can lack one item alone: by item, those who have begun it or have not."""
        return [self._lacking(item, begun) for item in self.items for begun in (False, True)]

    def _lacking(self, item: str, begun: bool) -> Mapping[Cell, int]:
        found = {}
        for cell, persons in self.persons.items():
            asked = self._asked(cell)
            lack = {one: persons - self.complete[one].get(cell, 0) for one in asked}
            others = max((lack[one] for one in asked if one != item), default=0)
            started = self.begun[item].get(cell, 0)
            own = started if begun else lack.get(item, 0) - started
            found[cell] = max(0, min(own, persons - self.everything.get(cell, 0) - others))
        return found

    @cached_property
    def _bounds(self) -> dict[frozenset[str], tuple[Mapping[Cell, int], Mapping[Cell, int]]]:
        return {}

    def bounds(self, shown: frozenset[str]) -> tuple[Mapping[Cell, int], Mapping[Cell, int]]:
        """How far those who have everything can be more or fewer, beside what these items count."""
        if shown not in self._bounds:
            self._bounds[shown] = self._bounds_of(shown)
        return self._bounds[shown]

    def _bounds_of(self, shown: frozenset[str]) -> tuple[Mapping[Cell, int], Mapping[Cell, int]]:
        up, down = {}, {}
        for cell, persons in self.persons.items():
            every, asked = self.everything.get(cell, 0), self._asked(cell)
            done = [self.complete[item].get(cell, 0) for item in asked if item in shown]
            up[cell] = min([persons, *done]) - every
            down[cell] = min(every, self.missing.get(cell, 0)) if len(done) == len(asked) else every
        return up, down

    def _asked(self, cell: Cell) -> Sequence[str]:
        return [item for item in self.items if item in self.required.get(cell[1], ())]

    def _sheet(self, counts: Mapping[Cell, int], groups: Sequence[str], *, cells: bool = False) -> Sheet:
        every = [(office, group) for office in self.offices for group in groups]
        sums: list[Place] = [(office, None) for office in self.offices]
        sums += [(None, group) for group in groups]
        places = frozenset([*sums, TOTAL, *(every if cells else ())])
        value = {cell: counts.get(cell, 0) for cell in every}
        return Sheet(self.offices, groups, value, {c: self.persons.get(c, 0) for c in every}, places)

    def _of_category(self, learners: Mapping[str, int]) -> Sheet:
        value = {(office, WHOLE): learners.get(office, 0) for office in self.offices}
        # Whoever has posts in two offices has learnt in both.
        people = {
            cell: max(number, sum(self.persons.get((cell[0], group), 0) for group in self.groups))
            for cell, number in value.items()
        }
        sums: list[Place] = [(office, None) for office in self.offices]
        return Sheet(self.offices, (WHOLE,), value, people, frozenset([*sums, TOTAL]))


def hide(counts: MonthCounts, threshold: int, before: Pattern, rooms: Rooms) -> Pattern:
    """What has to be hidden of a month, whatever is small to begin with.

    `before`: what should be hidden because it was in the month before; `rooms`: what that month shows.
    """
    sheets = counts.sheets
    pattern = {
        name: sheet.with_cells(_small(counts, name, sheet, threshold) | before.get(name, frozenset()))
        for name, sheet in sheets.items()
    }
    while True:
        held = dict(pattern)
        for name in sheets:
            _hide_one(counts, pattern, name, threshold, rooms)
        if pattern == held:
            return pattern


def holds(counts: MonthCounts, pattern: Pattern, threshold: int, rooms: Rooms) -> list[Name]:
    """The sheets of which something hidden could be worked out too closely."""
    return [
        name
        for name, sheet in counts.sheets.items()
        if find_failing(
            sheet,
            pattern[name],
            _freedoms(counts, pattern, name),
            Rule(threshold, _small(counts, name, sheet, threshold), rooms.get(name, {})),
        )
        is not None
        and not (_is_nowhere(counts, name) and pattern[name] == _everything_of(sheet))
        and not _all_is_hidden(counts, pattern)
    ]


def _hide_one(
    counts: MonthCounts, pattern: dict[Name, Hidden], name: Name, threshold: int, rooms: Rooms
) -> None:
    sheet = counts.sheets[name]

    def freedoms(hidden: Hidden) -> list[Freedom]:
        return _freedoms(counts, {**pattern, name: hidden}, name)

    order = _order(counts, pattern)
    rule = Rule(threshold, _small(counts, name, sheet, threshold), rooms.get(name, {}))
    pattern[name], enough = protect(sheet, pattern[name], freedoms, order, rule)
    if name[0] == COMPLETE:
        # Where the completed are hidden the begun are: one person's state may be exchanged for another's.
        begun = (BEGUN, name[1])
        pattern[begun] = counts.sheets[begun].with_cells(pattern[begun] | pattern[name])
    if not enough and not _is_nowhere(counts, name):
        pattern |= {other: _everything_of(counts.sheets[other]) for other in counts.sheets}


def _is_nowhere(counts: MonthCounts, name: Name) -> bool:
    """Whether it is enough to show nothing of a sheet. Who has begun an item follows from nothing else: those
    who are left are more than a few, or may be more. Nor does who has everything, where there are several
    items, each with more than a few who lack it."""
    several = all(len(items) > 1 for items in counts.required.values())
    return name[0] == BEGUN or (name[0] == EVERYTHING and several)


def _small(counts: MonthCounts, name: Name, sheet: Sheet, threshold: int) -> Hidden:
    found = set()
    for place in sheet.places:
        count, of = sheet.values_at[place], sheet.persons_at[place]
        if name[0] == PERSONS:
            small = 0 < count < threshold
        elif name[0] == BEGUN:
            # Those who have not begun can be worked out where the completed are shown.
            left = of - counts.sheets[COMPLETE, name[1]].values_at[place]
            small = is_small(count, left, threshold) or (of > 0 and left == 0)
        else:
            small = is_small(count, of, threshold)
        if small:
            found.add(place)
    return frozenset(found)


def _everything_of(sheet: Sheet) -> Hidden:
    return frozenset(one for one in sheet.places if sheet.persons_at[one] > 0)


def _all_is_hidden(counts: MonthCounts, pattern: Pattern) -> bool:
    return all(pattern[name] == _everything_of(sheet) for name, sheet in counts.sheets.items())


def _order(counts: MonthCounts, pattern: Pattern) -> list[str]:
    """Offices, those first of which most is hidden anyway, then the smallest."""
    hidden = {
        office: sum((office, None) in places for places in pattern.values()) for office in counts.offices
    }
    persons = counts.sheets[PERSONS, ""].persons_at
    return sorted(counts.offices, key=lambda one: (-hidden[one], persons[one, None], one))


def _freedoms(counts: MonthCounts, pattern: Pattern, name: Name) -> list[Freedom]:
    what, code = name
    hidden = pattern[name]
    if what == PERSONS:
        return _of_persons(counts, pattern)
    if what == EVERYTHING:
        return _of_everything(counts, pattern)
    sheet = counts.sheets[name]
    if what == LEARNERS:
        return [Freedom(_less(sheet.persons, sheet.value), sheet.value, hidden)]
    whole = Freedom(_less(sheet.persons, sheet.value), sheet.value, _hidden_in_all(counts, pattern))
    if what == COMPLETE:
        return [_of_complete(counts, pattern, code), whole]
    return [*_of_begun(counts, pattern, code), whole]


def _of_complete(counts: MonthCounts, pattern: Pattern, item: str) -> Freedom:
    """States of an item are exchanged; nobody comes to have everything by it, or to have it no more."""
    sheet = counts.sheets[COMPLETE, item]
    every, missing = _shown_everything(counts, pattern), _missing(counts, pattern)
    up = {cell: min(sheet.persons[cell] - sheet.value[cell], missing.get(cell, 0)) for cell in sheet.value}
    return Freedom(up, _less(sheet.value, every), pattern[COMPLETE, item])


def _of_begun(counts: MonthCounts, pattern: Pattern, item: str) -> list[Freedom]:
    """Begun are exchanged for not begun; or, where the completed are hidden too, for completed."""
    complete, sheet = counts.sheets[COMPLETE, item], counts.sheets[BEGUN, item]
    every, missing = _shown_everything(counts, pattern), _missing(counts, pattern)
    left = _less(_less(sheet.persons, complete.value), sheet.value)
    both = pattern[COMPLETE, item] & pattern[BEGUN, item]
    more = {cell: left[cell] + complete.value[cell] - every.get(cell, 0) for cell in left}
    fewer = {cell: min(number, missing.get(cell, 0)) for cell, number in sheet.value.items()}
    return [Freedom(left, sheet.value, pattern[BEGUN, item]), Freedom(more, fewer, both)]


def _of_everything(counts: MonthCounts, pattern: Pattern) -> list[Freedom]:
    """Within a cell people exchange states, so that others have everything; or, in squares, all they have; or
    all states of people of offices of which nothing is shown."""
    sheet, hidden = counts.sheets[EVERYTHING, ""], pattern[EVERYTHING, ""]
    whole = Freedom(_less(sheet.persons, sheet.value), sheet.value, _hidden_in_all(counts, pattern))
    shown = frozenset(
        item
        for item in counts.items
        if pattern[COMPLETE, item] != _everything_of(counts.sheets[COMPLETE, item])
    )
    squares = [Freedom(up, sheet.value, hidden, squares=True) for up in (counts.idle, *counts.nearly)]
    return [Freedom(*counts.bounds(shown), hidden), *squares, whole]


def _of_persons(counts: MonthCounts, pattern: Pattern) -> list[Freedom]:
    """People who have begun nothing are elsewhere; or, in squares, people who have the same record."""
    sheet, every = counts.sheets[PERSONS, ""], counts.sheets[EVERYTHING, ""]
    more = dict.fromkeys(sheet.value, sheet.persons_at[TOTAL])
    hidden = pattern[PERSONS, ""]
    both = hidden & pattern[EVERYTHING, ""]
    return [
        Freedom(more, counts.idle, hidden),
        Freedom(more, every.value, both, squares=True),
        *(Freedom(more, down, hidden, squares=True) for down in counts.nearly),
    ]


def _shown_everything(counts: MonthCounts, pattern: Pattern) -> Mapping[Cell, int]:
    """How many have everything; nobody where no such number is shown at all, so that it may be any."""
    sheet = counts.sheets[EVERYTHING, ""]
    return {} if pattern[EVERYTHING, ""] == _everything_of(sheet) else sheet.value


def _missing(counts: MonthCounts, pattern: Pattern) -> Mapping[Cell, int]:
    """How many more completions there can be in a cell before somebody more must have everything."""
    return counts.missing if _shown_everything(counts, pattern) else counts.persons


def _hidden_in_all(counts: MonthCounts, pattern: Pattern) -> Hidden:
    """Sums of which nothing about learning by item is shown: people there may exchange all their states."""
    sheets = [name for name in counts.sheets if name[0] in (COMPLETE, BEGUN, EVERYTHING)]
    shown = {place for name in sheets for place in counts.sheets[name].places - pattern[name]}
    return frozenset(place for name in sheets for place in pattern[name] if place not in shown)


def _less(many: Mapping[Cell, int], few: Mapping[Cell, int]) -> dict[Cell, int]:
    return {cell: number - few.get(cell, 0) for cell, number in many.items()}
