"""A sheet as CSV for Excel: UTF-8 with a mark, the heading's lines above the header."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import IO

from connector.formulas import escaped
from connector.report.sheets import Cell, Column, Kind, Sheet
from connector.report.thai import thai_date


def write_csv(file: IO[bytes], sheet: Sheet) -> None:
    """Row by row. A share is told in per cent, a day in the Buddhist era."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerows([escaped(line)] for line in sheet.heading)
    lines.writerow(escaped(column.full) for column in sheet.columns)
    lines.writerows(_line(sheet.columns, row) for row in _rows(sheet))
    text.detach()


def _rows(sheet: Sheet) -> Iterator[Sequence[Cell]]:
    yield from sheet.rows
    if sheet.total is not None:
        yield sheet.total


def _line(columns: Sequence[Column], row: Sequence[Cell]) -> list[str]:
    return [_text(column.kind, cell) for column, cell in zip(columns, row, strict=True)]


def _text(kind: Kind, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return escaped(cell)
    if isinstance(cell, date):
        return thai_date(cell, short=True)
    if kind is Kind.SHARE:
        return f"{cell * 100:.1f}"
    return f"{cell:.1f}".removesuffix(".0") if isinstance(cell, float) else str(cell)
