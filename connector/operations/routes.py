"""/healthz, /readyz and /metrics: for whatever starts, feeds and watches this process."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from sqlalchemy import Engine, text
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL, Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.operations.database_metrics import Reader
from connector.operations.readiness import OK, Readiness
from connector.operations.request_metrics import RequestMetrics
from connector.settings import LOOPBACK_HOSTS
from lrs.clock import Clock, utc_now
from lrs.database import DRIVER_ERRORS, read_only

METRICS = "/metrics"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
Of = Literal["all", "process", "database"]


class Measured:
    """Collects what this process and the database say."""

    def __init__(
        self, engine: Engine, process: RequestMetrics, readers: Sequence[Reader], clock: Clock = utc_now
    ) -> None:
        self._engine = read_only(engine)
        self._process = process
        self._readers = readers
        self._clock = clock

    def text(self, of: Of = "all") -> Response:
        """In Prometheus' text format; 503 where the database does not answer."""
        try:
            said = generate_latest(_Collected([*self._of_process(of), *self._of_database(of)]))
        except DRIVER_ERRORS:
            return PlainTextResponse("the database does not answer\n", 503)
        return Response(said, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    def _of_process(self, of: Of) -> Iterator[Metric]:
        if of != "database":
            yield from self._process.collect()

    def _of_database(self, of: Of) -> Iterator[Metric]:
        if of == "process":
            return
        with self._engine.begin() as conn:
            for reader in self._readers:
                yield from reader(conn, self._clock())


class _Collected:
    """What prometheus_client asks of a registry."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Sequence[Metric]:
        return self._metrics


class LocalMetrics:
    """Answers /metrics to programs of this machine, in front of the guard: only without a proxy between."""

    def __init__(self, app: ASGIApp, measured: Measured) -> None:
        self._app = app
        self._measured = measured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "http" and scope["path"] == METRICS and _is_local(scope):
            of = URL(scope=scope).query.removeprefix("of=")
            answer = self._measured.text
            chosen: Of = "process" if of == "process" else "database" if of == "database" else "all"
            await (await run_in_threadpool(answer, chosen))(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def router_operations(engine: Engine, readiness: Readiness, measured: Measured) -> APIRouter:
    """The three routes."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    def health() -> Response:
        """200 while the process and its database answer."""
        with read_only(engine).connect() as conn:
            conn.execute(text("select 1"))
        return JSONResponse({"status": "ok"})

    @router.get(
        "/readyz", responses={503: {"description": "no requests should be sent here; `checks` say why"}}
    )
    def ready() -> Response:
        """200 when requests may be sent here: the database answers and has this release's schema."""
        checks = readiness.checks()
        is_ready = all(said == OK for said in checks.values())
        status = "ok" if is_ready else "not ready"
        return JSONResponse({"status": status, "checks": dict(checks)}, 200 if is_ready else 503)

    @router.get(METRICS, response_class=PlainTextResponse)
    def metrics(
        of: Annotated[Of, Query(description="what this process counts, or the database")] = "all",
    ) -> Response:
        """For Prometheus; the names are in docs/operating.md."""
        return measured.text(of)

    return router


def _is_local(scope: Scope) -> bool:
    """Whether a program of this machine asks by a name of loopback, and no proxy for somebody else."""
    headers = Headers(scope=scope)
    host = headers.get("host", "").rsplit(":", 1)[0]
    try:
        near = ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False
    return near and host in LOOPBACK_HOSTS and not any(name in headers for name in _FORWARDED)
