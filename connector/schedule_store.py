"""What the schedule remembers in the database: pauses, and when a platform is synced next (SQL)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from connector.tables import platform
from connector.timetable import Past, pause
from lrs.clock import from_micros_or_none, to_micros


def read_pasts(conn: Connection) -> dict[str, Past]:
    """Name -> how the latest pass went, of the platforms that were ever synced."""
    rows = conn.execute(select(platform))
    return {
        row.name: Past(
            # One that was broken off is gone on with at once.
            started_at=None if row.pass_started_at is not None else from_micros_or_none(row.compared_until),
            # Without a place to resume at, the next one begins at the beginning.
            reads_all=row.cursor is None,
            full_at=from_micros_or_none(row.full_at),
        )
        for row in rows
    }


def read_paused(conn: Connection) -> set[str]:
    """Names of the platforms that are left alone because they kept failing."""
    return set(conn.execute(select(platform.c.name).where(platform.c.paused_until.is_not(None))).scalars())


def note_failure(conn: Connection, name: str, now: datetime, *, permanent: bool) -> tuple[int, datetime]:
    """Pauses a platform; how many syncs failed in a row, and until when it is left alone."""
    this = platform.c.name == name
    counted = update(platform).where(this).values(failures=platform.c.failures + 1)
    # Without a row it has never got as far as to be a platform of ours.
    failures = conn.execute(counted.returning(platform.c.failures)).scalar() or 1
    until = now + pause(failures, permanent=permanent)
    conn.execute(update(platform).where(this).values(paused_until=to_micros(until)))
    return failures, until


def end_pauses(conn: Connection, names: Collection[str]) -> None:
    """Lets these platforms be synced again; how often they failed is not forgotten."""
    paused = platform.c.name.in_(names) & platform.c.paused_until.is_not(None)
    conn.execute(update(platform).where(paused).values(paused_until=None))


def note_success(conn: Connection, name: str) -> None:
    """The platform works: what was wrong before is forgotten."""
    this = platform.c.name == name
    conn.execute(update(platform).where(this).values(failures=0, paused_until=None))


def note_full(conn: Connection, name: str, at: datetime, *, first_only: bool) -> None:
    """Everything was read by a sync that began then; `first_only`: if it was the platform's first."""
    this = platform.c.name == name
    if first_only:
        this &= platform.c.full_at.is_(None)
    conn.execute(update(platform).where(this).values(full_at=to_micros(at)))


def note_next_run(conn: Connection, name: str, at: datetime | None) -> None:
    """When the platform is synced next."""
    micros = None if at is None else to_micros(at)
    conn.execute(update(platform).where(platform.c.name == name).values(next_run_at=micros))
