"""The chart of months as shapes in the coordinates of an SVG picture: 0,0 is its upper left corner."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from connector.report.queries.overview import Row
from connector.report.queries.past_months import Point
from connector.report.thai import share, thai_date

WIDTH, HEIGHT = 760, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 24, 22, 34
_FEWEST = 2
_MOST_LABELS = 13


class Mark(NamedTuple):
    """A month-end: its place, what it says, and whether there is room for its name below and its number."""

    x: float
    y: float
    month: str
    percent: float
    point: Point
    named: bool


class Chart(NamedTuple):
    """`line`: the points of a polyline; `area`: the same, down to the ground; `grid`: (y, per cent)."""

    marks: tuple[Mark, ...]
    line: str
    area: str
    grid: tuple[tuple[float, int], ...]


def chart_of(points: Sequence[Point]) -> Chart | None:
    """Shares of who had passed all, from 0 to 100; None where there are too few months for a line."""
    counted = [point for point in points if point.persons]
    if len(counted) < _FEWEST:
        return None
    marks = tuple(_mark(number, point, len(counted)) for number, point in enumerate(counted))
    line = " ".join(f"{mark.x},{mark.y}" for mark in marks)
    ground = _y(0)
    return Chart(
        marks=marks,
        line=line,
        area=f"{marks[0].x},{ground} {line} {marks[-1].x},{ground}",
        grid=tuple((_y(percent), percent) for percent in (0, 25, 50, 75, 100)),
    )


def until_now(past: Sequence[Point], as_of: date, total: Row) -> list[Point]:
    """The report's own day, unless a month-end tells of it."""
    if past and past[-1].as_of >= as_of:
        return []
    return [Point(as_of, total.persons, total.all_complete)]


def _mark(number: int, point: Point, count: int) -> Mark:
    percent = share(point.all_complete, point.persons)
    x = _LEFT + (WIDTH - _LEFT - _RIGHT) * number / (count - 1)
    # From the last backwards, which is the one that matters.
    named = (count - 1 - number) % -(-count // _MOST_LABELS) == 0
    return Mark(round(x, 1), _y(percent), _month(point), percent, point, named)


def _y(percent: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (100 - percent) / 100, 1)


def _month(point: Point) -> str:
    """ "พ.ย. 2569"."""
    return thai_date(point.as_of, short=True).partition(" ")[2]
