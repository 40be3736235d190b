"""The one reader of tables that people bring: CSV or XLSX, row by row, by the names of the columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from connector.imports.columns import Columns
from connector.imports.csv_file import DELIMITERS, encoding_of, read_csv
from connector.imports.dates import day_of
from connector.imports.errors import BadCellError, BadValueError, ImportFileError
from connector.imports.header import WITHIN, Header, HeaderError, Line, find_header
from connector.imports.values import (
    Cell,
    Fault,
    code_of,
    codes_of,
    masked,
    national_id_of,
    plain,
    several_of,
    shown,
    text_of,
    without_ids,
)
from connector.imports.xlsx_file import open_workbook
from mappings.people import Refusal

Item = TypeVar("Item")
Value = TypeVar("Value")
Lines = Callable[[], Iterator[Line]]

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty: its number as the spreadsheet shows it, and its cells by field.

    The methods give "" or None for an empty cell and for a column that the file does not have; they
    raise BadCellError with the header as the file spells it.
    """

    number: int
    cells: Mapping[str, Cell]
    header: Header
    secret: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether the file has such a column."""
        return name in self.header.places

    def text(self, name: str) -> str:
        """Normalised text."""
        # Most of a wide table is empty.
        return self._value(name, text_of) if self.cells.get(name, "") != "" else ""

    def code(self, name: str) -> str:
        """A code, never a number."""
        return self._value(name, code_of)

    def codes(self, name: str) -> list[str]:
        """Several codes, with | or ; between them."""
        return self._value(name, codes_of)

    def texts(self, name: str) -> list[str]:
        """Several texts, with | or ; between them."""
        return self._value(name, several_of)

    def day(self, name: str) -> date | None:
        """A day, whatever the era it is written in."""
        return self._value(name, day_of)

    def national_id(self, name: str) -> str | None:
        """Thirteen digits whose check digit is right."""
        return self._value(name, national_id_of)

    def bad(self, name: str, reason: str) -> BadCellError:
        """The error that says what is wrong with a cell."""
        cell = self.cells.get(name, "")
        value = masked(cell) if name in self.secret else shown(cell)
        return BadCellError(self.header.title(name), value, reason)

    def _value(self, name: str, read: Callable[[Cell], Value]) -> Value:
        try:
            return read(self.cells.get(name, ""))
        except BadValueError as error:
            raise self.bad(name, str(error)) from error


@dataclass(slots=True)
class Staged(Generic[Item]):
    """A file's good rows, and its refused ones with their row numbers."""

    rows: list[Item] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


class RefusedRow(NamedTuple):
    """A row that cannot be taken: why, and its cells as texts in which national ids are masked."""

    refusal: Refusal
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Reading(Generic[Item]):
    """An open file: its header, and what became of its rows, in order; one at a time is held."""

    header: Header
    rows: Iterator[Item | RefusedRow]


@dataclass(frozen=True, slots=True)
class _Table:
    header: Header
    lines: Lines
    headed: frozenset[int]
    notes: bool = False


def stage(path: Path, columns: Columns, read_row: Callable[[Row], Item]) -> Staged[Item]:
    """All rows of a file that are not empty, each through `read_row`. Raises ImportFileError."""
    staged: Staged[Item] = Staged()
    with open_rows(path, columns, read_row) as reading:
        for one in reading.rows:
            if isinstance(one, RefusedRow):
                staged.refused.append(one.refusal)
            else:
                staged.rows.append(one)
    return staged


@contextmanager
def open_rows(path: Path, columns: Columns, read_row: Callable[[Row], Item]) -> Iterator[Reading[Item]]:
    """Opens a file: each row that is not empty through `read_row`, refused where it raises BadCellError.

    Other columns than those of the table are ignored. Raises ImportFileError.
    """
    with _open(path, columns) as table:
        yield Reading(table.header, _read(table, columns, read_row))


def _read(table: _Table, columns: Columns, read_row: Callable[[Row], Item]) -> Iterator[Item | RefusedRow]:
    for number, cells in _body(table):
        try:
            _check_width(table, cells)
            yield read_row(Row(number, _by_field(table.header, cells), table.header, columns.secret))
        except BadCellError as bad:
            refusal = Refusal(number, bad.column, bad.value, bad.reason)
            yield RefusedRow(refusal, _shown_cells(cells, table.header, columns))


def read_above(path: Path, columns: Columns) -> list[Line]:
    """The lines above the table's header, where people write what the table is about. Raises
    ImportFileError."""
    with _open(path, columns) as table:
        return [line for line in islice(table.lines(), WITHIN) if line[0] < table.header.row]


def _shown_cells(cells: Sequence[Cell], header: Header, columns: Columns) -> list[str]:
    secret = {place for name in columns.secret for place in header.places.get(name, ())}
    return [masked(cell) if place in secret else without_ids(cell) for place, cell in enumerate(cells)]


@contextmanager
def _open(path: Path, columns: Columns) -> Iterator[_Table]:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise ImportFileError(f"{path.name}: cannot be opened: {error.strerror}") from error
    if start == _OLE:
        raise ImportFileError(
            f"{path.name}: is an old Excel workbook (.xls) or has a password; save it as .xlsx without one"
        )
    if start == _ZIP:
        with open_workbook(path) as workbook:
            sheets = {sheet: partial(workbook.lines, sheet) for sheet in workbook.sheets}
            yield _only_sheet(path, sheets, columns)
    else:
        encoding = encoding_of(path)
        readers = [partial(read_csv, path, encoding, delimiter) for delimiter in DELIMITERS]
        yield _best_delimiter(path, readers, columns)


def _only_sheet(path: Path, sheets: Mapping[str, Lines], columns: Columns) -> _Table:
    tables, errors = _tables(sheets.values(), columns)
    if len(tables) > 1:
        with_table = [sheet for sheet, lines in sheets.items() if any(one.lines is lines for one in tables)]
        raise ImportFileError(
            f"{path.name}: the sheets {', '.join(with_table)} have such a table each; leave one in the file"
        )
    if not tables:
        raise ImportFileError(f"{path.name}: {min(errors, key=len, default='every sheet is hidden')}")
    return replace(tables[0], notes=True)


def _best_delimiter(path: Path, readers: Sequence[Lines], columns: Columns) -> _Table:
    tables, errors = _tables(readers, columns)
    if not tables:
        # The delimiter that recognises most headers lacks least; the comma where none recognises any.
        raise ImportFileError(f"{path.name}: {min(errors, key=len)}")
    return max(tables, key=lambda table: len(table.header.places))


def _tables(readers: Iterable[Lines], columns: Columns) -> tuple[list[_Table], list[str]]:
    """The readers that find a header, and what the others say."""
    tables, errors = [], []
    for lines in readers:
        try:
            header = find_header(list(islice(lines(), WITHIN)), columns)
            tables.append(_Table(header, lines, header.headed()))
        except HeaderError as error:
            errors.append(str(error))
    return tables, errors


def _body(table: _Table) -> Iterator[Line]:
    for number, cells in table.lines():
        if number > table.header.row and any(not _blank(cell) for cell in cells):
            yield number, cells


def _blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _check_width(table: _Table, cells: Sequence[Cell]) -> None:
    """A comma without quotes makes the cells of a CSV slip; in a spreadsheet it is a note at the side."""
    if table.notes:
        return
    if any(not _blank(cell) for place, cell in enumerate(cells) if place not in table.headed):
        # A name may stand where the id should, so nothing of the row is shown.
        last = next(title for title in reversed(table.header.titles) if title)
        raise BadCellError(last, "", "the row has more cells than the header: a comma without quotes?")


def _by_field(header: Header, cells: Sequence[Cell]) -> dict[str, Cell]:
    width = len(cells)
    return {
        name: (cells[places[0]] if places[0] < width else "")
        if len(places) == 1
        else _joined([cells[place] for place in places if place < width])
        for name, places in header.places.items()
    }


def _joined(cells: Sequence[Cell]) -> Cell:
    if len(cells) < 2:
        return cells[0] if cells else ""
    fault = next((cell for cell in cells if isinstance(cell, Fault)), None)
    return fault or " ".join(filter(None, map(plain, cells)))
