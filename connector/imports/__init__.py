"""Files that people bring: readers that turn them into rows, and say what they refuse and why.

A reader does not touch the database; `mappings.people` takes the rows.
"""

from connector.imports.csv_file import ImportFileError, Staged
from connector.imports.roster import read_roster
from connector.imports.units import read_units
from mappings.people import Refusal

__all__ = ["ImportFileError", "Refusal", "Staged", "read_roster", "read_units"]
