"""The header of a table: below blank rows and titles, in one row or two, cells merged or not. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from connector.imports.columns import Columns
from connector.imports.errors import BadValueError
from connector.imports.values import Cell, Fault, text_of

WITHIN = 20
"""The header is looked for in so many first rows of a file."""

Line = tuple[int, Sequence[Cell]]
"""A row's number as a spreadsheet shows it, from 1, and its cells."""


class HeaderError(Exception):
    """No header that will do; the message says what is missing, without the file's name."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where the fields stand. `row` is the header's last row; `titles` its cells as the file has them."""

    row: int
    titles: tuple[str, ...]
    places: dict[str, tuple[int, ...]]

    def headed(self) -> frozenset[int]:
        """The columns that have a header, or a part in a merged one."""
        merged = {place for places in self.places.values() for place in places}
        return frozenset(merged | {place for place, title in enumerate(self.titles) if title})

    def title(self, field: str) -> str:
        """The header of a field as the file spells it; the field's own name where it has none."""
        return self.titles[self.places[field][0]] if field in self.places else field


def find_header(lines: Sequence[Line], columns: Columns) -> Header:
    """The row, or pair of rows, among the first lines that names most fields. Raises HeaderError."""
    found = list(_candidates(lines, columns))
    best = max(found, key=lambda one: len(one.places), default=Header(1, (), {}))
    complete = [one for one in found if not _missing(one, columns)]
    if not complete:
        lacks, expected = ", ".join(_missing(best, columns)), ", ".join(columns.spellings)
        raise HeaderError(f"{_row(best.row)} lacks {lacks}; expected: {expected}")
    header = max(complete, key=lambda one: len(one.places))
    fields = [columns.field(title) for title in header.titles]
    if twice := [field for field in columns.spellings if fields.count(field) > 1]:
        raise HeaderError(f"{_row(header.row)} has {', '.join(twice)} more than once")
    return header


def _row(number: int) -> str:
    return "the first row" if number == 1 else f"row {number}"


def _missing(header: Header, columns: Columns) -> list[str]:
    """What the set of needed fields lacks that is whole, or else that most fields are there of."""

    def lacks(needed: Sequence[str]) -> list[str]:
        return [field for field in needed if field not in header.places]

    closest = max(columns.needed, key=lambda needed: (not lacks(needed), len(needed) - len(lacks(needed))))
    return lacks(closest)


def _candidates(lines: Sequence[Line], columns: Columns) -> Iterator[Header]:
    rows = [(number, tuple(_title(cell) for cell in cells)) for number, cells in lines[:WITHIN]]
    for number, titles in rows:
        if any(columns.field(title) for title in titles):
            yield Header(number, titles, _places(titles, columns))
    for (_, upper), (number, lower) in pairwise(rows):
        filled = [title for title in lower if title]
        # A second row of headers, not of data: most of what stands in it are headers.
        if any(upper) and 2 * sum(columns.field(title) is not None for title in filled) > len(filled):
            titles = tuple(low or up for up, low in zip_longest(upper, lower, fillvalue=""))
            yield Header(number, titles, _places(titles, columns))


def _title(cell: Cell) -> str:
    try:
        return "" if isinstance(cell, Fault) else text_of(cell)
    except BadValueError:
        return ""


def _places(titles: Sequence[str], columns: Columns) -> dict[str, tuple[int, ...]]:
    places: dict[str, tuple[int, ...]] = {}
    for index, title in enumerate(titles):
        if field := columns.field(title):
            places[field] = (index, *(_merged(titles, index) if field == columns.wide else ()))
    return places


def _merged(titles: Sequence[str], index: int) -> range:
    """The columns without a header between this one and the next that has one."""
    headed = next((place for place in range(index + 1, len(titles)) if titles[place]), index + 1)
    return range(index + 1, headed)
