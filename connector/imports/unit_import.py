"""A file of units on its way: staged and checked, then applied at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, delete, select

from connector.imports.columns import UNITS
from connector.imports.import_files import APPLIED, Brought, count, find, move
from connector.imports.refusals import cells_of, refuse
from connector.imports.staging import Progress, stage_rows
from connector.imports.table_file import RefusedRow, Row
from connector.imports.units import UnitReader, merged
from connector.tables_imports import import_row
from lrs.database import chunks
from mappings.imported import ImportReport
from mappings.people import UnitRow, import_units
from mappings.units import DatedCode, check_units

UNITS_KIND = "units"
PARENT = "parent_uid"


def stage_units(engine: Engine, brought: Brought, now: datetime, progress: Progress | None = None) -> int:
    """Read a file of units and check it; its import id. Raises ImportFileError."""
    reader = UnitReader()

    def read(row: Row) -> Mapping[str, Any]:
        return asdict(reader.read(row))

    def check(conn: Connection, import_id: int) -> None:
        check_staged_units(conn, import_id, now)

    return stage_rows(engine, brought, UNITS, read, now, progress, check)


def check_staged_units(conn: Connection, import_id: int, now: datetime) -> None:
    """Refuse the rows whose parents are missing, and count what applying the others does."""
    rows = _rows(conn, import_id)
    report = check_units(conn, merged(rows), now)
    _refuse(conn, import_id, report, rows)
    _count(conn, import_id, report)


def apply_units(conn: Connection, import_id: int, now: datetime, by: str) -> None:
    """Bring the units to what a staged file says. Raises ImportStateError where that is done already."""
    move(conn, import_id, APPLIED, now, by)
    rows = _rows(conn, import_id)
    report = import_units(conn, merged(rows), now, by)
    # What was sound when it was checked may hang in the air since.
    _refuse(conn, import_id, report, rows)
    _count(conn, import_id, report)
    conn.execute(delete(import_row).where(import_row.c.import_id == import_id))


def _rows(conn: Connection, import_id: int) -> list[UnitRow]:
    staged = select(import_row.c.payload).where(import_row.c.import_id == import_id)
    return [_unit(orjson.loads(text)) for text in conn.execute(staged.order_by(import_row.c.row)).scalars()]


def _unit(payload: dict[str, Any]) -> UnitRow:
    codes = [
        DatedCode(one["code"], _day(one["valid_from"]), _day(one["valid_to"])) for one in payload["codes"]
    ]
    return UnitRow(**(payload | {"codes": tuple(codes), "aliases": tuple(payload["aliases"])}))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _refuse(conn: Connection, import_id: int, report: ImportReport, rows: Sequence[UnitRow]) -> None:
    """Refuse these units: every row of them."""
    if not report.refused:
        return
    titles = find(conn, import_id).titles
    column = next((title for title in titles if UNITS.field(title) == PARENT), PARENT)
    uids = {row.row: row.uid for row in rows}
    faults = {uids[one.row]: one for one in report.refused}
    refused = [
        RefusedRow(replace(fault, row=row.row, column=column), cells_of(titles, UNITS, _cells(row)))
        for row in rows
        if (fault := faults.get(row.uid))
    ]
    refuse(conn, import_id, refused)
    for some in chunks([one.refusal.row for one in refused]):
        gone = delete(import_row).where(import_row.c.import_id == import_id)
        conn.execute(gone.where(import_row.c.row.in_(some)))


def _cells(row: UnitRow) -> dict[str, str]:
    days = next(((one.valid_from, one.valid_to) for one in row.codes if one.valid_from), (None, None))
    return {
        "uid": row.uid,
        "kind": row.kind,
        "name_th": row.name_th,
        "parent_uid": row.parent_uid or "",
        "code": " | ".join(one.code for one in row.all_codes()),
        "code_from": str(days[0] or ""),
        "code_to": str(days[1] or ""),
        "aliases": " | ".join(row.aliases),
    }


def _count(conn: Connection, import_id: int, report: ImportReport) -> None:
    counts = {"added": report.added, "changed": report.changed, "unchanged": report.unchanged}
    count(conn, import_id, **counts)
