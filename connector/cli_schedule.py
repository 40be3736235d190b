"""`thaksa schedule`: syncs by themselves, until the process is told to end."""

import os
import signal
from collections.abc import Sequence
from threading import Event

from rich.table import Table

from connector import logs
from connector.command import ERR, OUT, Data, ready_engine
from connector.report.thai import bangkok
from connector.schedule import Told
from connector.schedule import schedule as run
from connector.schedule_jobs import Planned
from connector.settings import Settings, load


def schedule(data: Data = None) -> None:
    """Keep syncing and refreshing until interrupted (run one beside the web service)."""
    settings = load(data=data)
    settings.check_tokens()
    engine = ready_engine(settings)
    logs.configure(_log_level(settings))
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if run(settings, engine, stop, Told(_waiting, _planned)):
        return
    ERR.print("thaksa: what was under way could not be interrupted: it is gone on with at the next start.")
    # Its thread would keep the process.
    os._exit(1)


def _log_level(settings: Settings) -> str:
    """Each run is a line, unless the settings ask for something else."""
    return settings.log_level if "log_level" in settings.model_fields_set else "info"


def _waiting() -> None:
    OUT.print("Another scheduler is active on this database: this one waits, and takes over when it is gone.")


def _planned(planned: Sequence[Planned]) -> None:
    table = Table("platform", "kind", "when", "next run")
    for one in planned:
        next_run = f"{bangkok(one.next_run):%Y-%m-%d %H:%M:%S} Bangkok"
        table.add_row(one.platform, one.kind, str(one.timetable), next_run)
    OUT.print(table if planned else "No platform is set: progress alone is kept up to date.")
