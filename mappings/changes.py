"""The log of what people changed: ids and field names, never values of personal data."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from lrs.bulk import bulk_insert
from lrs.clock import to_micros
from mappings.tables import change_log


class Change(NamedTuple):
    """`action` done to the `subject` of this id; `detail` says which fields, or why."""

    action: str
    subject: str
    subject_id: str
    detail: str | None = None


def log_changes(conn: Connection, changes: list[Change], now: datetime, by: str) -> None:
    """Append to the log; `by` is a user's or a command's name."""
    at = to_micros(now)
    bulk_insert(conn, (change_log, [(at, by, *change) for change in changes]))
