"""What the active scheduler does for everybody again and again, and when."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from connector.access.retention import forget_looks
from connector.operations.refresh_metrics import RefreshMetrics
from connector.person_erasure import erase_returned
from connector.publishing.publish import publish_statements
from connector.reconcile import reconcile
from connector.reminders.sending import send_reminders
from connector.report.published import publish_months
from connector.settings import Settings
from lrs.clock import Clock
from lrs.database import read_only
from mappings.closings import close_months
from mappings.gap_counts import keep_counts
from mappings.progress import is_due, rebuild, refresh

REMIND_SECONDS = 20
# A statement may come just after one refresh has looked, and then waits for the end of the next.
REFRESHES_A_TICK = 4

Job = Callable[[], None]

log = structlog.get_logger()


class Every(NamedTuple):
    """A job and how long after its beginning it begins again."""

    seconds: float
    job: Job


class Daily(NamedTuple):
    """A job and the time of the day at which it begins, in Bangkok."""

    hour: int
    minute: int
    job: Job


class RecurringJobs:
    """The jobs; `going` says whether a long one is to go on."""

    def __init__(self, settings: Settings, engine: Engine, clock: Clock, going: Callable[[], bool]) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._going = going
        self._refreshes = RefreshMetrics(settings.refreshes_file)

    def often(self) -> Sequence[Every]:
        """What is done many times a day, from the start on."""
        return (
            Every(self._settings.refresh_seconds / REFRESHES_A_TICK, self._refresh),
            Every(REMIND_SECONDS, self._remind),
        )

    def daily(self) -> Sequence[Daily]:
        """What is done once a night."""
        return (
            # A validity date that begins or ends changes progress without any statement.
            Daily(0, 5, self._rebuild),
            Daily(0, 30, self._close_months),
            Daily(1, 0, self._publish),
            Daily(2, 0, self._forget_looks),
            Daily(3, 30, self._reconcile),
            Daily(4, 0, self._count),
        )

    def _refresh(self) -> None:
        with read_only(self._engine).begin() as conn:
            if not is_due(conn, self._clock()):
                return
        self._compute("refresh", refresh)

    def _rebuild(self) -> None:
        erase_returned(self._settings, self._engine)
        self._compute("rebuild", partial(rebuild, beside=self._engine))

    def _compute(self, kind: str, progress: Callable[[Connection, datetime], int]) -> None:
        """Compute some people's progress; how long it took is noted."""
        began = perf_counter()
        with self._engine.begin() as conn:
            people = progress(conn, self._clock())
        self._refreshes.note(kind, perf_counter() - began, people)

    def _remind(self) -> None:
        send_reminders(self._settings, self._engine, self._clock, self._going)

    def _close_months(self) -> None:
        close_months(self._engine, None, self._clock())
        publish_months(self._engine, self._settings.small_counts_below, self._clock())

    def _publish(self) -> None:
        if self._settings.publish_statements:
            publish_statements(self._engine, None, self._clock)

    def _forget_looks(self) -> None:
        forgotten = forget_looks(self._engine, self._settings.audit_days, self._clock(), "schedule")
        if forgotten:
            log.info("looks forgotten", number=forgotten)

    def _reconcile(self) -> None:
        reconcile(self._engine, self._clock())

    def _count(self) -> None:
        keep_counts(self._engine, self._clock())
