"""People with their posts from a file with Thai or English headers.

The national id goes no further than this file: what leaves is its keyed hash and the last four digits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connector.imports.columns import (
    EMAIL,
    FAMILY,
    FIRST_DAY,
    FULL_NAME,
    GIVEN,
    GROUP,
    LINE,
    NATIONAL_ID,
    POSITION,
    PREFIX,
    RANK,
    ROSTER_ID,
    UNIT,
    UNIT_NAME,
    roster_columns,
    username_of,
)
from connector.imports.errors import BadValueError
from connector.imports.honorifics import same_honorific, split_honorific, split_name
from connector.imports.table_file import Row, Staged, stage
from connector.imports.values import has_id
from mappings.people import HashKeys, PersonRow
from mappings.roster_row import OUTSIDE
from mappings.thai_text import arabic_digits

COLUMNS = (PREFIX, GIVEN, FAMILY, POSITION, RANK, LINE, GROUP, UNIT, NATIONAL_ID)
"""The columns of a roster with the names in two columns, as most are."""

_GROUPS = ("M", "A", "S", "T", OUTSIDE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


@dataclass(frozen=True, slots=True)
class RosterReader:
    """What turns rows into people: the keys that platforms' national ids are hashed with, too, and the home
    pages of platforms by their name in the settings."""

    hash_keys: HashKeys
    home_pages: Mapping[str, str] = field(default_factory=dict)

    def read(self, row: Row) -> PersonRow:
        """The person of a row. Raises BadCellError."""
        prefix, given, family = _name(row)
        unit_code, group = _unit_code(row), _group(row)
        digits = row.national_id(NATIONAL_ID)
        hashed = self.hash_keys.hash(digits) if digits else None
        return PersonRow(
            prefix=prefix,
            given_name=given,
            family_name=family,
            position=_text(row, POSITION),
            rank=_text(row, RANK),
            line=_text(row, LINE),
            group=group,
            unit_code=unit_code,
            id_hmac=hashed.hmac if hashed else None,
            id_last4=digits[-4:] if digits else None,
            row=row.number,
            id_key=hashed.key if hashed else None,
            id_before=hashed.before if hashed else None,
            email=_email(row),
            roster_id=arabic_digits(_text(row, ROSTER_ID)),
            usernames=self._usernames(row),
            valid_from=row.day(FIRST_DAY),
        )

    def _usernames(self, row: Row) -> dict[str, str]:
        found = {page: _text(row, username_of(name)) for name, page in self.home_pages.items()}
        return {page: value for page, value in found.items() if value}


def read_roster(path: Path, hash_keys: HashKeys) -> Staged[PersonRow]:
    """The people in a small file, all at once; `roster_import` takes files of any size.

    Raises ImportFileError where the file as a whole cannot be read.
    """
    return stage(path, roster_columns(()), RosterReader(hash_keys).read)


def _text(row: Row, name: str) -> str:
    """Text that is kept: a national id in it would be one in the clear."""
    text = row.text(name)
    if has_id(text):
        raise row.bad(name, "has 13 digits like a national id: is it in the wrong column?")
    return text


def _unit_code(row: Row) -> str:
    """The unit's code, or else its name."""
    unit_code = row.code(UNIT) or _text(row, UNIT_NAME)
    if not unit_code:
        raise row.bad(UNIT if row.has(UNIT) else UNIT_NAME, "must not be empty")
    return unit_code


def _group(row: Row) -> str | None:
    group = row.text(GROUP).upper()
    if group and group not in _GROUPS:
        raise row.bad(GROUP, f"must be empty or one of {', '.join(_GROUPS)}")
    return group or None


def _email(row: Row) -> str:
    email = _text(row, EMAIL).lower()
    if email and not _EMAIL.fullmatch(email):
        raise row.bad(EMAIL, "is no e-mail address")
    return email


def _name(row: Row) -> tuple[str, str, str]:
    """Honorific, given and family name, from columns of their own or from the one that has all."""
    prefix, given, family = _text(row, PREFIX), _text(row, GIVEN), _text(row, FAMILY)
    if not (given or family) and (whole := _text(row, FULL_NAME)):
        try:
            glued, given, family = split_name(whole)
        except BadValueError as error:
            raise row.bad(FULL_NAME, str(error)) from error
        return prefix or glued, given, family
    for column, value in ((GIVEN, given), (FAMILY, family)):
        if not value:
            raise row.bad(column if row.has(column) else FULL_NAME, "must not be empty")
    glued, bare = split_honorific(given)
    # Beside a column of honorifics only the same one can be glued: a name may begin like one.
    if glued and (not prefix or same_honorific(prefix, glued)):
        return prefix or glued, bare, family
    return prefix, given, family
