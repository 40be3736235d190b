"""The organisation's units from a file: uid, kind, name_th, parent_uid, code."""

from pathlib import Path

from connector.imports.columns import UNIT_KINDS, UNITS
from connector.imports.table_file import Row, Staged, stage
from mappings.people import UnitRow
from mappings.units import KINDS


def read_units(path: Path) -> Staged[UnitRow]:
    """The units in a file. `uid` is the file's own lasting name for a unit; codes may change.

    Raises ImportFileError where the file as a whole cannot be read.
    """
    seen: dict[str, set[str]] = {"uid": set(), "code": set()}
    return stage(path, UNITS, lambda row: _unit(row, seen))


def _unit(row: Row, seen: dict[str, set[str]]) -> UnitRow:
    uid, name, code = row.text("uid"), row.text("name_th"), row.code("code")
    for column, value in (("uid", uid), ("name_th", name)):
        if not value:
            raise row.bad(column, "must not be empty")
    kind = UNIT_KINDS.get(row.text("kind"), row.text("kind"))
    if kind not in KINDS:
        raise row.bad("kind", f"must be one of {', '.join(KINDS)}")
    for column, value in (("uid", uid), ("code", code)):
        if value and value in seen[column]:
            raise row.bad(column, "is in an earlier row already")
    seen["uid"].add(uid)
    seen["code"].add(code)
    return UnitRow(uid, kind, name, row.text("parent_uid") or None, code or None, row.number)
