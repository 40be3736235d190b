"""From the cell of a file to a value: text, codes and national ids. Pure.

A cell is what its file holds: text from CSV; text, a number or a date from a spreadsheet; or a Fault.
"""

import re
from dataclasses import dataclass
from datetime import date

from connector.imports.errors import BadValueError
from mappings.thai_text import arabic_digits, normalise


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that its file cannot tell, such as a formula without a stored value."""

    reason: str


Cell = str | int | float | date | Fault

_SHOWN = 80
_CODE_LENGTHS = (10, 8, 6, 4)
_ID_LENGTH = 13
_ID_WITHIN = re.compile(r"\d(?:[ -]?\d){12,}")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_ESCAPED = re.compile(r"'(?=[=+@-])")
_BETWEEN = re.compile("[|;]")
_LOST = "a spreadsheet shortened the number and its digits are lost; format the column as text, type it again"


def text_of(cell: Cell) -> str:
    """A cell as normalised text; a whole number without a decimal point. Raises BadValueError."""
    if isinstance(cell, str):
        # An apostrophe keeps spreadsheets from running a cell as a formula; it is none of the text.
        return normalise(_ESCAPED.sub("", cell, count=1) if cell.startswith("'") else cell)
    if isinstance(cell, Fault):
        raise BadValueError(cell.reason)
    if isinstance(cell, date):
        raise BadValueError("is a date: format the cell as text and type it again")
    return str(int(cell)) if cell == int(cell) else repr(cell)


def code_of(cell: Cell) -> str:
    """A unit's code as text in Arabic digits; "" for an empty cell. Raises BadValueError.

    Refused: what lost digits (1.05E+09, or a length that only a lost zero at the front explains), and
    what looks like a national id.
    """
    code = arabic_digits(text_of(cell))
    if _SHORTENED.fullmatch(code):
        raise BadValueError(_LOST)
    if _ID_WITHIN.search(code):
        raise BadValueError("has 13 digits like a national id: is it in the wrong column?")
    if not code.isdigit():
        return code
    if isinstance(cell, int | float) and len(code) not in _CODE_LENGTHS:
        raise BadValueError(
            f"is a number of {len(code)} digits; codes have 10, 8, 6 or 4: zeros lost in front?"
        )
    if len(code) + 1 in _CODE_LENGTHS and len(code) > min(_CODE_LENGTHS):
        raise BadValueError(f"has {len(code)} digits; codes have 10, 8, 6 or 4: was a zero in front lost?")
    return code


def codes_of(cell: Cell) -> list[str]:
    """Several codes in one cell, with | or ; between them. Raises BadValueError."""
    parts = several_of(cell) if isinstance(cell, str) else [cell]
    return [code for part in parts if (code := code_of(part))]


def several_of(cell: Cell) -> list[str]:
    """The texts in a cell that has | or ; between them. Raises BadValueError."""
    return [text for part in _BETWEEN.split(text_of(cell)) if (text := part.strip())]


def national_id_of(cell: Cell) -> str | None:
    """The thirteen digits, None for an empty cell; spaces and hyphens between them are allowed.

    Raises BadValueError, also where the check digit does not fit.
    """
    digits = arabic_digits(text_of(cell)).replace("-", "").replace(" ", "")
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) == _ID_LENGTH):
        hint = f": {_LOST}" if _SHORTENED.fullmatch(digits.replace("E+", "E")) else ""
        raise BadValueError(f"must have {_ID_LENGTH} digits{hint}")
    total = sum(int(digit) * (_ID_LENGTH - place) for place, digit in enumerate(digits[:-1]))
    if (11 - total % 11) % 10 != int(digits[-1]):
        raise BadValueError("the last digit does not fit the others: a slip in typing")
    return digits


def masked(cell: Cell) -> str:
    """What may be shown of a cell that is meant to hold a national id: its last two characters."""
    digits = arabic_digits(plain(cell)).replace("-", "").replace(" ", "")
    if not digits:
        return ""
    return f"{'x' * max(len(digits) - 2, 1)}{digits[-2:] if len(digits) > 4 else ''}"


def has_id(text: str) -> bool:
    """Whether a text holds what may be a national id."""
    return _ID_WITHIN.search(text) is not None


def without_ids(cell: Cell) -> str:
    """A cell as text in which a national id is masked."""
    return _ID_WITHIN.sub(lambda found: masked(found.group()), plain(cell))


def shown(cell: Cell) -> str:
    """What a refusal may show of a cell: a short text, a national id in it masked."""
    text = without_ids(cell)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def plain(cell: Cell) -> str:
    """A cell as text, whatever it is: a date as 2024-07-05, "" for a Fault."""
    if isinstance(cell, Fault):
        return ""
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    return text_of(cell)
