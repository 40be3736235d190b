"""The days of an event as people write them: 5 ก.ค. 2567, 5-7 กรกฎาคม 2567, 30 มิ.ย. - 2 ก.ค. 2567. Pure."""

import re
from datetime import date

from connector.imports.dates import day_of
from connector.imports.errors import BadValueError
from connector.imports.values import Cell, text_of
from connector.report.thai import BUDDHIST_ERA
from mappings.thai_text import arabic_digits

_BETWEEN = re.compile(r"\s*(?:[-–—]|\bto\b|ถึงวันที่|ถึง)\s*")
_WITHIN_MONTH = re.compile(r"(?:\S*วัน\S*ที่\s*)?(\d{1,2})")


def days_of(cell: Cell) -> tuple[date, date]:
    """The first and the last day. Raises BadValueError."""
    if not isinstance(cell, str):
        return _one(cell)
    text = arabic_digits(text_of(cell))
    try:
        return _one(text)
    except BadValueError as error:
        refusal = error
    for found in _BETWEEN.finditer(text):
        days = _from_to(text[: found.start()], text[found.end() :])
        if days is not None:
            return days
    raise refusal


def _one(cell: Cell) -> tuple[date, date]:
    day = day_of(cell)
    if day is None:
        raise BadValueError("must not be empty")
    return day, day


def _from_to(first: str, last: str) -> tuple[date, date] | None:
    """The two days, where the parts are days; the first one may leave out the year, or the month too."""
    try:
        end = day_of(last)
        begin = None if end is None else _begin(first, end)
    except (BadValueError, ValueError):
        return None
    if begin is None or end is None:
        return None
    if begin > end:
        raise BadValueError("ends before it begins")
    return begin, end


def _begin(text: str, end: date) -> date | None:
    if within := _WITHIN_MONTH.fullmatch(text):
        return end.replace(day=int(within.group(1)))
    try:
        return day_of(text)
    except BadValueError:
        between = "/" if re.fullmatch(r"\d{1,2}/\d{1,2}", text) else " "
        begin = day_of(f"{text}{between}{end.year + BUDDHIST_ERA}")
    if begin is not None and begin > end:
        # From December into January.
        return day_of(f"{text}{between}{end.year - 1 + BUDDHIST_ERA}")
    return begin
