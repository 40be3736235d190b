"""Whom a row of a learning file is about: the columns that say it, and how they are spelled. Pure.

A name is none of them: whoever reads only a name would have to guess.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from connector.imports import columns
from connector.imports.dates import day_of
from connector.imports.errors import BadValueError
from connector.imports.table_file import Row
from connector.imports.values import Cell, text_of
from mappings.days import bangkok_day
from mappings.known_people import EMAIL, NATIONAL_ID, ROSTER_ID, USERNAME, Who
from mappings.people import HashKeys
from mappings.thai_text import arabic_digits

Value = TypeVar("Value")

__all__ = [
    "EMAIL",
    "NATIONAL_ID",
    "ROSTER_ID",
    "SPELLINGS",
    "USERNAME",
    "Who",
    "needed",
    "past_day",
    "read",
    "who_of",
]


def _of_roster(name: str) -> Sequence[str]:
    return name, *columns.ROSTER.spellings[name]


SPELLINGS: Mapping[str, Sequence[str]] = {
    NATIONAL_ID: _of_roster(columns.NATIONAL_ID),
    ROSTER_ID: _of_roster(columns.ROSTER_ID),
    EMAIL: _of_roster(columns.EMAIL),
    USERNAME: (columns.USERNAME, "ชื่อบัญชี", "บัญชีผู้ใช้", "user name", "login"),
}
"""The columns by which people are known, best first; spelled as in rosters."""

_TIME = re.compile(
    r"[ T,]+(?:เวลา\s*)?\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?\s*(?:น\.?|AM|PM)?$", re.IGNORECASE
)
_WEEKDAY = re.compile(r"^[a-z]+day,\s*", re.IGNORECASE)


def who_of(row: Row, keys: HashKeys, fields: Iterable[str] = SPELLINGS) -> Who:
    """Whom a row is about. Raises BadCellError, also where nothing says it."""
    digits = row.national_id(NATIONAL_ID)
    who = Who(
        keys.hash(digits) if digits else None,
        row.text(ROSTER_ID),
        row.text(EMAIL).lower(),
        row.text(USERNAME) if USERNAME in fields else "",
    )
    if not any((who.national_id, who.roster_id, who.email, who.username)):
        column = next((one for one in fields if row.has(one)), EMAIL)
        raise row.bad(column, "must not be empty: nothing else in the row says who it is")
    if who.email and "@" not in who.email:
        raise row.bad(EMAIL, "is no e-mail address")
    return who


def needed(fields: Iterable[str], *others: str) -> tuple[tuple[str, ...], ...]:
    """One of the person's columns, and the others."""
    return tuple((one, *others) for one in fields)


def read(row: Row, name: str, value: Callable[[Cell], Value]) -> Value:
    """A cell by a reader of values. Raises BadCellError."""
    try:
        return value(row.cells.get(name, ""))
    except BadValueError as error:
        raise row.bad(name, str(error)) from error


def past_day(row: Row, name: str, today: date) -> date | None:
    """A day that is not after today, perhaps with a time that is dropped. Raises BadCellError."""
    day = read(row, name, day_of_moment)
    if day is not None and day > today:
        raise row.bad(name, "is a day that has not come yet")
    return day


def day_of_moment(cell: Cell) -> date | None:
    """As `day_of`, of a cell that may say the time too; with an offset from UTC it is Bangkok's day."""
    if not isinstance(cell, str):
        return day_of(cell)
    text = arabic_digits(text_of(cell))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return bangkok_day(moment)
    return day_of(_TIME.sub("", _WEEKDAY.sub("", text)))
