"""What the schedule does for targets, again and again."""

from collections.abc import Callable
from datetime import datetime

import structlog
from apscheduler.schedulers.base import BaseScheduler
from sqlalchemy import Engine

from connector.forwarding import queue
from connector.forwarding.forward import Forwarder
from connector.locks import AlreadyRunning
from connector.settings import Settings, SettingsError
from lrs.clock import Clock
from lrs.errors import LrsError

MOST_TARGETS_AT_ONCE = 8

log = structlog.get_logger()


def threads_for_targets(settings: Settings) -> int:
    """How many threads the schedule needs for them."""
    return max(1, min(len(settings.targets), MOST_TARGETS_AT_ONCE))


def add_targets(
    scheduler: BaseScheduler, settings: Settings, forward: Callable[[str], None], now: datetime
) -> None:
    """A job for each target: one that does not answer delays no other."""
    for name in sorted(settings.targets):
        scheduler.add_job(
            forward,
            "interval",
            (name,),
            seconds=settings.forward_seconds,
            next_run_time=now,
            id=f"forward {name}",
            executor="targets",
        )


def forward_waiting(
    settings: Settings, engine: Engine, name: str, clock: Clock, going: Callable[[], bool]
) -> None:
    """Send what waits for a target, unless it is left alone for now; what is wrong with it is on record."""
    try:
        forwarder = Forwarder(settings, engine, name, clock)
        if forwarder.is_due():
            report = forwarder.run(going)
            if report.sent or report.dead:
                log.info("forwarded", target=name, sent=report.sent, dead=report.dead)
    except AlreadyRunning:
        log.info("forwarding skipped", target=name, reason="another process is at it")
    except (SettingsError, LrsError) as error:
        log.error("forwarding failed", target=name, error=str(error), stopped=True)
        with engine.begin() as conn:
            queue.note_failure(conn, name, str(error), None)
