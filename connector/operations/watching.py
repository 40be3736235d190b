"""Watches requests from the outside: how many, how long, a line in the log of each, and an id that both
sides can name. Routes are written as the routers write them: addresses have ids of people in them."""

import re
import time
from collections.abc import Callable
from secrets import token_hex

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.logs import REQUEST_ID
from connector.operations.request_metrics import RequestMetrics

HEADER = "X-Request-ID"
# As proxies make them; nothing that could be a name or a national id.
_ID = re.compile(rb"[0-9a-fA-F-]{16,64}")
_NAME = HEADER.lower().encode()

log = structlog.get_logger()


class Watching:
    """Around an application; `route_of` gives the route of a method and an inner path, one of few. `tells`:
    a line of every request is wanted, not of failed ones alone."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: RequestMetrics,
        route_of: Callable[[str, str], str],
        *,
        tells: bool,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._route_of = route_of
        self._tells = tells

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, given = time.perf_counter(), 500, request_id(scope)
        # Never taken back: each request has a context of its own, and the server tells of errors afterwards.
        REQUEST_ID.set(given)
        line = (_NAME, given.encode())

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), line]
            await send(message)

        # Before a part of it that is mounted takes its own path off.
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        self._metrics.begin()
        try:
            await self._app(scope, receive, noting)
        finally:
            self._end(scope["method"], path, status, time.perf_counter() - started)

    def _end(self, method: str, path: str, status: int, seconds: float) -> None:
        route = self._route_of(method, path)
        self._metrics.end(method, route, status, seconds)
        if status >= 500 or self._tells:
            tell = log.error if status >= 500 else log.info
            tell("request", method=method, route=route, status=status, seconds=round(seconds, 4))


def request_id(scope: Scope) -> str:
    """The id that the proxy gave, if it looks like one, or another."""
    for name, value in scope["headers"]:
        if name == _NAME and _ID.fullmatch(value):
            return str(value.decode())
    return token_hex(16)
