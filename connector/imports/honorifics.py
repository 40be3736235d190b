"""Names that stand in one cell, as people type them: นายสมชาย ใจดี. Pure."""

from connector.imports.errors import BadValueError
from mappings.honorifics import same_honorific, split_honorific

__all__ = ["same_honorific", "split_honorific", "split_name"]


def split_name(name: str) -> tuple[str, str, str]:
    """Honorifics, given name and family name (ณ อยุธยา is one) of a cell with both. Raises BadValueError."""
    honorific, rest = split_honorific(name)
    given, _, family = rest.partition(" ")
    if not (given and family):
        raise BadValueError("must have the given and the family name with a space between them")
    return honorific, given, family
