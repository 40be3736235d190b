"""The organisation's units from a CSV file: uid, kind, name_th, parent_uid, code."""

from pathlib import Path

from connector.imports.csv_file import BadCellError, Cells, Staged, stage
from mappings.people import UnitRow
from mappings.thai_text import arabic_digits
from mappings.units import KINDS

COLUMNS = ("uid", "kind", "name_th", "parent_uid", "code")


def read_units(path: Path) -> Staged[UnitRow]:
    """The units in a file. `uid` is the file's own lasting name for a unit; codes may change.

    Raises ImportFileError where the file as a whole cannot be read.
    """
    seen: dict[str, set[str]] = {"uid": set(), "code": set()}
    return stage(path, COLUMNS, lambda number, cells: _unit(number, cells, seen))


def _unit(number: int, cells: Cells, seen: dict[str, set[str]]) -> UnitRow:
    for column in ("uid", "name_th"):
        if not cells[column]:
            raise BadCellError(column, "", "must not be empty")
    if cells["kind"] not in KINDS:
        raise BadCellError("kind", cells["kind"], f"must be one of {', '.join(KINDS)}")
    code = arabic_digits(cells["code"])
    for column, value in (("uid", cells["uid"]), ("code", code)):
        if value and value in seen[column]:
            raise BadCellError(column, value, "is in an earlier row already")
    seen["uid"].add(cells["uid"])
    seen["code"].add(code)
    return UnitRow(
        cells["uid"], cells["kind"], cells["name_th"], cells["parent_uid"] or None, code or None, number
    )
