"""CSV files that people bring: UTF-8, an exact header, one clear error or a list of refused rows.

ImportFileError    the file as a whole cannot be read
Refusal            one row was not taken (`mappings.people`)
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Generic, TypeVar

from mappings.people import Refusal
from mappings.thai_text import normalise

Row = TypeVar("Row")
Cells = dict[str, str]


class ImportFileError(Exception):
    """The file cannot be read at all; the message names it and says what to do."""


class BadCellError(Exception):
    """A cell that makes its row useless; `value` is fit to be shown."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


@dataclass(slots=True)
class Staged(Generic[Row]):
    """A file's good rows, and its refused ones with their row numbers (the header is row 1)."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def stage(path: Path, columns: Sequence[str], read_row: Callable[[int, Cells], Row]) -> Staged[Row]:
    """All rows of a file that are not empty, each through `read_row`, which may raise BadCellError.

    It is given the row's number and column -> cell; cells are normalised text. Other columns than those
    asked for are ignored. Raises ImportFileError.
    """
    staged: Staged[Row] = Staged()
    for number, cells in _rows(path, columns):
        try:
            staged.rows.append(read_row(number, _by_column(cells, columns)))
        except BadCellError as bad:
            staged.refused.append(Refusal(number, bad.column, bad.value, bad.reason))
    return staged


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Row number and (header, cell) pairs; the header of a cell beyond the header row is empty."""
    lines = csv.reader(io.StringIO(_text(path), newline=""))
    try:
        header = [normalise(cell) for cell in next(lines, [])]
        _check_header(path, header, columns)
        for number, cells in enumerate(lines, start=2):
            values = [normalise(cell) for cell in cells]
            if any(values):
                yield (
                    number,
                    list(zip_longest(header, values[: len(header)], fillvalue=""))
                    + [("", value) for value in values[len(header) :]],
                )
    except csv.Error as error:
        raise ImportFileError(f"{path.name}: line {lines.line_num} is not CSV: {error}") from error


def _by_column(cells: list[tuple[str, str]], columns: Sequence[str]) -> Cells:
    if any(value for header, value in cells if not header):
        # Its cells have slipped: a name may stand where the id should, so nothing of it is shown.
        raise BadCellError(
            columns[-1], "", "the row has more cells than the first row: a comma without quotes?"
        )
    found = dict(cells)
    return {column: found[column] for column in columns}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ImportFileError(f"{path.name}: cannot be opened: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ImportFileError(
            f"{path.name}: is not UTF-8 text; in Excel, save as 'CSV UTF-8 (comma delimited)'"
        ) from error


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        raise ImportFileError(
            f"{path.name}: the first row lacks {', '.join(missing)}; expected: {', '.join(columns)}"
        )
    twice = sorted({column for column in columns if header.count(column) > 1})
    if twice:
        raise ImportFileError(f"{path.name}: the first row has {', '.join(twice)} more than once")
