"""How far a unit was at its last month-ends (SQL): what a chart draws. Remembered once read: closings never
change."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from connector.report.queries.basis import Basis
from connector.report.queries.months import closings_of
from mappings.counted import OUTSIDE, UNCLASSIFIED
from mappings.tables import unit_count

MOST_MONTHS = 25
MOST_KEPT = 100_000
"""Points of all units together, of a hundred octets each."""


class Point(NamedTuple):
    """A month-end: how many of the persons counted then had all that was asked of them."""

    as_of: date
    persons: int
    all_complete: int


class PastMonths:
    """The points asked for last; one for each database, used by many threads."""

    def __init__(self) -> None:
        self._points: OrderedDict[tuple[int, int, int], Point] = OrderedDict()
        self._lock = Lock()

    def read(self, conn: Connection, basis: Basis) -> Sequence[Point]:
        """The last month-ends up to the report's day, as known by its moment; the earliest first."""
        rows = closings_of(conn, basis)[-MOST_MONTHS:]
        keys = {row.id: (row.id, row.known_at, basis.unit.id) for row in rows}
        with self._lock:
            known = {id_: self._points[key] for id_, key in keys.items() if key in self._points}
        missing = {row.id: row.as_of_day for row in rows if row.id not in known}
        if missing:
            found = _points(conn, basis.unit.id, missing)
            self._keep({keys[id_]: point for id_, point in found.items()})
            known |= found
        return [known[row.id] for row in rows]

    def _keep(self, points: Mapping[tuple[int, int, int], Point]) -> None:
        with self._lock:
            self._points.update(points)
            while len(self._points) > MOST_KEPT:
                self._points.popitem(last=False)


def _points(conn: Connection, unit_id: int, days: Mapping[int, date]) -> dict[int, Point]:
    c = unit_count.c
    inside = c.group_code.not_in([OUTSIDE, UNCLASSIFIED])
    rows = conn.execute(
        select(c.closing_id, func.sum(c.persons), func.sum(c.all_complete))
        .where(c.closing_id.in_(list(days)), c.unit_id == unit_id, inside)
        .group_by(c.closing_id)
    )
    counted = {number: (int(persons), int(every)) for number, persons, every in rows}
    return {number: Point(day, *counted.get(number, (0, 0))) for number, day in days.items()}
