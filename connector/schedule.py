"""The schedule: syncs by themselves, in a process of its own and never in a web worker.

Of several processes on one database one is active; the others wait and take over when it is gone. What
happens when: `connector.timetable`; what is remembered: `connector.schedule_store`.
"""

from collections.abc import Callable, Sequence
from threading import Event
from typing import NamedTuple

import structlog
from sqlalchemy import Engine

from connector.locks import AlreadyRunning, StillOurs, held
from connector.schedule_jobs import Jobs, Planned
from connector.settings import Settings
from lrs.clock import Clock, utc_now
from lrs.database import OPERATIONAL_ERRORS

LOCK = "scheduler"
# How often a process that waits looks whether the active one is gone, and that one whether it still is it.
STANDBY_SECONDS = 5.0

log = structlog.get_logger()


class Told(NamedTuple):
    """Who is told of what happens at the start: that another process is active, or what is planned."""

    waiting: Callable[[], None]
    planned: Callable[[Sequence[Planned]], None]


def schedule(settings: Settings, engine: Engine, stop: Event, told: Told, *, clock: Clock = utc_now) -> bool:
    """Runs until `stop` is set. False: what was under way did not end in time and goes on in its thread."""
    said: object = None
    while not stop.is_set():
        try:
            with held(engine, LOCK) as still_ours:
                said = None
                if not _act(Jobs(settings, engine, clock), told, stop, still_ours):
                    return False
        except AlreadyRunning:
            if said is not AlreadyRunning:
                log.info("another scheduler is active")
                told.waiting()
            said = AlreadyRunning
        except OPERATIONAL_ERRORS:
            if said is not OPERATIONAL_ERRORS:
                log.error("the database cannot be used: it is tried again and again")
            said = OPERATIONAL_ERRORS
        stop.wait(STANDBY_SECONDS)
    return True


def _act(jobs: Jobs, told: Told, stop: Event, still_ours: StillOurs) -> bool:
    """The active one's life; whether all its work ended with it."""
    told.planned(jobs.start())
    try:
        while not stop.wait(STANDBY_SECONDS):
            if not still_ours():
                log.warning("the database has forgotten that this scheduler is the active one")
                break
    finally:
        ended = jobs.end()
    return ended
