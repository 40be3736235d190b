"""What can be wrong with a file that somebody brings.

ImportFileError    the file as a whole cannot be read
BadCellError       one cell makes its row useless: the row becomes a Refusal
BadValueError      the same before anybody knows in which column the value stands
ImportStateError   a staged file cannot be applied, or is gone
"""


class ImportFileError(Exception):
    """The file cannot be read at all; the message names it and says what to do."""


class BadValueError(Exception):
    """A value that cannot be taken; the message says why, and quotes nothing of it."""


class BadCellError(Exception):
    """A cell that makes its row useless; `value` is fit to be shown."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


class ImportStateError(Exception):
    """A staged file is not in the state that something needs, or is not there; the message names it."""
