"""Files that people bring: readers that turn them into rows, and say what they refuse and why.

A file becomes rows in this order: `csv_file` or `xlsx_file` (cells), `header` with `columns` (which cell is
which), `table_file` (rows by name), `roster` or `units` (what a row means). `values`, `dates` and
`honorifics` say what a cell means. A reader does not touch the database: `staging` keeps what it reads until
somebody lets it take hold (`roster_import`, `unit_import`).
"""

from connector.imports.columns import ROSTER, UNITS
from connector.imports.errors import ImportFileError
from connector.imports.roster import read_roster
from connector.imports.table_file import Staged
from connector.imports.units import read_units
from mappings.people import Refusal

__all__ = [
    "ROSTER",
    "UNITS",
    "ImportFileError",
    "Refusal",
    "Staged",
    "read_roster",
    "read_units",
]
