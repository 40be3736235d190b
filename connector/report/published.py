"""What is published of month-ends, for readers who see no single office's people: a closed list of tables.

Published is what a month's closing counted, once: small counts are hidden, and so many more that none can be
worked out (`connector.report.suppression`). What was published once stays as it was published: a later
closing of the same month would differ by few people, and tell of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine

from connector.report.errors import NotFound
from connector.report.published_patterns import hide, holds
from connector.report.published_sheets import (
    COMPLETE,
    EVERYTHING,
    LEARNERS,
    PERSONS,
    MonthCounts,
    Name,
)
from connector.report.published_tables import ALL, MONTHS, TABLES, Key, Numbers, fill, hidden_in
from connector.report.published_worlds import Pattern
from connector.report.queries.published import (
    Publication,
    read_cells,
    read_closings,
    read_counts,
    read_names,
    read_publications,
    write_publication,
)
from connector.report.suppression import Place, Room
from connector.report.thai import group_name
from lrs.clock import from_micros, to_micros
from mappings.counted import MILLIONTHS

__all__ = ["ALL", "MONTHS", "TABLES", "PublishedCell", "PublishedTable", "publish_months", "read_published"]


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """One cell; counts are None where they are hidden, or not in this table.

    `row`: an office's uid, a group, or in `months` the month-end; empty: all offices. `column`: the code of
    a competency, a group or a category; empty: everything that is asked, of everybody.
    """

    row: str
    row_name: str
    column: str
    column_name: str
    persons: int | None
    complete: int | None
    in_progress: int | None
    learners: int | None
    events: int | None
    hours: float | None

    @property
    def not_started(self) -> int | None:
        """Everybody else; None where one of the others is."""
        if self.persons is None or self.complete is None or self.in_progress is None:
            return None
        return self.persons - self.complete - self.in_progress

    @property
    def share(self) -> float | None:
        """The complete of the persons, 0 to 1; None where one of them is hidden."""
        if not self.persons or self.complete is None:
            return None
        return self.complete / self.persons


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One of TABLES at a month-end; `months` has a row for each month-end up to it."""

    name: str
    as_of: date
    known_at: datetime
    published_at: datetime
    framework_code: str
    framework_version: str
    threshold: int
    cells: tuple[PublishedCell, ...]


def publish_months(engine: Engine, threshold: int, now: datetime) -> list[date]:
    """Publish the closed month-ends after the last one that was; which. A transaction each."""
    with engine.connect() as conn:
        last = next(reversed(read_publications(conn)), None)
        closings = read_closings(conn, None if last is None else last.as_of)
    for one in closings:
        with engine.begin() as conn:
            counts, learnt = read_counts(conn, one.id)
            pattern = hide_beside(counts, threshold, _earlier(conn))
            write_publication(conn, one, threshold, to_micros(now), fill(counts, pattern, learnt))
    return [one.as_of_day for one in closings]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A month that is published: its counts, what was hidden of it, and what the month before it shows."""

    counts: MonthCounts
    pattern: Pattern
    threshold: int
    before: "Earlier | None" = None


def _earlier(conn: Connection) -> Earlier | None:
    """The last published month, and the one before."""
    found = None
    for one in read_publications(conn)[-2:]:
        counts, _ = read_counts(conn, one.closing_id)
        found = Earlier(counts, hidden_in(counts, read_cells(conn, one.id)), one.threshold, found)
    return found


def hide_beside(counts: MonthCounts, threshold: int, earlier: Earlier | None) -> Pattern:
    """What to hide of a month, so that neither it nor the month before can be worked out from both.

    Where the month before would not hold beside it, what was hidden of that stays hidden.
    """
    if earlier is None:
        return hide(counts, threshold, {}, {})
    # How many people there are hardly changes from month to month: what is hidden of that stays so.
    keep: dict[Name, frozenset[Place]] = {(PERSONS, ""): earlier.pattern[PERSONS, ""]}
    rooms = _rooms(counts, earlier.counts, earlier.pattern, 1)
    before = earlier.before
    behind = {} if before is None else _rooms(earlier.counts, before.counts, before.pattern, 1)
    while True:
        pattern = hide(counts, threshold, keep, rooms)
        after = _rooms(earlier.counts, counts, pattern, -1)
        both = {name: {**behind.get(name, {}), **after.get(name, {})} for name in {*behind, *after}}
        failing = holds(earlier.counts, earlier.pattern, earlier.threshold, both)
        failing = [name for name in failing if name in pattern and not keep.get(name)]
        if not failing:
            return pattern
        keep |= {name: earlier.pattern[name] for name in failing}


def _rooms(counts: MonthCounts, other: MonthCounts, shown: Pattern, way: int) -> Mapping[Name, Room]:
    """How far hidden counts can go until they meet what another month shows of the same place.

    Completions only grow, unless people leave: `way` is 1 where the other month is the earlier one.
    """
    found: dict[Name, Room] = {}
    for name, sheet in counts.sheets.items():
        if name[0] not in (COMPLETE, EVERYTHING, LEARNERS) or name not in other.sheets:
            continue
        beside = other.sheets[name]
        steps = {
            place: (sheet.values_at[place] - beside.values_at[place]) * way
            for place in sheet.places & beside.places - shown[name]
            if beside.persons_at[place] > 0
        }
        found[name] = {(place, -way): step for place, step in steps.items() if step >= 0}
    return found


def find_publication(conn: Connection, table: str, month_end: date | None) -> Publication:
    """That of a month-end (None: the last). Raises NotFound: no such table, or nothing was published."""
    found = [one for one in read_publications(conn) if month_end in (None, one.as_of)]
    if table not in TABLES or not found:
        raise NotFound("ไม่มีตารางที่เผยแพร่ตามที่ระบุ")
    return found[-1]


def read_published(
    conn: Connection, table: str, month_end: date | None = None, *, rows: Iterable[str] | None = None
) -> PublishedTable:
    """A table as it was published at a month-end (None: the last). `rows`: only these offices and groups.

    Raises NotFound: there is no such table, or nothing was published of that day.
    """
    last = find_publication(conn, table, month_end)
    publications = [one for one in read_publications(conn) if one.as_of <= last.as_of]
    wanted = None if rows is None else set(rows)
    cells = [
        cell
        for one in (publications if table == MONTHS else [last])
        for cell in _cells(conn, one, table)
        if wanted is None or cell.row in wanted
    ]
    return PublishedTable(
        name=table,
        as_of=last.as_of,
        known_at=from_micros(last.known_at),
        published_at=from_micros(last.published_at),
        framework_code=last.framework_code,
        framework_version=last.framework_version,
        threshold=last.threshold,
        cells=tuple(cells),
    )


def _cells(conn: Connection, of: Publication, table: str) -> Sequence[PublishedCell]:
    names = read_names(conn, of.framework_id)
    return [_cell(key, numbers, of, names) for key, numbers in sorted(read_cells(conn, of.id, table).items())]


def _cell(key: Key, numbers: Numbers, of: Publication, names: Mapping[str, str]) -> PublishedCell:
    row = of.as_of.isoformat() if key.table == MONTHS else key.row
    return PublishedCell(
        row=row,
        row_name=names.get(row) or _group(row),
        column=key.column,
        column_name=names.get(key.column) or _group(key.column),
        persons=numbers.persons,
        complete=numbers.complete,
        in_progress=numbers.in_progress,
        learners=numbers.learners,
        events=numbers.events,
        hours=None if numbers.hours is None else numbers.hours / MILLIONTHS,
    )


def _group(code: str) -> str:
    return group_name(code) if len(code) == 1 else code
