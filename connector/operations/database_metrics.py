"""What the database, and the scheduler of this folder, say of the whole service: the same from every process
that is asked (SQL)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Column, Connection, func, select

from connector.forwarding.metrics import target_metrics
from connector.operations.marks import MarkAges
from connector.operations.refresh_metrics import read_refreshes
from connector.report.queries.syncs import read_syncs
from connector.report.syncs import SyncState, Watched
from connector.settings_target import TargetSettings
from connector.tables_people import reminder
from lrs.clock import from_micros
from lrs.tables import stale_agent, statement
from mappings.tables import refresh_state, stale_account, stale_person, stale_unit

Reader = Callable[[Connection, datetime], Iterable[Metric]]
"""Some metrics at a moment; one more topic is one more of these in `readers`."""

_MARKS: Mapping[str, Column[int]] = {
    "agent": stale_agent.c.serial,
    "account": stale_account.c.serial,
    "person": stale_person.c.serial,
    "unit": stale_unit.c.serial,
}


def readers(
    watched: Mapping[str, Watched], targets: Mapping[str, TargetSettings], refreshes: Path
) -> tuple[Reader, ...]:
    """All of them, for one process; `watched`, `targets`: the platforms and targets of the settings,
    `refreshes`: the file of the scheduler."""
    ages = MarkAges()
    return (
        _statements,
        lambda conn, now: _syncs(conn, now, watched),
        lambda conn, now: _marks(conn, now, ages),
        lambda conn, now: target_metrics(conn, targets, now),
        _reminders,
        _refresh,
        lambda _conn, _now: read_refreshes(refreshes),
    )


def _statements(conn: Connection, _now: datetime) -> Iterator[Metric]:
    highest = conn.scalar(select(func.max(statement.c.seq))) or 0
    yield CounterMetricFamily("thaksa_statements_stored", "Statements stored so far.", value=highest)


def _syncs(conn: Connection, now: datetime, watched: Mapping[str, Watched]) -> Iterator[Metric]:
    age = _of_platform("sync_age_seconds", "Since the last good sync began.")
    failures = _of_platform("sync_failures", "Failed syncs since the last good one.")
    paused = _of_platform("sync_paused", "1 while a platform is left alone because it fails.")
    running = _of_platform("sync_running", "1 while a platform is being synced.")
    stale = _of_platform("sync_stale", "1 when the last good sync is older than stale_after_hours.")
    for one in read_syncs(conn, watched, now):
        if one.succeeded_at is not None:
            age.add_metric([one.name], (now - one.succeeded_at).total_seconds())
        failures.add_metric([one.name], one.failures)
        paused.add_metric([one.name], int(one.paused_until is not None and one.paused_until > now))
        running.add_metric([one.name], int(one.state is SyncState.RUNNING))
        stale.add_metric([one.name], int(one.is_stale))
    yield from (age, failures, paused, running, stale)


def _of_platform(name: str, said: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"thaksa_{name}", said, labels=["platform"])


def _marks(conn: Connection, now: datetime, ages: MarkAges) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "thaksa_stale_marks", "Marks that progress has to be computed anew.", labels=["kind"]
    )
    oldest = GaugeMetricFamily(
        "thaksa_stale_mark_age_seconds",
        "For how long this process has seen the oldest mark waiting.",
        labels=["kind"],
    )
    for kind, serial in _MARKS.items():
        number, lowest, highest = conn.execute(select(func.count(), func.min(serial), func.max(serial))).one()
        waiting.add_metric([kind], number)
        oldest.add_metric([kind], ages.look(kind, lowest, highest, now))
    yield from (waiting, oldest)


def _reminders(conn: Connection, now: datetime) -> Iterator[Metric]:
    waits = reminder.c.ended_at.is_(None)
    number, oldest = conn.execute(select(func.count(), func.min(reminder.c.recorded_at)).where(waits)).one()
    age = 0.0 if oldest is None else (now - from_micros(oldest)).total_seconds()
    yield GaugeMetricFamily("thaksa_reminders_waiting", "Reminders that wait to be sent.", value=number)
    said = "Since the oldest reminder that waits was asked for; 0: none waits."
    yield GaugeMetricFamily("thaksa_reminder_queue_age_seconds", said, value=age)


def _refresh(conn: Connection, _now: datetime) -> Iterator[Metric]:
    known_at = conn.scalar(select(refresh_state.c.known_at))
    if known_at is not None:
        seconds = from_micros(known_at).timestamp()
        said = "When progress was computed last, seconds since the epoch."
        yield GaugeMetricFamily("thaksa_progress_known_at_seconds", said, value=seconds)
