"""What came of an import: how many rows did what, and which were refused and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row of a file that was not taken: its number (the header is 1), the column, what stood there.

    `value` is for the eyes of whoever brought the file; a national id in it is masked.
    """

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Rows that added something, changed something, or changed nothing; and those refused."""

    added: int
    changed: int
    unchanged: int
    refused: tuple[Refusal, ...] = ()
