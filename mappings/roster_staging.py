"""People of a roster that is read but not applied: written, and forgotten."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete

from lrs.bulk import bulk_insert
from mappings.national_ids import rekey
from mappings.roster_row import PersonRow
from mappings.tables import staged_person, staged_post, staged_unit, staged_username
from mappings.tombstones import Tombstones, rekey_tombstones

_TABLES = (staged_username, staged_post, staged_unit, staged_person)


def stage_people(
    conn: Connection, import_id: int, rows: Sequence[PersonRow], tombstones: Tombstones | None = None
) -> None:
    """Keep some rows of a file. National ids that arrive with a new key's hash take hold at once.

    `tombstones`: people who were erased are not taken; of their rows the number and the unit are kept.
    """
    rekey(conn, (row.national_id() for row in rows))
    if tombstones is not None:
        rekey_tombstones(conn, tombstones, (row.national_id() for row in rows))
        rows = [_nobody(row) if _is_erased(row, tombstones) else row for row in rows]
    usernames = [
        (import_id, row.row, home_page, value) for row in rows for home_page, value in row.usernames.items()
    ]
    bulk_insert(
        conn,
        (staged_person, [_values(import_id, row) for row in rows]),
        (staged_username, usernames),
    )


def _values(import_id: int, row: PersonRow) -> tuple[object, ...]:
    """In the order of the table's columns."""
    said = (
        row.prefix,
        row.given_name,
        row.family_name,
        row.sort_key(),
        row.unit_code,
        row.position,
        row.rank,
        row.line,
        row.group or "",
    )
    known_by = (row.id_hmac, row.id_key, row.id_last4, row.email, row.roster_id)
    # A row without any name is of somebody who was erased: no reader lets one pass.
    found = (None, None, None if row.given_name or row.family_name else "erased", None)
    return (import_id, row.row, *said, *known_by, row.valid_from, str(uuid.uuid4()), *found)


def _is_erased(row: PersonRow, tombstones: Tombstones) -> bool:
    name = (row.unit_code, row.given_name, row.family_name)
    return tombstones.has_row(name, row.national_id(), row.email, row.roster_id, row.usernames)


def _nobody(row: PersonRow) -> PersonRow:
    blank = PersonRow("", "", "", "", "", "", None, row.unit_code, None, None)
    return replace(blank, row=row.row)


def forget_people(conn: Connection, import_id: int) -> None:
    """Delete what was staged of a file."""
    for table in _TABLES:
        conn.execute(delete(table).where(table.c.import_id == import_id))
