"""People with their posts from a file with Thai or English headers.

The national id goes no further than this file: what leaves is its keyed hash and the last four digits.
"""

from pathlib import Path
from sys import intern

from connector.imports.columns import (
    FAMILY,
    FULL_NAME,
    GIVEN,
    GROUP,
    LINE,
    NATIONAL_ID,
    POSITION,
    PREFIX,
    RANK,
    ROSTER,
    UNIT,
)
from connector.imports.errors import BadValueError
from connector.imports.honorifics import same_honorific, split_honorific, split_name
from connector.imports.table_file import Row, Staged, stage
from mappings.people import HashKeys, PersonRow
from mappings.roster_row import OUTSIDE

COLUMNS = (PREFIX, GIVEN, FAMILY, POSITION, RANK, LINE, GROUP, UNIT, NATIONAL_ID)
"""The columns of a full roster with the names in two columns."""

_GROUPS = ("M", "A", "S", "T", OUTSIDE)


def read_roster(path: Path, hash_keys: HashKeys) -> Staged[PersonRow]:
    """The people in a file; `hash_keys` are those that platforms' national ids are hashed with, too.

    Raises ImportFileError where the file as a whole cannot be read.
    """
    seen: set[tuple[str, ...]] = set()
    return stage(path, ROSTER, lambda row: _person(row, hash_keys, seen))


def _person(row: Row, hash_keys: HashKeys, seen: set[tuple[str, ...]]) -> PersonRow:
    prefix, given, family = _name(row)
    unit_code = row.code(UNIT)
    if not unit_code:
        raise row.bad(UNIT, "must not be empty")
    group = row.text(GROUP).upper()
    if group and group not in _GROUPS:
        raise row.bad(GROUP, f"must be empty or one of {', '.join(_GROUPS)}")
    digits = row.national_id(NATIONAL_ID)
    hashed = hash_keys.hash(digits) if digits else None
    person = PersonRow(
        # What hundreds of thousands of rows repeat is held once.
        prefix=intern(prefix),
        given_name=given,
        family_name=family,
        position=intern(row.text(POSITION)),
        rank=intern(row.text(RANK)),
        line=intern(row.text(LINE)),
        group=group or None,
        unit_code=intern(unit_code),
        id_hmac=hashed.hmac if hashed else None,
        id_last4=digits[-4:] if digits else None,
        row=row.number,
        id_key=hashed.key if hashed else None,
        id_before=hashed.before if hashed else None,
    )
    _refuse_twice(row, person, seen)
    return person


def _name(row: Row) -> tuple[str, str, str]:
    """Honorific, given and family name, from columns of their own or from the one that has all."""
    prefix, given, family = row.text(PREFIX), row.text(GIVEN), row.text(FAMILY)
    if not (given or family) and row.text(FULL_NAME):
        try:
            glued, given, family = split_name(row.text(FULL_NAME))
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


def _refuse_twice(row: Row, person: PersonRow, seen: set[tuple[str, ...]]) -> None:
    identity = (person.id_hmac,) if person.id_hmac else (person.unit_code, *person.name())
    if identity in seen and person.id_hmac:
        raise row.bad(NATIONAL_ID, "is in an earlier row already")
    if identity in seen:
        column = GIVEN if row.has(GIVEN) else FULL_NAME
        raise row.bad(column, "an earlier row has this name at this unit, and neither has an id")
    seen.add(identity)
