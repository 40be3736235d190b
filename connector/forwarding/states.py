"""How targets stand: for the status page, the metrics and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from connector.forwarding import queue
from connector.settings_target import TargetSettings
from lrs.errors import LrsError

MOST_COUNTED = 10_000
"""More are not counted: what waits may be all that was ever stored."""


class TargetState(StrEnum):
    """In one word."""

    IDLE = "idle"
    WAITING = "waiting"
    FAILING = "failing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class TargetQueue:
    """A target's queue. `waiting` is counted up to MOST_COUNTED; `oldest_at`: when the first was stored."""

    name: str
    endpoint: str
    state: TargetState
    waiting: int
    oldest_at: datetime | None
    age: timedelta
    dead: int
    failures: int
    error: str | None
    next_try_at: datetime | None
    succeeded_at: datetime | None

    @property
    def many(self) -> bool:
        """Whether there are more than were counted."""
        return self.waiting >= MOST_COUNTED


def targets_state(
    conn: Connection, targets: Mapping[str, TargetSettings], now: datetime
) -> tuple[TargetQueue, ...]:
    """The queue of each target of the settings, by name; `age` is 0 where nothing waits."""
    return tuple(_state(conn, name, one, now) for name, one in sorted(targets.items()))


def _state(conn: Connection, name: str, settings: TargetSettings, now: datetime) -> TargetQueue:
    row, error, waiting, oldest = queue.read_row(conn, name), None, 0, None
    try:
        wanted = queue.wanted_by(conn, settings)
        waiting, oldest = queue.count_waiting(conn, wanted, row.settled_seq, MOST_COUNTED)
    except LrsError as wrong:
        error = str(wrong)
    return TargetQueue(
        name=name,
        endpoint=settings.endpoint,
        state=TargetState.STOPPED if error else _word(row, waiting),
        waiting=waiting,
        oldest_at=oldest,
        age=timedelta(0) if oldest is None else max(now - oldest, timedelta(0)),
        dead=queue.count_dead(conn, name),
        failures=row.failures,
        error=error or row.error,
        next_try_at=row.next_try_at,
        succeeded_at=row.succeeded_at,
    )


def _word(row: queue.Row, waiting: int) -> TargetState:
    if row.stopped:
        return TargetState.STOPPED
    if row.failures:
        return TargetState.FAILING
    return TargetState.WAITING if waiting else TargetState.IDLE
