"""People with their posts from a CSV file with Thai headers.

The national id goes no further than this file: what leaves is its keyed hash and the last four digits.
"""

from pathlib import Path

from connector.imports.csv_file import BadCellError, Cells, Staged, stage
from mappings.people import PersonRow, hash_national_id
from mappings.roster import OUTSIDE
from mappings.thai_text import arabic_digits

PREFIX, GIVEN, FAMILY = "คำนำหน้า", "ชื่อ", "นามสกุล"
POSITION, RANK, LINE = "ตำแหน่ง", "วิทยฐานะ", "สายงาน"
GROUP, UNIT, NATIONAL_ID = "กลุ่ม", "รหัสโรงเรียน", "เลขประจำตัวประชาชน"
COLUMNS = (PREFIX, GIVEN, FAMILY, POSITION, RANK, LINE, GROUP, UNIT, NATIONAL_ID)

_GROUPS = ("M", "A", "S", "T", OUTSIDE)
_ID_LENGTH = 13


def read_roster(path: Path, hash_key: bytes) -> Staged[PersonRow]:
    """The people in a file; `hash_key` is the key that platforms' national ids are hashed with, too.

    Raises ImportFileError where the file as a whole cannot be read.
    """
    seen: set[tuple[str, ...]] = set()
    return stage(path, COLUMNS, lambda number, cells: _person(number, cells, hash_key, seen))


def _person(number: int, cells: Cells, hash_key: bytes, seen: set[tuple[str, ...]]) -> PersonRow:
    for column in (GIVEN, FAMILY, UNIT):
        if not cells[column]:
            raise BadCellError(column, "", "must not be empty")
    group = cells[GROUP].upper()
    if group and group not in _GROUPS:
        raise BadCellError(GROUP, cells[GROUP], f"must be empty or one of {', '.join(_GROUPS)}")
    digits = _national_id(cells[NATIONAL_ID])
    id_hmac = hash_national_id(hash_key, digits) if digits else None
    row = PersonRow(
        prefix=cells[PREFIX],
        given_name=cells[GIVEN],
        family_name=cells[FAMILY],
        position=cells[POSITION],
        rank=cells[RANK],
        line=cells[LINE],
        group=group or None,
        unit_code=arabic_digits(cells[UNIT]),
        id_hmac=id_hmac,
        id_last4=digits[-4:] if digits else None,
        row=number,
    )
    _refuse_twice(row, digits, seen)
    return row


def _refuse_twice(row: PersonRow, digits: str | None, seen: set[tuple[str, ...]]) -> None:
    identity = (row.id_hmac,) if row.id_hmac else (row.unit_code, *row.name())
    if identity in seen and digits:
        raise BadCellError(NATIONAL_ID, _masked(digits), "is in an earlier row already")
    if identity in seen:
        raise BadCellError(
            GIVEN, row.given_name, "an earlier row has this name at this unit, and neither has an id"
        )
    seen.add(identity)


def _national_id(cell: str) -> str | None:
    """The thirteen digits, None for an empty cell; spaces and hyphens between them are allowed."""
    digits = arabic_digits(cell).replace("-", "").replace(" ", "")
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) == _ID_LENGTH):
        raise BadCellError(NATIONAL_ID, _masked(digits), f"must have {_ID_LENGTH} digits")
    total = sum(int(digit) * (_ID_LENGTH - place) for place, digit in enumerate(digits[:-1]))
    if (11 - total % 11) % 10 != int(digits[-1]):
        raise BadCellError(
            NATIONAL_ID, _masked(digits), "the last digit does not fit the others: a slip in typing"
        )
    return digits


def _masked(digits: str) -> str:
    return f"{'x' * max(len(digits) - 2, 1)}{digits[-2:] if len(digits) > 4 else ''}"
