"""Sheets as a workbook for Excel, row by row: what is written waits in files, not in memory."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from connector.formulas import escaped
from connector.report.sheets import Cell, Column, Kind, Sheet

FONT = "TH Sarabun New"
"""That of official letters; where it is missing, programs take another one."""

_A4 = 9
_POINTS, _LINE = 14, 21
_MARGINS = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6}
_GRID = {"border": 1, "border_color": "#C9D1DA", "valign": "top"}
_HEAD = {
    **_GRID,
    "bold": True,
    "bg_color": "#E8EDF3",
    "align": "center",
    "valign": "vcenter",
    "text_wrap": True,
}
_TOTAL = {"bold": True, "bg_color": "#F3F5F8", "top": 2}
# A state is told by its word; the colour is there for who looks over many.
_STATES = {"ผ่าน": {"bg_color": "#E3F1EC"}, "กำลังเรียน": {"bg_color": "#FDF4DD"}}
_KINDS: Mapping[Kind, Mapping[str, Any]] = MappingProxyType(
    {
        Kind.TEXT: {},
        Kind.LONG: {"text_wrap": True},
        Kind.CODE: {"num_format": "@"},
        Kind.STATE: {"align": "center"},
        Kind.COUNT: {"num_format": "#,##0"},
        Kind.HOURS: {"num_format": "#,##0.0", "align": "right"},
        Kind.SHARE: {"num_format": "0.0%"},
        # In the Buddhist era with Arabic digits, of a real date.
        Kind.DAY: {"num_format": "[$-107041E]d mmm yyyy", "align": "right"},
    }
)
# The narrowest and the widest that a column may be, in digits.
_WIDTHS: Mapping[Kind, tuple[int, int]] = MappingProxyType(
    {
        Kind.TEXT: (8, 42),
        Kind.LONG: (30, 64),
        Kind.CODE: (12, 16),
        Kind.STATE: (12, 12),
        Kind.COUNT: (7, 9),
        Kind.HOURS: (9, 10),
        Kind.SHARE: (8, 8),
        Kind.DAY: (14, 14),
    }
)


def write_workbook(file: IO[bytes], sheets: Sequence[Sheet]) -> None:
    """All sheets, in their order; their rows are asked for one after another."""
    with TemporaryDirectory() as folder:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "default_format_properties": {"font_name": FONT, "font_size": _POINTS},
        }
        book = Workbook(file, options)
        try:
            book.set_properties({"title": sheets[0].heading[0], "author": "Thaksa"})
            book.set_size(2400, 1400)
            for sheet in sheets:
                _Writer(book, sheet).write()
        finally:
            # Where rows could not be read too: it lets go of its files.
            book.close()


class _Writer:
    """One sheet of a workbook."""

    def __init__(self, book: Workbook, sheet: Sheet) -> None:
        self._book, self._sheet = book, sheet
        self._page: Worksheet = book.add_worksheet(sheet.name)
        self._widths = [_WIDTHS[column.kind][0] for column in sheet.columns]
        self._most = [_WIDTHS[column.kind][1] for column in sheet.columns]
        self._plain = [self._format(column) for column in sheet.columns]
        self._states = {word: self._style(_KINDS[Kind.STATE], more) for word, more in _STATES.items()}
        self._row = 0

    def write(self) -> None:
        """From the top to the bottom, as rows have to come; then what the whole sheet is like."""
        self._heading()
        self._header()
        first = self._row
        for row in self._sheet.rows:
            self._line(row, self._plain)
        last = max(first, self._row - 1)
        if self._sheet.total is not None:
            self._line(self._sheet.total, [self._format(column, _TOTAL) for column in self._sheet.columns])
        self._look(first, last)

    def _heading(self) -> None:
        for number, line in enumerate(self._sheet.heading):
            style = {"bold": number < 2, "font_size": 18 if number == 0 else _POINTS}
            self._page.write_string(self._row, 0, escaped(line), self._book.add_format({**_FONT, **style}))
            self._row += 1

    def _header(self) -> None:
        head = self._style(_HEAD)
        if any(column.under for column in self._sheet.columns):
            self._shared(head)
        for place, column in enumerate(self._sheet.columns):
            self._page.write_string(self._row, place, escaped(column.title), head)
        self._page.set_row(self._row, _LINE * self._lines([column.title for column in self._sheet.columns]))
        self._row += 1

    def _shared(self, head: Any) -> None:
        """The row above the titles: each title that neighbours share, across them."""
        columns, place = self._sheet.columns, 0
        shared = [column.under for column in columns]
        while place < len(columns):
            end = place
            while shared[place] and end + 1 < len(columns) and shared[end + 1] == shared[place]:
                end += 1
            if end > place:
                self._page.merge_range(self._row, place, self._row, end, escaped(shared[place]), head)
            else:
                self._page.write_blank(self._row, place, None, head)
            place = end + 1
        # Two columns of numbers carry one title.
        self._page.set_row(self._row, _LINE * max(ceil(_width(one) / 14) for one in shared))
        self._row += 1

    def _lines(self, titles: Sequence[str]) -> int:
        """How many lines the titles take in columns that are as narrow as they may be."""
        return max(
            ceil(_width(title) / (width - 1)) for title, width in zip(titles, self._widths, strict=True)
        )

    def _line(self, row: Sequence[Cell], formats: Sequence[Any]) -> None:
        page, number = self._page, self._row
        for place, cell in enumerate(row):
            if isinstance(cell, str):
                style = self._states.get(cell) if self._sheet.columns[place].kind is Kind.STATE else None
                page.write_string(number, place, escaped(cell), style or formats[place])
                if self._widths[place] < self._most[place] and len(cell) > self._widths[place] - 2:
                    self._widen(place, cell)
            elif cell is None:
                page.write_blank(number, place, None, formats[place])
            elif isinstance(cell, date):
                page.write_datetime(number, place, cell, formats[place])
            else:
                page.write_number(number, place, cell, formats[place])
        self._row += 1

    def _widen(self, place: int, text: str) -> None:
        self._widths[place] = min(self._most[place], max(self._widths[place], _width(text) + 2))

    def _look(self, first: int, last: int) -> None:
        page, end = self._page, len(self._sheet.columns) - 1
        for place, width in enumerate(self._widths):
            page.set_column(place, place, width)
        page.freeze_panes(first, self._frozen())
        page.autofilter(first - 1, 0, last, end)
        page.set_landscape()
        page.set_paper(_A4)
        page.set_margins(**_MARGINS)
        page.fit_to_pages(1, 0)
        page.repeat_rows(first - self._header_rows(), first - 1)
        page.print_area(0, 0, self._row - 1, end)
        page.set_footer("&Rหน้า &P / &N")
        page.hide_gridlines(2)

    def _header_rows(self) -> int:
        return 2 if any(column.under for column in self._sheet.columns) else 1

    def _frozen(self) -> int:
        """Columns that stay: up to the last that names whose row it is."""
        names = [place for place, column in enumerate(self._sheet.columns[:4]) if column.kind is Kind.TEXT]
        return names[-1] + 1

    def _format(self, column: Column, more: Mapping[str, Any] = MappingProxyType({})) -> Any:
        return self._style(_KINDS[column.kind], more)

    def _style(self, *parts: Mapping[str, Any]) -> Any:
        wanted: dict[str, Any] = {**_FONT, **_GRID}
        for part in parts:
            wanted |= part
        return self._book.add_format(wanted)


_FONT = {"font_name": FONT, "font_size": _POINTS}


def _width(text: str) -> int:
    """How many digits wide a text is: marks above and below stand in no place of their own."""
    return sum(unicodedata.category(letter) != "Mn" for letter in text)
