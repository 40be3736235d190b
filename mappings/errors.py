"""Errors of this package.

MappingError    a framework, mapping or position file that cannot be used; names file, entry and field
"""


class MappingError(Exception):
    """A file of rules cannot be used; the message says which file, which entry, which field and why."""
