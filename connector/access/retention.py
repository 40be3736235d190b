"""How long the log of looks is kept."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from connector.access.audit import forget_older
from mappings.changes import Change, log_changes

_AT_ONCE = 5_000
"""Rows of one transaction: whoever looks at a person meanwhile waits no longer than that."""


def forget_looks(engine: Engine, days: int, now: datetime, by: str) -> int:
    """Delete looks that are older than so many days; how many. That it was done is on record."""
    before, forgotten = now - timedelta(days=days), 0
    while True:
        with engine.begin() as conn:
            some = forget_older(conn, before, _AT_ONCE)
            forgotten += some
            if some < _AT_ONCE:
                if forgotten:
                    log_changes(conn, [Change("forget", "audit_log", str(forgotten))], now, by)
                return forgotten
