"""Errors of this package.

MappingError    a framework, mapping or position file that cannot be used; names file, entry and field
DecisionError   what somebody decided on accounts or persons cannot be done; `why` says it in one word
"""


class MappingError(Exception):
    """A file of rules cannot be used; the message says which file, which entry, which field and why."""


class DecisionError(Exception):
    """A decision cannot be done as things stand; the message says why, and `why` which case it is."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why
