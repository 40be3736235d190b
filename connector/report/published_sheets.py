"""The counts of one month-end as sheets, and how far the people of a cell could be counted otherwise (pure).

That follows from what the counts mean: whoever has completed an item has not just begun it, and whoever has
everything has each item.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from connector.report.suppression import TOTAL, Cell, Place, Sheet

PERSONS, EVERYTHING, COMPLETE, BEGUN, LEARNERS = "persons", "everything", "complete", "begun", "learners"
Name = tuple[str, str]
"""What a sheet counts, and the code of the item or category that it is about; "" where it is about none."""

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
