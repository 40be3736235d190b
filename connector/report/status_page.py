"""The page of the connection itself: how each platform's syncs stand, and what came of them."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Response
from markupsafe import Markup
from sqlalchemy import Connection, Engine

from connector.forwarding.states import targets_state
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.basis import read_times
from connector.report.queries.status import read_status
from connector.report.queries.syncs import read_syncs
from connector.report.syncs import SyncState, Watched
from connector.report.templating import ENVIRONMENT
from connector.settings_target import TargetSettings
from lrs.clock import Clock, utc_now
from lrs.database import read_only

RUNNING_SECONDS = 3
RESTING_SECONDS = 20


def router_status(
    engine: Engine,
    clock: Clock = utc_now,
    watched: Mapping[str, Watched] | None = None,
    targets: Mapping[str, TargetSettings] | None = None,
) -> APIRouter:
    """The routes at /status; `watched`: the platforms of the settings, `targets`: what they forward to."""
    pages = _Pages(engine, clock, watched or {}, targets or {})
    return page_router({"/status": pages.status, "/status/platforms": pages.platforms})


class _Pages:
    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        watched: Mapping[str, Watched],
        targets: Mapping[str, TargetSettings],
    ) -> None:
        self._engine = read_only(engine)
        self._clock = clock
        self._watched = watched
        self._targets = targets

    def status(self) -> Response:
        now = self._clock()
        with self._engine.begin() as conn:
            as_of, known_at = read_times(conn, now)
            report, platforms = read_status(conn), self._platforms(conn, now)
            targets = targets_state(conn, self._targets, now)
        times = {"as_of": as_of, "known_at": known_at}
        return render("status.html", report=report, targets=targets, **times, **platforms)

    def platforms(self, shown: str) -> Response:
        """The part that is asked for again and again; 204 where it still is what is `shown`."""
        with self._engine.begin() as conn:
            platforms = self._platforms(conn, self._clock())
        if platforms["shown"] == shown:
            return Response(status_code=204)
        return render("_platforms.html", **platforms)

    def _platforms(self, conn: Connection, now: datetime) -> dict[str, Any]:
        """What `_platforms.html` asks for."""
        syncs = read_syncs(conn, self._watched, now)
        running = any(one.state is SyncState.RUNNING for one in syncs)
        cards = ENVIRONMENT.get_template("_platform_cards.html").render(syncs=syncs, now=now)
        return {
            "cards": Markup(cards),  # noqa: S704 - rendered with every value escaped
            "shown": sha256(cards.encode()).hexdigest()[:16],
            "seconds": RUNNING_SECONDS if running else RESTING_SECONDS,
        }
