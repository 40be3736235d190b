"""Days as people write them, in the Buddhist or the common era. Pure."""

import re
from datetime import date, datetime

from connector.imports.errors import BadValueError
from connector.imports.values import Cell, text_of
from connector.report.thai import BUDDHIST_ERA, MONTHS
from mappings.thai_text import arabic_digits, normalise

_FIRST_BUDDHIST = 2300
_YEARS = range(1900, 2200)
_CENTURY = 2500
# Two digits below this are as well a year of the common era that has been: 5/7/24.
_SURELY_BUDDHIST = 43

_ENGLISH = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_FILLERS = re.compile(r"^(?:วัน)?(?:[\u0e01-\u0e4e]+)?ที่\s*|เดือน|พุทธศักราช|คริสต์ศักราช")
_ERA = re.compile(
    r"(พ\.?\s?ศ\.?|ค\.?\s?ศ\.?|พุทธศักราช|คริสต์ศักราช|\bB\.?E\.?|\b[AC]\.?[DE]\.?)(?=[\s\d]|$)", re.I
)
_MIDNIGHT = re.compile(r"[ T]00?:00(?::00(?:\.0+)?)?Z?$")
_NUMBERS = re.compile(r"(\d{1,4})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{1,4})")
_NAMED = re.compile(r"(\d{1,2})[\s\-/]*([^\d\s\-/]+?)[\s\-/]*(\d{1,4})")
_FORM = "write it as 5/7/2567, 5 ก.ค. 2567 or 2024-07-05"


def day_of(cell: Cell) -> date | None:
    """The day in a cell, None for an empty one. Raises BadValueError where it is none, or one of several.

    Years from 2300 on are Buddhist. Two digits of a year are Buddhist behind a Thai month, พ.ศ. or where
    the common era has not come so far; else they are refused. Numbers are day/month/year.
    """
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return _day(cell.day, cell.month, _common_year(cell.year, None))
    if isinstance(cell, int | float):
        raise BadValueError("is a bare number: format the cell as a date")
    text = arabic_digits(text_of(cell))
    return _written(text) if text else None


def _written(text: str) -> date:
    era = _ERA.search(text)
    buddhist = None if era is None else era.group()[0] in "พBb"
    plain = _ERA.sub(" ", _MIDNIGHT.sub("", text))
    plain = normalise(_FILLERS.sub(" ", normalise(plain)))
    if numbers := _NUMBERS.fullmatch(plain):
        first, month, last = numbers.groups()
        day, year = (last, first) if len(first) == 4 else (first, last)
        return _day(int(day), int(month), _year(year, buddhist, thai=False))
    if named := _NAMED.fullmatch(plain):
        month_number, thai = _month(named.group(2))
        return _day(int(named.group(1)), month_number, _year(named.group(3), buddhist, thai=thai))
    raise BadValueError(f"is not a day: {_FORM}")


def _month(word: str) -> tuple[int, bool]:
    """The month's number, and whether its name is Thai."""
    wanted = word.replace(".", "").casefold()
    for number, names in enumerate(MONTHS, start=1):
        if wanted in {name.replace(".", "") for name in names}:
            return number, True
    for number, name in enumerate(_ENGLISH, start=1):
        if len(wanted) >= 3 and name.startswith(wanted):
            return number, False
    raise BadValueError(f"has no month that is known: {_FORM}")


def _year(digits: str, buddhist: bool | None, *, thai: bool) -> int:
    if len(digits) == 4:
        return _common_year(int(digits), buddhist)
    if len(digits) != 2 or buddhist is False:
        raise BadValueError("the year must have four digits")
    year = int(digits)
    if buddhist or thai or year >= _SURELY_BUDDHIST:
        return _CENTURY + year - BUDDHIST_ERA
    raise BadValueError(f"the year {digits} may be 25{digits} or 20{digits}: write four digits")


def _common_year(year: int, buddhist: bool | None) -> int:
    seems_buddhist = year >= _FIRST_BUDDHIST
    if buddhist is not None and buddhist != seems_buddhist:
        raise BadValueError("the year does not fit the era written beside it")
    return year - BUDDHIST_ERA if seems_buddhist else year


def _day(day: int, month: int, year: int) -> date:
    if not 1 <= month <= 12:
        raise BadValueError(f"there is no month {month}: day first, then month: {_FORM}")
    if year not in _YEARS:
        raise BadValueError(f"the year {year} (common era) cannot be meant: {_FORM}")
    try:
        return date(year, month, day)
    except ValueError:
        raise BadValueError("there is no such day in that month") from None
