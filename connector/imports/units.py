"""The organisation's units from a file: uid, kind, name_th, parent_uid, dated codes, aliases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from connector.imports.columns import ALIASES, CODE_FROM, CODE_TO, UNITS, unit_kind
from connector.imports.table_file import Row, Staged, stage
from mappings.people import UnitRow
from mappings.units import KINDS, DatedCode


def read_units(path: Path) -> Staged[UnitRow]:
    """The units in a file. `uid` is the file's own lasting name for a unit; codes may change.

    Raises ImportFileError where the file as a whole cannot be read.
    """
    staged = stage(path, UNITS, UnitReader().read)
    return Staged(merged(staged.rows), staged.refused)


def merged(rows: Iterable[UnitRow]) -> list[UnitRow]:
    """The units of the rows that a UnitReader read: more rows of a unit add their codes to the first."""
    units: dict[str, UnitRow] = {}
    for row in rows:
        first = units.setdefault(row.uid, row)
        if first is not row:
            more = [code for code in row.all_codes() if code not in first.all_codes()]
            units[row.uid] = replace(first, codes=(*first.codes, *more))
    return list(units.values())


@dataclass(slots=True)
class UnitReader:
    """Reads the rows of one file, and remembers what earlier ones said.

    A unit may have several rows: each but the first says no more than other codes of it.
    """

    units: dict[str, UnitRow] = field(default_factory=dict)
    days: dict[str, list[tuple[date, date]]] = field(default_factory=dict)

    def read(self, row: Row) -> UnitRow:
        """What a row says. Raises BadCellError."""
        uid, codes = row.text("uid"), _codes(row)
        if not uid:
            raise row.bad("uid", "must not be empty")
        first = self.units.get(uid)
        unit = _unit(row, uid) if first is None else _same_unit(row, first, codes)
        for code in codes:
            self._take(row, code)
        self.units.setdefault(uid, unit)
        return _with_codes(unit, codes)

    def _take(self, row: Row, code: DatedCode) -> None:
        begin, end = code.valid_from or date.min, code.valid_to or date.max
        taken = self.days.setdefault(code.code, [])
        if any(first <= end and begin <= last for first, last in taken):
            raise row.bad("code", "is in an earlier row already")
        taken.append((begin, end))


def _unit(row: Row, uid: str) -> UnitRow:
    name, kind = row.text("name_th"), unit_kind(row.text("kind"))
    if not name:
        raise row.bad("name_th", "must not be empty")
    if kind is None:
        raise row.bad("kind", f"must be one of {', '.join(KINDS)}")
    parent = row.text("parent_uid") or None
    aliases, said = tuple(row.texts(ALIASES)), row.has("parent_uid")
    return UnitRow(uid, kind, name, parent, None, row.number, aliases=aliases, parent_said=said)


def _same_unit(row: Row, first: UnitRow, codes: Sequence[DatedCode]) -> UnitRow:
    """The unit of an earlier row, of which this one says nothing else."""
    said = (
        (row.text("kind") and unit_kind(row.text("kind")), first.kind),
        (row.text("name_th"), first.name_th),
        (row.text("parent_uid"), first.parent_uid),
    )
    if not codes or any(here and here != there for here, there in said):
        raise row.bad("uid", "is in an earlier row already")
    return replace(first, row=row.number, aliases=())


def _codes(row: Row) -> list[DatedCode]:
    first, last = row.day(CODE_FROM), row.day(CODE_TO)
    if last is not None and (first is None or last < first):
        reason = "must not be empty where there is a last day" if first is None else "is after the last day"
        raise row.bad(CODE_FROM, reason)
    return [DatedCode(code, first, last) for code in row.codes("code")]


def _with_codes(unit: UnitRow, codes: Sequence[DatedCode]) -> UnitRow:
    undated = bool(codes) and codes[0].valid_from is None
    own = codes[0].code if undated else None
    return replace(unit, code=own, codes=tuple(codes[1:] if undated else codes))
