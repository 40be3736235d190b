"""Files that somebody brought and that are read later: known, with an address, before the first row is."""

from datetime import datetime

from sqlalchemy import Connection, and_, select, update

from connector.imports.import_files import FAILED, READING, Brought, add_file, change
from connector.imports.staging import forget_rows
from connector.tables_imports import import_file
from lrs.clock import to_micros


def expect(conn: Connection, brought: Brought, now: datetime) -> str:
    """Note a file that will be read; the UUID for its address, and for `Brought` when it is read."""
    return add_file(conn, brought, now)[1]


def note_rows(conn: Connection, uuid: str, rows: int) -> None:
    """How many rows of it have been read."""
    conn.execute(update(import_file).where(import_file.c.uuid == uuid).values(rows_total=rows))


def fail(conn: Connection, uuid: str, now: datetime, reason: str) -> None:
    """It was not read to its end, and why; one that was stays as it is."""
    reading = and_(import_file.c.uuid == uuid, import_file.c.state == READING)
    row = conn.execute(select(import_file.c.id).where(reading)).one_or_none()
    if row is not None:
        forget_rows(conn, row.id)
        change(conn, row.id, state=FAILED, done_at=to_micros(now), done_by="thaksa", reason=reason)
