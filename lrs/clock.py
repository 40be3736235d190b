"""Instants as the database keeps them: whole microseconds since 1970-01-01T00:00:00Z, in a BIGINT.

One integer compares and sorts alike in SQLite, PostgreSQL and DuckDB, which no timestamp type does.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Answers the present moment as an aware datetime in UTC; injected, so that a test can choose it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """An aware datetime as microseconds since the epoch."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Microseconds since the epoch as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def from_micros_or_none(micros: int | None) -> datetime | None:
    """As `from_micros`, of something that may not have happened."""
    return None if micros is None else from_micros(micros)


def to_iso(moment: datetime) -> str:
    """An aware datetime as xAPI writes it: UTC, ISO 8601 with microseconds and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
