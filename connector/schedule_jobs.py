"""What the active scheduler does: a job a platform, a job a target, and the recurring ones for everybody.

What goes wrong in one is logged, and the others go on.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from random import SystemRandom
from threading import Condition, Event
from typing import NamedTuple

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Engine

from connector.forwarding.job import add_targets, forward_waiting, threads_for_targets
from connector.forwarding.queue import end_stops
from connector.guarded import guarded, where
from connector.locks import AlreadyRunning
from connector.platforms import PlatformError
from connector.recurring_jobs import Every, Job, RecurringJobs
from connector.report.thai import BANGKOK
from connector.runs import Chosen, sync_platform
from connector.schedule_store import (
    end_pauses,
    note_failure,
    note_next_run,
    read_pasts,
    read_paused,
)
from connector.settings import Settings, SettingsError
from connector.sync_store import SyncReport
from connector.timetable import Past, Timetable, first_run, is_full_due
from lrs.clock import Clock
from lrs.database import OPERATIONAL_ERRORS, read_only

# Each has a thread and, for moments, a connection to the database; more platforms wait for their turn.
MOST_SYNCS_AT_ONCE = 16
# How long syncs have to come to the end of a page when the process is told to stop.
STOP_SECONDS = 20.0
WATCH_SECONDS = 10

_RANDOM = SystemRandom()

log = structlog.get_logger()


class Planned(NamedTuple):
    """When a platform is synced, and when the next time."""

    platform: str
    kind: str
    timetable: Timetable
    next_run: datetime


class _Stopped(KeyboardInterrupt):
    """The process is to end: the sync stops after the page at hand, and its run is kept as interrupted."""


class Jobs:
    """The jobs of the active scheduler, in threads; `start` once, `end` once."""

    def __init__(self, settings: Settings, engine: Engine, clock: Clock) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._timetables = {name: settings.timetable(name) for name in sorted(settings.platforms)}
        self._paused: set[str] = set()
        self._working: set[str] = set()
        self._changed = Condition()
        self._stopping = Event()
        threads = max(1, min(len(self._timetables), MOST_SYNCS_AT_ONCE))
        self._scheduler = BackgroundScheduler(
            timezone=BANGKOK,
            executors={
                "default": ThreadPoolExecutor(4),
                "platforms": ThreadPoolExecutor(threads),
                "targets": ThreadPoolExecutor(threads_for_targets(settings)),
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        # It says aloud that a run longer than its interval is not begun a second time.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def start(self) -> Sequence[Planned]:
        """Begin; what is planned. Who was paused gets another chance: the settings may have changed."""
        now = self._clock()
        with self._engine.begin() as conn:
            end_pauses(conn, list(self._timetables))
            end_stops(conn)
            pasts = read_pasts(conn)
            planned = [self._plan(name, pasts.get(name, Past()), now) for name in self._timetables]
            for one in planned:
                note_next_run(conn, one.platform, one.next_run)
        for one in planned:
            self._scheduler.add_job(
                self.sync,
                one.timetable.trigger(one.next_run),
                (one.platform,),
                id=one.platform,
                executor="platforms",
                next_run_time=one.next_run,
            )
        self._add_recurring(now)
        add_targets(self._scheduler, self._settings, self.forward, now)
        self._scheduler.start()
        return planned

    def end(self) -> bool:
        """Start nothing more and interrupt what runs; whether all ended in time."""
        self._stopping.set()
        log.info("scheduler stops", working=sorted(self._working))
        self._scheduler.shutdown(wait=False)
        with self._changed:
            return self._changed.wait_for(lambda: not self._working, STOP_SECONDS)

    def _plan(self, name: str, past: Past, now: datetime) -> Planned:
        timetable = self._timetables[name]
        kind = self._settings.platforms[name].kind
        return Planned(name, kind, timetable, first_run(timetable, past, now))

    def _add_recurring(self, now: datetime) -> None:
        jobs = RecurringJobs(self._settings, self._engine, self._clock, self._going)
        for seconds, job in (*jobs.often(), Every(WATCH_SECONDS, self._watch)):
            self._scheduler.add_job(
                self._do, "interval", (job,), seconds=seconds, next_run_time=now, id=job.__name__
            )
        for hour, minute, job in jobs.daily():
            at = CronTrigger(hour=hour, minute=minute, timezone=BANGKOK)
            self._scheduler.add_job(self._do, at, (job,), id=job.__name__)

    def forward(self, name: str) -> None:
        """Send what waits for a target."""
        with self._counted(f"forward {name}"):
            if self._going():
                job = partial(forward_waiting, self._settings, self._engine, name, self._clock, self._going)
                guarded(job)()

    def _going(self) -> bool:
        return not self._stopping.is_set()

    def _do(self, job: Job) -> None:
        with self._counted(job.__name__):
            if not self._stopping.is_set():
                guarded(job)()

    def sync(self, name: str) -> None:
        """One sync of a platform, if it is due still."""
        with self._counted(name):
            if self._going():
                started = self._clock()
                past = self._due(name, started)
                if past is not None:
                    full = is_full_due(self._timetables[name], past, started)
                    self._sync_now(name, started, Chosen(full=full))

    def _sync_now(self, name: str, started: datetime, chosen: Chosen) -> None:
        """What comes of it is noted; that it was stopped, or that it is not its turn, is nobody's failure."""
        try:
            report = sync_platform(self._settings, self._engine, name, self._clock, self._go_on, chosen)
        except AlreadyRunning:
            log.info("sync skipped", platform=name, reason="another process syncs it")
        except _Stopped:
            log.info("sync interrupted", platform=name)
        except OPERATIONAL_ERRORS:
            log.error("sync failed", platform=name, error="the database cannot be used")
        except (PlatformError, SettingsError) as error:
            # What the settings lack somebody has to bring.
            permanent = getattr(error, "permanent", True)
            guarded(partial(self._note_failure, name, str(error), permanent))()
        except Exception as error:
            told = f"{type(error).__name__} {where(error)}"
            guarded(partial(self._note_failure, name, told, False))()
        else:
            guarded(partial(self._note_success, name, started, report))()

    def _due(self, name: str, now: datetime) -> Past | None:
        """How it went before; None if somebody synced it by hand meanwhile: then its next run is counted from
        there."""
        try:
            with read_only(self._engine).begin() as conn:
                past = read_pasts(conn).get(name, Past())
            if self._timetables[name].cron is not None or first_run(self._timetables[name], past, now) <= now:
                return past
            self._reschedule(name, past)
        except OPERATIONAL_ERRORS:
            log.error("sync failed", platform=name, error="the database cannot be used")
        return None

    def _go_on(self, _stage: str, _done: int, _total: int) -> None:
        """Called by a sync after each page."""
        if self._stopping.is_set():
            raise _Stopped

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        with self._changed:
            self._working.add(name)
        try:
            yield
        finally:
            with self._changed:
                self._working.discard(name)
                self._changed.notify_all()

    def _note_success(self, name: str, started: datetime, report: SyncReport) -> None:
        with read_only(self._engine).begin() as conn:
            past = read_pasts(conn).get(name, Past())
        next_run = self._reschedule(name, past)
        log.info(
            "sync",
            platform=name,
            learners=report.learners,
            courses=report.courses,
            completions=report.completions,
            written=report.written,
            voided=report.voided,
            seconds=round((self._clock() - started).total_seconds(), 1),
            next_run=next_run.isoformat(timespec="seconds"),
        )

    def _note_failure(self, name: str, error: str, permanent: bool) -> None:
        with self._engine.begin() as conn:
            failures, until = note_failure(conn, name, self._clock(), permanent=permanent)
            self._paused.update({name} & read_paused(conn))
        next_run = self._run_at(name, until)
        log.error(
            "sync failed",
            platform=name,
            error=error,
            permanent=permanent,
            failures=failures,
            next_run=next_run.isoformat(timespec="seconds"),
        )

    def _reschedule(self, name: str, past: Past) -> datetime:
        """The next run is as far from the last as that kind of sync wants, whatever was planned before."""
        self._paused.discard(name)
        timetable = self._timetables[name]
        jitter = timedelta(seconds=_RANDOM.uniform(0, timetable.jitter_seconds))
        return self._run_at(name, first_run(timetable, past, self._clock()) + jitter)

    def _run_at(self, name: str, at: datetime) -> datetime:
        if not self._stopping.is_set():
            self._scheduler.modify_job(name, next_run_time=at)
        with self._engine.begin() as conn:
            note_next_run(conn, name, at)
        return at

    def _watch(self) -> None:
        """A sync by hand that went well ends a pause."""
        if not self._paused:
            return
        with read_only(self._engine).begin() as conn:
            ended, pasts = self._paused - read_paused(conn), read_pasts(conn)
        for name in ended:
            log.info("pause ended", platform=name)
            self._reschedule(name, pasts.get(name, Past()))
