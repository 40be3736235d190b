"""The scheduler: syncs by themselves, in a process of its own and never in a web worker."""

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Engine

from connector.platforms import PlatformError
from connector.runs import sync_platform
from connector.settings import Settings, SettingsError
from lrs.clock import utc_now
from mappings.progress import rebuild, refresh

log = structlog.get_logger()


def schedule(settings: Settings, engine: Engine) -> None:
    """Runs until interrupted: every platform each `sync_minutes`, everybody shortly after midnight."""
    scheduler = BlockingScheduler(
        timezone="Asia/Bangkok",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for name in settings.platforms:
        scheduler.add_job(
            _sync,
            "interval",
            (settings, engine, name),
            minutes=settings.sync_minutes,
            id=name,
            next_run_time=utc_now(),
        )
    scheduler.add_job(_refresh, "interval", (engine,), seconds=60, id="refresh")
    # A validity date that begins or ends changes progress without any statement.
    scheduler.add_job(
        _rebuild, CronTrigger(hour=0, minute=5, timezone="Asia/Bangkok"), (engine,), id="midnight"
    )
    scheduler.start()


def _sync(settings: Settings, engine: Engine, name: str) -> None:
    try:
        report = sync_platform(settings, engine, name, utc_now)
    except (PlatformError, SettingsError) as error:
        log.error("sync failed", platform=name, error=str(error))
        return
    log.info(
        "sync", platform=name, completions=report.completions, written=report.written, voided=report.voided
    )


def _refresh(engine: Engine) -> None:
    with engine.begin() as conn:
        refresh(conn, utc_now())


def _rebuild(engine: Engine) -> None:
    with engine.begin() as conn:
        rebuild(conn, utc_now())
