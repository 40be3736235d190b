"""What one process at a time may do: the sync of a platform, the schedule.

A lock belongs to the process that took it and goes with it, however it ends: on PostgreSQL a session's
advisory lock, on SQLite a lock on a file beside the database.

Errors: AlreadyRunning (a PlatformError).
"""

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import PendingRollbackError

from connector.platforms import PlatformError
from lrs.database import DRIVER_ERRORS

StillOurs = Callable[[], bool]
"""Asks whether the lock is still held: a database server that was restarted has forgotten it."""

_LET_GO = text("select pg_advisory_unlock(:key)")
_TRY = text("select pg_try_advisory_lock(:key)")


class AlreadyRunning(PlatformError):
    """Another process does this, or another thread of ours."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: another process is at it already; wait until it is done, or end it")


@contextmanager
def held(engine: Engine, name: str) -> Iterator[StillOurs]:
    """Hold the lock `name` of this database, as in "sync:moodle"; raises AlreadyRunning at once if it is
    taken."""
    with _held_file(engine, name) if engine.dialect.name == "sqlite" else _held_session(engine, name) as ours:
        yield ours


@contextmanager
def _held_session(engine: Engine, name: str) -> Iterator[StillOurs]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        # Of its own: back in the pool, the session would keep the lock.
        conn.detach()
        if not conn.execute(_TRY, {"key": _key(name)}).scalar_one():
            raise AlreadyRunning(name)
        try:
            yield lambda: _answers(conn)
        finally:
            # Told, because a server that is not asked lets go a moment after the session ended.
            with suppress(*DRIVER_ERRORS, PendingRollbackError):
                conn.execute(_LET_GO, {"key": _key(name)})


@contextmanager
def _held_file(engine: Engine, name: str) -> Iterator[StillOurs]:
    """The file stays: whoever removed it could remove one that another has just locked."""
    database = Path(engine.url.database or "")
    with database.with_name(f"{database.name}.{quote(name, safe='')}.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(name) from None
        yield lambda: True


def _answers(conn: Connection) -> bool:
    try:
        return bool(conn.execute(text("select 1")).scalar_one())
    except (*DRIVER_ERRORS, PendingRollbackError):
        return False


def _key(name: str) -> int:
    """A signed 64-bit number; that two names share one is as likely as a bad disk."""
    return int.from_bytes(hashlib.sha256(f"thaksa:{name}".encode()).digest()[:8], signed=True)
