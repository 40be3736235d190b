"""What one web process counts by itself, in a registry of its own (Prometheus). Nothing in it is of a person.

Labels are few: methods, routes as they are written, status codes, levels of evidence.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_SIGN_IN = "/sign-in"
_REASONS = {401: "wrong", 403: "refused", 429: "throttled"}


class RequestMetrics:
    """Counters of this process, from its start."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self._requests = Counter(
            "thaksa_http_requests", "Requests answered.", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "thaksa_http_request_seconds",
            "From the head of a request to the end of its answer.",
            ["method", "route"],
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._under_way = Gauge(
            "thaksa_http_requests_under_way", "Requests not yet answered.", registry=self._registry
        )
        self._received = Counter(
            "thaksa_statements_received",
            "Statements taken from xAPI clients, by the level of evidence of their credential.",
            ["level"],
            registry=self._registry,
        )
        self._failures = Counter(
            "thaksa_sign_in_failures", "Attempts to sign in that failed.", ["reason"], registry=self._registry
        )
        for reason in _REASONS.values():
            self._failures.labels(reason)
        # Finding a counter by its labels costs as much as counting.
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def begin(self) -> None:
        """A request has come."""
        self._under_way.inc()

    def end(self, method: str, route: str, status: int, seconds: float) -> None:
        """It is answered; `route` is one of few."""
        self._under_way.dec()
        key = (method if method in _METHODS else "OTHER", route, status)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = (self._requests.labels(*key), self._seconds.labels(*key[:2]))
        found[0].inc()
        found[1].observe(seconds)
        if route.startswith(_SIGN_IN) and status in _REASONS:
            self._failures.labels(_REASONS[status]).inc()

    def stored(self, level: int, statements: int) -> None:
        """A request of the record store has brought statements, and they are durable."""
        self._received.labels(level).inc(statements)

    def collect(self) -> Iterator[Metric]:
        """All of them now."""
        return iter(list(self._registry.collect()))
