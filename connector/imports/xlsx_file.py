"""XLSX workbooks, one row at a time. Formulas count with the value that the spreadsheet stored."""

import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from itertools import repeat
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from connector.imports.errors import ImportFileError
from connector.imports.header import Line
from connector.imports.values import Cell, Fault

_DAMAGE = (BadZipFile, zlib.error, ParseError, EOFError, LookupError, ValueError, TypeError, OSError)
_LARGEST = 2 << 30
_AT_ONCE = 1 << 20
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_LONGEST_TAG = 32
_ZEROS = re.compile("0+")

# It warns of drop-down lists and styles that it does not keep: nothing that a reader of values needs.
warnings.filterwarnings("ignore", module="openpyxl")


class Workbook:
    """An open workbook; `sheets` are the names of those that are not hidden."""

    def __init__(self, path: Path, values: Any, formulas: Any | None) -> None:
        self._path, self._values, self._formulas = path, values, formulas
        self.sheets = [sheet.title for sheet in values.worksheets if sheet.sheet_state == "visible"]

    def lines(self, sheet: str) -> Iterator[Line]:
        """The sheet's rows with their numbers, empty ones too. Raises ImportFileError."""
        try:
            rows = enumerate(_rows(self._values, sheet), start=1)
            others = repeat(()) if self._formulas is None else _rows(self._formulas, sheet)
            for (number, cells), formulas in zip(rows, others, strict=False):
                yield number, _cells(cells, formulas)
        except _DAMAGE as error:
            raise _damaged(self._path) from error


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """Opens a workbook for reading row by row. Raises ImportFileError."""
    try:
        formulas = _has_formulas(path)
        values = load_workbook(path, read_only=True, data_only=True)
    except _DAMAGE as error:
        raise _damaged(path) from error
    with closing(values):
        if not formulas:
            yield Workbook(path, values, None)
            return
        with closing(load_workbook(path, read_only=True)) as texts:
            yield Workbook(path, values, texts)


def _damaged(path: Path) -> ImportFileError:
    return ImportFileError(
        f"{path.name}: is no Excel workbook (.xlsx), or it is damaged; open it in Excel or LibreOffice and "
        "save it as .xlsx"
    )


def _has_formulas(path: Path) -> bool:
    """Whether any sheet has a formula; only then each row has to be read twice."""
    with ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
            raise ImportFileError(f"{path.name}: holds more than 2 GB when unpacked; save it as CSV UTF-8")
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(_found(archive, name) for name in sheets)


def _found(archive: ZipFile, name: str) -> bool:
    tail = b""
    with archive.open(name) as file:
        while some := file.read(_AT_ONCE):
            if _FORMULA.search(tail + some):
                return True
            tail = some[-_LONGEST_TAG:]
    return False


def _rows(workbook: Any, name: str) -> Iterator[Sequence[Any]]:
    sheet = workbook[name]
    # Some programs write a wrong size, and rows beyond it would be left out.
    sheet.reset_dimensions()
    return iter(sheet.iter_rows())


def _cells(cells: Sequence[Any], formulas: Sequence[Any]) -> list[Cell]:
    found = [_cell(cell) for cell in cells]
    for index, formula in enumerate(formulas[: len(found)]):
        # A stored empty text is text; where nothing is stored the cell passes for a number.
        if formula.data_type == "f" and cells[index].value is None and cells[index].data_type == "n":
            found[index] = Fault(
                f"the formula in {formula.coordinate} has no stored value: open the file in Excel or "
                "LibreOffice and save it"
            )
    return found


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        return Fault(f"{cell.coordinate} shows the spreadsheet's error {value}")
    if isinstance(value, str | datetime | date):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int) and _ZEROS.fullmatch(cell.number_format):
        # The format shows zeros in front that the number itself does not have.
        return str(value).zfill(len(cell.number_format))
    if isinstance(value, int | float):
        return value
    return Fault(f"{cell.coordinate} holds a time of day")
