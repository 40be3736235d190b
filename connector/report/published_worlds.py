"""The other worlds that show the same of a month-end as the true one: how far counts differ in them (pure).

Every world keeps what the counts mean: whoever has completed an item has not just begun it, and whoever has
everything has each item.
"""

from collections.abc import Mapping

from connector.report.published_sheets import (
    BEGUN,
    COMPLETE,
    EVERYTHING,
    LEARNERS,
    PERSONS,
    MonthCounts,
    Name,
)
from connector.report.suppression import TOTAL, Cell, Freedom, Hidden

Pattern = Mapping[Name, Hidden]
"""What is hidden of each sheet."""


def freedoms_of(counts: MonthCounts, pattern: Pattern, name: Name) -> list[Freedom]:
    """How the people of a sheet can be counted otherwise, all other sheets staying as they are."""
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
        item for item in counts.items if pattern[COMPLETE, item] != counts.sheets[COMPLETE, item].peopled
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
    return {} if pattern[EVERYTHING, ""] == sheet.peopled else sheet.value


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
