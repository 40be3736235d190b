"""How long computing progress takes and for how many people, as the scheduler counts it.

The scheduler has no address to be asked at: it keeps a file in the data folder, in Prometheus' text format,
and the web processes that share the folder tell what stands in it. Counters begin anew with the scheduler.
"""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, Histogram, write_to_textfile
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
_PEOPLE = (0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


class RefreshMetrics:
    """Counters of one scheduler, from its start, kept in a file; `kind` is one of few words."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "thaksa_refresh_seconds",
            "How long computing progress took, until it was committed.",
            ["kind"],
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._people = Histogram(
            "thaksa_refresh_people",
            "For how many people progress was computed at once.",
            ["kind"],
            registry=self._registry,
            buckets=_PEOPLE,
        )
        self._ended_at = Gauge(
            "thaksa_refresh_ended_at_seconds",
            "When computing progress ended last, seconds since the epoch.",
            ["kind"],
            registry=self._registry,
        )

    def note(self, kind: str, seconds: float, people: int) -> None:
        """Progress of so many people has just been computed."""
        self._seconds.labels(kind).observe(seconds)
        self._people.labels(kind).observe(people)
        self._ended_at.labels(kind).set_to_current_time()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(str(self._file), self._registry)


def read_refreshes(file: Path) -> Iterator[Metric]:
    """What a scheduler of this data folder noted last; nothing where none ever did."""
    try:
        noted = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    yield from text_string_to_metric_families(noted)
