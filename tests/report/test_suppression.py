"""Whoever has all that is published, of adjacent months too, cannot work out what is hidden.

The attacker knows what the counts mean and solves what follows: sums of rows and columns, nobody completed
and begun alike, whoever has everything has each item, completions only grow. By elimination and by bounds.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

import pytest

from connector.report.published import Earlier, hide_beside
from connector.report.published_patterns import small_places
from connector.report.published_sheets import (
    BEGUN,
    COMPLETE,
    EVERYTHING,
    LEARNERS,
    PERSONS,
    MonthCounts,
    Name,
)
from connector.report.published_worlds import Pattern
from connector.report.suppression import TOTAL, Place, Sheet

THRESHOLD = 5
GROUPS = ("A", "M", "S", "T")
ITEMS = ("D1", "D2", "D3")
SIZES = {"A": (0, 3, 9), "M": (2, 6, 14), "S": (4, 30, 90), "T": (0, 1, 3)}
Variable = tuple[int, Name, Place]
Bounds = dict[Variable, tuple[int, int]]


class Country:
    """People who finish one item after the other, month by month."""

    def __init__(self, seed: int, offices: int) -> None:
        self.draw = random.Random(seed)
        self.offices = [f"o{n}" for n in range(offices)]
        self.people = [
            (office, group, dict.fromkeys(ITEMS, 0))
            for office in self.offices
            for group in GROUPS
            for _ in range(self.draw.choice(SIZES[group]))
        ]
        self.speed = self.draw.choice((0.02, 0.1, 0.3, 0.6))

    def month(self) -> MonthCounts:
        for _, _, states in self.people:
            for item in ITEMS:
                if self.draw.random() < self.speed:
                    states[item] = min(2, states[item] + self.draw.choice((1, 2)))
        cells = [(office, group) for office, group, _ in self.people]

        def count(item: str, state: int) -> Counter[tuple[str, str]]:
            return Counter((office, group) for office, group, of in self.people if of[item] == state)

        every = Counter((office, group) for office, group, of in self.people if set(of.values()) == {2})
        learners = Counter(office for office, _, of in self.people if any(of.values()))
        return MonthCounts(
            offices=[one for one in self.offices if one in {office for office, _ in cells}],
            groups=GROUPS,
            items=ITEMS,
            required=dict.fromkeys(GROUPS, frozenset(ITEMS)),
            persons=Counter(cells),
            everything=every,
            complete={item: count(item, 2) for item in ITEMS},
            begun={item: count(item, 1) for item in ITEMS},
            learners={"LC70": learners},
        )


class Attacker:
    """Knows what is shown; `bounds` is what each count can be, as far as is worked out."""

    def __init__(self, months: list[tuple[MonthCounts, Pattern]]) -> None:
        self.sums: list[tuple[Variable, list[Variable]]] = []
        self.at_most: list[tuple[list[Variable], Variable]] = []
        self.bounds: Bounds = {}
        self.hidden: list[Variable] = []
        for number, (counts, pattern) in enumerate(months):
            for name, sheet in counts.sheets.items():
                self._read(number, name, sheet, pattern[name])
            self._meanings(number, counts)
        for number, ((before, _), (after, _)) in enumerate(pairwise(months)):
            for name, sheet in before.sheets.items():
                if name[0] in (COMPLETE, EVERYTHING, LEARNERS):
                    for place in set(sheet.values_at) & set(after.sheets[name].values_at):
                        self.at_most.append(([(number, name, place)], (number + 1, name, place)))

    def _read(self, number: int, name: Name, sheet: Sheet, hidden: frozenset[Place]) -> None:
        most = sheet.persons_at[TOTAL] * 2
        for place, value in sheet.values_at.items():
            shown = (place in sheet.places and place not in hidden) or sheet.persons_at[place] == 0
            self.bounds[number, name, place] = (value, value) if shown else (0, most)
        self.hidden += [(number, name, place) for place in hidden]
        cells = list(sheet.value)
        rows: dict[Place, list[Variable]] = {}
        for row, column in cells:
            for place in ((row, None), (None, column)):
                rows.setdefault(place, []).append((number, name, (row, column)))
        self.sums += [((number, name, place), of) for place, of in rows.items()]
        for side in (0, 1):
            of = [(number, name, place) for place in rows if place[side] is None]
            self.sums.append(((number, name, TOTAL), of))

    def _meanings(self, number: int, counts: MonthCounts) -> None:
        for place in counts.sheets[PERSONS, ""].values_at:
            persons, every = (number, (PERSONS, ""), place), (number, (EVERYTHING, ""), place)
            for item in ITEMS:
                complete, begun = (number, (COMPLETE, item), place), (number, (BEGUN, item), place)
                self.at_most += [([complete, begun], persons), ([every], complete)]

    def pinned(self) -> set[Variable]:
        """The hidden counts that can only be what they are."""
        while any([*map(self._sum, self.sums), *map(self._limit, self.at_most)]):
            pass
        found = {one for one in self.hidden if self.bounds[one][0] == self.bounds[one][1]}
        return found | (set(self._solved()) & set(self.hidden))

    def _sum(self, equation: tuple[Variable, list[Variable]]) -> bool:
        whole, parts = equation
        low, high = (sum(self.bounds[one][side] for one in parts) for side in (0, 1))
        changed = self._narrow(whole, low, high)
        floor, ceiling = self.bounds[whole]
        for one in parts:
            least, most = self.bounds[one]
            changed |= self._narrow(one, floor - (high - most), ceiling - (low - least))
        return changed

    def _limit(self, unequal: tuple[list[Variable], Variable]) -> bool:
        few, many = unequal
        low = sum(self.bounds[one][0] for one in few)
        changed = self._narrow(many, low, self.bounds[many][1])
        for one in few:
            rest = low - self.bounds[one][0]
            changed |= self._narrow(one, 0, self.bounds[many][1] - rest)
        return changed

    def _narrow(self, one: Variable, low: int, high: int) -> bool:
        before = self.bounds[one]
        self.bounds[one] = (max(before[0], low), min(before[1], high))
        assert self.bounds[one][0] <= self.bounds[one][1], one
        return self.bounds[one] != before

    def _solved(self) -> Iterator[Variable]:
        """By elimination, exactly: unknowns that the equations alone determine."""
        for name in {(number, name) for number, name, _ in self.bounds}:
            rows = [
                {one: Fraction(1 if one != whole else -1) for one in (whole, *parts)}
                for whole, parts in self.sums
                if whole[:2] == name
            ]
            unknown = [{k: v for k, v in row.items() if self._is_open(k)} for row in rows]
            yield from (next(iter(row)) for row in eliminated(unknown) if len(row) == 1)

    def _is_open(self, one: Variable) -> bool:
        return self.bounds[one][0] != self.bounds[one][1]


def eliminated(rows: Iterable[Mapping[Variable, Fraction]]) -> list[dict[Variable, Fraction]]:
    """The reduced rows: Gauss and Jordan."""
    solved: dict[Variable, dict[Variable, Fraction]] = {}
    for given in rows:
        row = dict(given)
        for pivot in [one for one in row if one in solved]:
            row = less(row, solved[pivot], row[pivot])
        if not row:
            continue
        pivot, factor = next(iter(row.items()))
        row = {k: v / factor for k, v in row.items()}
        solved = {k: less(v, row, v[pivot]) if pivot in v else v for k, v in solved.items()}
        solved[pivot] = row
    return list(solved.values())


def less(
    row: Mapping[Variable, Fraction], other: Mapping[Variable, Fraction], times: Fraction
) -> dict[Variable, Fraction]:
    found = {k: row.get(k, Fraction(0)) - times * other.get(k, Fraction(0)) for k in {**row, **other}}
    return {k: v for k, v in found.items() if v}


def published(months: Iterable[MonthCounts]) -> list[tuple[MonthCounts, Pattern]]:
    found: list[tuple[MonthCounts, Pattern]] = []
    earlier: Earlier | None = None
    for counts in months:
        pattern = hide_beside(counts, THRESHOLD, earlier)
        before = None if earlier is None else Earlier(earlier.counts, earlier.pattern, THRESHOLD)
        earlier = Earlier(counts, pattern, THRESHOLD, before)
        found.append((counts, pattern))
    return found


def shares(months: list[tuple[MonthCounts, Pattern]], what: str) -> float:
    """How much of such sheets is shown."""
    places = [
        (place in pattern[name])
        for counts, pattern in months
        for name, sheet in counts.sheets.items()
        for place in sheet.places
        if name[0] == what
    ]
    return 1 - sum(places) / len(places)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_hidden_can_be_worked_out(seed: int) -> None:
    country = Country(seed, offices=2 + seed)
    months = published(country.month() for _ in range(3))
    assert Attacker(months).pinned() == set()
    for counts, pattern in months:
        for name, sheet in counts.sheets.items():
            assert sheet.with_cells(small_places(counts, name, sheet, THRESHOLD)) <= pattern[name]


def test_without_hiding_more_the_attack_succeeds() -> None:
    """What is small alone is hidden: then it is found out."""
    found = 0
    for seed in range(6):
        counts = Country(seed, offices=2 + seed).month()
        small = {
            name: sheet.with_cells(small_places(counts, name, sheet, THRESHOLD))
            for name, sheet in counts.sheets.items()
        }
        found += len(Attacker([(counts, small)]).pinned())
    assert found > 20


def of_one_group(offices: Mapping[str, tuple[int, int]]) -> MonthCounts:
    """Offices with so many people, so many of whom have completed each item."""
    persons = {(office, "S"): people for office, (people, _) in offices.items()}
    done = {(office, "S"): complete for office, (_, complete) in offices.items()}
    return MonthCounts(
        offices=sorted(offices),
        groups=("S",),
        items=ITEMS,
        required={"S": frozenset(ITEMS)},
        persons=persons,
        everything={cell: number // 2 for cell, number in done.items()},
        complete=dict.fromkeys(ITEMS, done),
        begun=dict.fromkeys(ITEMS, dict.fromkeys(done, 0)),
        learners={},
    )


def test_months_before_and_after_do_not_give_one_away() -> None:
    """A new office with four: the next one, hidden for its sake, is shown before and after as it stays."""
    others = {"o3": (90, 60), "o4": (120, 70)}
    counts = [
        of_one_group({"o2": (60, 40), **others}),
        of_one_group({"o1": (10, 4), "o2": (60, 40), **others, "o4": (120, 78)}),
        of_one_group({"o1": (10, 5), "o2": (60, 40), **others, "o4": (120, 84)}),
    ]
    alone = Attacker([(one, hide_beside(one, THRESHOLD, None)) for one in counts]).pinned()
    assert (1, (COMPLETE, "D1"), ("o1", None)) in alone
    assert Attacker(published(counts)).pinned() == set()


def test_most_of_a_country_is_shown() -> None:
    country = Country(3, offices=60)
    country.speed = 0.3
    assert shares(published([country.month()]), COMPLETE) > 0.7
