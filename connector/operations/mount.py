"""Puts what operators need around the pages and the record store."""

from threading import Event

from fastapi import FastAPI
from sqlalchemy import Engine

from connector.access.rights import find_right
from connector.operations.database_metrics import readers
from connector.operations.readiness import Readiness
from connector.operations.request_metrics import RequestMetrics
from connector.operations.routes import LocalMetrics, Measured, router_operations
from connector.operations.watching import Watching
from connector.report.syncs import Watched
from connector.settings import Settings
from lrs.record_store import RecordStore

_TOLD = frozenset({"debug", "info"})
OTHER = "other"


class Operations:
    """Of one process: what it counts, and whether it is ready."""

    def __init__(
        self, engine: Engine, settings: Settings, watched: dict[str, Watched], stopping: Event | None
    ) -> None:
        self.requests = RequestMetrics()
        self._settings = settings
        self._tells = settings.log_level in _TOLD
        read = readers(watched, settings.targets, settings.refreshes_file)
        self._measured = Measured(engine, self.requests, read)
        self._router = router_operations(engine, Readiness(engine, stopping), self._measured)

    def add_routes(self, app: FastAPI) -> None:
        """The routes that the guard stands in front of; middleware that is added later comes before it."""
        app.include_router(self._router)

    def add_local(self, app: FastAPI) -> None:
        """Lets programs of this machine past the guard to the metrics, where the settings say so."""
        if self._settings.metrics == "loopback":
            app.add_middleware(LocalMetrics, measured=self._measured)

    def watch_pages(self, app: FastAPI) -> None:
        """Counts and tells of each request, whoever answers it: to be added last."""
        app.add_middleware(Watching, metrics=self.requests, route_of=_page, tells=self._tells)

    def watch_store(self, store: RecordStore, prefix: str) -> Watching:
        """The record store, watched."""

        def route(_method: str, path: str) -> str:
            return f"{prefix}{store.route(path) or f'/{OTHER}'}"

        return Watching(store, self.requests, route, tells=self._tells)


def _page(method: str, path: str) -> str:
    found = find_right(method, path)
    return OTHER if found is None else found.pattern
