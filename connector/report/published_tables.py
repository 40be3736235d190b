"""The closed list of tables that are published of a month-end, and how its sheets fill them (pure).

What is hidden is None in them, and from the same numbers it can be read again what was hidden.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from connector.report.published_sheets import (
    BEGUN,
    COMPLETE,
    EVERYTHING,
    LEARNERS,
    PERSONS,
    WHOLE,
    MonthCounts,
    Name,
)
from connector.report.published_worlds import Pattern
from connector.report.suppression import TOTAL, Hidden, Place

OFFICE_COMPETENCY = "office-competency"
OFFICE_GROUP = "office-group"
COMPETENCY_GROUP = "competency-group"
CATEGORY_OFFICE = "category-office"
MONTHS = "months"
TABLES = (OFFICE_COMPETENCY, OFFICE_GROUP, COMPETENCY_GROUP, CATEGORY_OFFICE, MONTHS)
ALL = ""
"""The key of a row or a column that is about everybody, or about everything that is asked."""


class Key(NamedTuple):
    """Of a cell: a table, an office or a group, and an item, a group or a category."""

    table: str
    row: str
    column: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of a cell; None: hidden, or not in its table. `hours` in millionths."""

    persons: int | None = None
    complete: int | None = None
    in_progress: int | None = None
    learners: int | None = None
    events: int | None = None
    hours: int | None = None


class Learnt(NamedTuple):
    """Learning events of an office in a category."""

    events: int
    hours: int


def fill(
    counts: MonthCounts, pattern: Pattern, learnt: Mapping[tuple[str, str], Learnt]
) -> Mapping[Key, Numbers]:
    """All tables of a month. `learnt`: by category and office."""
    return dict(
        [
            *((_key(place, ALL), _of_all(counts, pattern, place)) for place in _sums(counts)),
            *(
                (_key(place, item), _of_item(counts, pattern, place, item))
                for item in counts.items
                for place in _sums(counts)
                if place[1] is None or item in counts.required.get(place[1], ())
            ),
            *(
                (Key(OFFICE_GROUP, office, group), _of_all(counts, pattern, (office, group)))
                for office in counts.offices
                for group in counts.groups
            ),
            *_of_categories(counts, pattern, learnt),
        ]
    )


def _sums(counts: MonthCounts) -> list[Place]:
    return [TOTAL, *((office, None) for office in counts.offices), *((None, one) for one in counts.groups)]


def _key(place: Place, column: str) -> Key:
    office, group = place
    if office is not None:
        return Key(OFFICE_COMPETENCY, office, column)
    return Key(MONTHS, ALL, column) if group is None else Key(COMPETENCY_GROUP, group, column)


def _shown(counts: MonthCounts, pattern: Pattern, name: Name, place: Place) -> int | None:
    return None if place in pattern[name] else counts.sheets[name].values_at[place]


def _of_all(counts: MonthCounts, pattern: Pattern, place: Place) -> Numbers:
    return Numbers(
        persons=_shown(counts, pattern, (PERSONS, ""), place),
        complete=_shown(counts, pattern, (EVERYTHING, ""), place),
    )


def _of_item(counts: MonthCounts, pattern: Pattern, place: Place, item: str) -> Numbers:
    return Numbers(
        persons=_persons(counts, pattern, place, item),
        complete=_shown(counts, pattern, (COMPLETE, item), place),
        in_progress=_shown(counts, pattern, (BEGUN, item), place),
    )


def _persons(counts: MonthCounts, pattern: Pattern, place: Place, item: str) -> int | None:
    """Of whom an item is asked. Where that is not everybody, it tells of groups: only if these are shown."""
    sheet, hidden = counts.sheets[COMPLETE, item], pattern[PERSONS, ""]
    office, group = place
    if group is None and set(sheet.columns) != set(counts.groups):
        of = [(office, one) for one in counts.groups]
        if place in hidden or any(one in hidden for one in of):
            return None
        return sheet.persons_at[place]
    return _shown(counts, pattern, (PERSONS, ""), place)


def _of_categories(
    counts: MonthCounts, pattern: Pattern, learnt: Mapping[tuple[str, str], Learnt]
) -> Iterator[tuple[Key, Numbers]]:
    for category in counts.learners:
        every = [learnt.get((category, office), Learnt(0, 0)) for office in counts.offices]
        sums = Learnt(sum(one.events for one in every), sum(one.hours for one in every))
        for place, numbers in zip(
            [TOTAL, *((office, None) for office in counts.offices)], [sums, *every], strict=True
        ):
            learners = _shown(counts, pattern, (LEARNERS, category), place)
            shown = Numbers() if learners is None else Numbers(None, None, None, learners, *numbers)
            yield Key(CATEGORY_OFFICE, place[0] or ALL, category), shown


def hidden_in(counts: MonthCounts, cells: Mapping[Key, Numbers]) -> Pattern:
    """What was hidden of a month, from its tables."""
    return {name: frozenset(_hidden_of(counts, cells, name)) for name in counts.sheets}


def _hidden_of(counts: MonthCounts, cells: Mapping[Key, Numbers], name: Name) -> Hidden:
    what, code = name
    field = {PERSONS: "persons", BEGUN: "in_progress", LEARNERS: "learners"}.get(what, "complete")

    def key(place: Place) -> Key:
        if what == LEARNERS:
            return Key(CATEGORY_OFFICE, place[0] or ALL, code)
        if place[0] is not None and place[1] is not None:
            return Key(OFFICE_GROUP, place[0], place[1])
        return _key(place, code)

    sheet = counts.sheets[name]
    places = (one for one in sheet.places if WHOLE not in one and sheet.persons_at[one] > 0)
    return frozenset(one for one in places if getattr(cells.get(key(one), Numbers()), field) is None)
