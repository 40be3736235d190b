"""All SQL about failed attempts to sign in, by name and by address; what is kept tells neither.

An attempt is counted before the password is looked at: attempts at the same time are all counted.
Functions take a connection and never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, select, update

from connector.access.errors import TooManyTries
from connector.tables_access import sign_in_throttle
from lrs.bulk import insert_of
from lrs.clock import from_micros, to_micros

_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_FORGOTTEN = timedelta(hours=1)
_c = sign_in_throttle.c


@dataclass(frozen=True, slots=True)
class Subject:
    """A name or an address, hashed, and how many attempts may fail before it has to wait."""

    hash: bytes
    tries: int


def wait_after(failures: int, tries: int) -> timedelta:
    """How long the next attempt has to wait: twice as long each time, a quarter of an hour at most."""
    if failures < tries:
        return timedelta()
    return min(_FIRST_WAIT * (1 << min(failures - tries, 10)), _LONGEST_WAIT)


def count_attempt(conn: Connection, subjects: Sequence[Subject], now: datetime) -> None:
    """Count one for each. Raises TooManyTries, after which the transaction must be rolled back."""
    conn.execute(delete(sign_in_throttle).where(_c.last_at < to_micros(now - _FORGOTTEN)))
    # In one order, whoever comes: rows are locked in it.
    for one in sorted(subjects, key=lambda one: one.hash):
        failures = _counted(conn, one, now)
        until = to_micros(now + wait_after(failures, one.tries))
        conn.execute(update(sign_in_throttle).where(_c.subject_hash == one.hash).values(blocked_until=until))


def _counted(conn: Connection, one: Subject, now: datetime) -> int:
    moment = to_micros(now)
    row = {"subject_hash": one.hash, "failures": 1, "last_at": moment, "blocked_until": 0}
    failures: int | None = conn.execute(
        insert_of(conn, sign_in_throttle)
        .values(row)
        .on_conflict_do_update(
            index_elements=[_c.subject_hash],
            set_={"failures": _c.failures + 1, "last_at": moment},
            where=_c.blocked_until <= moment,
        )
        .returning(_c.failures)
    ).scalar()
    if failures is None:
        until = conn.execute(select(_c.blocked_until).where(_c.subject_hash == one.hash)).scalar_one()
        raise TooManyTries(from_micros(until))
    return failures


def forgive(conn: Connection, name: Subject, address: Subject) -> None:
    """The attempt was right: the name starts anew; from the address, this one attempt has not failed."""
    conn.execute(delete(sign_in_throttle).where(_c.subject_hash == name.hash))
    left = _c.failures - 1
    conn.execute(
        update(sign_in_throttle)
        .where(_c.subject_hash == address.hash)
        .values(failures=left, blocked_until=case((left < address.tries, 0), else_=_c.blocked_until))
    )
