"""What is hidden of a month-end's sheets, and whether that is enough (pure)."""

from collections.abc import Mapping

from connector.report.published_sheets import BEGUN, COMPLETE, EVERYTHING, PERSONS, MonthCounts, Name
from connector.report.published_worlds import Pattern, freedoms_of
from connector.report.suppression import Freedom, Hidden, Room, Rule, Sheet, find_failing, is_small, protect

Rooms = Mapping[Name, Room]


def hide(counts: MonthCounts, threshold: int, before: Pattern, rooms: Rooms) -> Pattern:
    """What has to be hidden of a month, whatever is small to begin with.

    `before`: what should be hidden because it was in the month before; `rooms`: what that month shows.
    """
    sheets = counts.sheets
    pattern = {
        name: sheet.with_cells(small_places(counts, name, sheet, threshold) | before.get(name, frozenset()))
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
    if _all_is_hidden(counts, pattern):
        return []
    return [
        name
        for name, sheet in counts.sheets.items()
        if not (_is_nowhere(counts, name) and pattern[name] == sheet.peopled)
        and find_failing(
            sheet, pattern[name], freedoms_of(counts, pattern, name), _rule(counts, name, threshold, rooms)
        )
    ]


def _hide_one(
    counts: MonthCounts, pattern: dict[Name, Hidden], name: Name, threshold: int, rooms: Rooms
) -> None:
    sheet = counts.sheets[name]

    def freedoms(hidden: Hidden) -> list[Freedom]:
        return freedoms_of(counts, {**pattern, name: hidden}, name)

    rule = _rule(counts, name, threshold, rooms)
    pattern[name], enough = protect(sheet, pattern[name], freedoms, _order(counts, pattern), rule)
    if name[0] == COMPLETE:
        # Where the completed are hidden the begun are: one person's state may be exchanged for another's.
        begun = (BEGUN, name[1])
        pattern[begun] = counts.sheets[begun].with_cells(pattern[begun] | pattern[name])
    if not enough and not _is_nowhere(counts, name):
        pattern |= {other: counts.sheets[other].peopled for other in counts.sheets}


def _rule(counts: MonthCounts, name: Name, threshold: int, rooms: Rooms) -> Rule:
    small = small_places(counts, name, counts.sheets[name], threshold)
    return Rule(threshold, small, rooms.get(name, {}))


def _is_nowhere(counts: MonthCounts, name: Name) -> bool:
    """Whether it is enough to show nothing of a sheet. Who has begun an item follows from nothing else: those
    who are left are more than a few, or may be more. Nor does who has everything, where there are several
    items, each with more than a few who lack it."""
    several = all(len(items) > 1 for items in counts.required.values())
    return name[0] == BEGUN or (name[0] == EVERYTHING and several)


def small_places(counts: MonthCounts, name: Name, sheet: Sheet, threshold: int) -> Hidden:
    """What of a sheet tells too much by itself: few people, or all but few."""
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


def _all_is_hidden(counts: MonthCounts, pattern: Pattern) -> bool:
    return all(pattern[name] == sheet.peopled for name, sheet in counts.sheets.items())


def _order(counts: MonthCounts, pattern: Pattern) -> list[str]:
    """Offices, those first of which most is hidden anyway, then the smallest."""
    hidden = {
        office: sum((office, None) in places for places in pattern.values()) for office in counts.offices
    }
    persons = counts.sheets[PERSONS, ""].persons_at
    return sorted(counts.offices, key=lambda one: (-hidden[one], persons[one, None], one))
