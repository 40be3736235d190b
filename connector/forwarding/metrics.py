"""How targets stand, as metrics."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection

from connector.forwarding.states import TargetState, targets_state
from connector.settings_target import TargetSettings


def target_metrics(
    conn: Connection, targets: Mapping[str, TargetSettings], now: datetime
) -> Iterator[Metric]:
    """A family each, by the target's name."""
    waiting = _of_target("waiting", "Statements that wait, counted up to 10,000.")
    age = _of_target("queue_age_seconds", "Since the first statement that waits was stored; 0: none waits.")
    dead = _of_target("dead_letters", "Statements that the target does not take.")
    failures = _of_target("failures", "Failed attempts since the last good one.")
    stopped = _of_target("stopped", "1 while somebody has to act before it is tried again.")
    for one in targets_state(conn, targets, now):
        waiting.add_metric([one.name], one.waiting)
        age.add_metric([one.name], one.age.total_seconds())
        dead.add_metric([one.name], one.dead)
        failures.add_metric([one.name], one.failures)
        stopped.add_metric([one.name], int(one.state is TargetState.STOPPED))
    yield from (waiting, age, dead, failures, stopped)


def _of_target(name: str, said: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"thaksa_forward_{name}", said, labels=["target"])
