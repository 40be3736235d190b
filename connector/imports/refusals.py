"""The rows of a file that cannot be taken: kept with their cells, shown, and handed back to be corrected."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from typing import Any

import orjson
from sqlalchemy import Connection, Select, func, select

from connector.formulas import escaped
from connector.imports.columns import Columns
from connector.imports.import_files import change, find
from connector.imports.table_file import RefusedRow
from connector.tables_imports import import_refusal
from lrs.bulk import bulk_insert
from mappings.people import Refusal

_AT_ONCE = 2_000
# Row, column, value and reason, in front of the columns of the file itself.
_TITLES = ("แถว", "คอลัมน์", "ค่า", "เหตุผล")


def refuse(conn: Connection, import_id: int, rows: Iterable[RefusedRow]) -> None:
    """Add rows that cannot be taken; each row once."""
    values = [
        (import_id, one.row, one.column, one.value, one.reason, orjson.dumps(cells).decode())
        for one, cells in rows
    ]
    if values:
        bulk_insert(conn, (import_refusal, values))
        refused = select(func.count()).where(import_refusal.c.import_id == import_id)
        change(conn, import_id, rows_refused=refused.scalar_subquery())


def cells_of(titles: Sequence[str], columns: Columns, values: Mapping[str, str]) -> list[str]:
    """A row of the file again, from its values by field: for one that is refused after it was read."""
    return [values.get(columns.field(title) or "", "") for title in titles]


def refusals(conn: Connection, import_id: int, limit: int | None = None, after: int = 0) -> list[Refusal]:
    """The refused rows in their order, from behind the row `after`."""
    rows = conn.execute(_refused(import_id).where(import_refusal.c.row > after).limit(limit))
    return [Refusal(row.row, row.column_title, row.value, row.reason) for row in rows]


def _refused(import_id: int) -> Select[Any]:
    return (
        select(import_refusal).where(import_refusal.c.import_id == import_id).order_by(import_refusal.c.row)
    )


def refused_csv(conn: Connection, import_id: int, tell: Callable[[str], str] = str) -> Iterator[str]:
    """The refused rows as CSV for Excel, each with what is wrong, to be corrected and brought again.

    National ids are masked and have to be typed again. `tell` puts a reason into the reader's language.
    """
    yield "\ufeff" + _csv_line([*_TITLES, *map(escaped, find(conn, import_id).titles)])
    for row in conn.execute(_refused(import_id).execution_options(yield_per=_AT_ONCE)):
        refusal = Refusal(row.row, row.column_title, row.value, tell(row.reason))
        yield _csv_line(_line(refusal, orjson.loads(row.cells) if row.cells else []))


def _line(refusal: Refusal, cells: Sequence[str]) -> list[str]:
    """A spreadsheet runs none of its cells as a formula."""
    return [escaped(text) for text in (str(refusal.row), *astuple(refusal)[1:], *cells)]


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
