"""What the commands of the command line share: the terminal, the data folder, a database that is ready."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Engine

from connector import console
from connector.settings import Settings
from lrs.clock import utc_now

Data = Annotated[Path | None, typer.Option(help="Data folder (THAKSA_DATA; default: data).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
# Lines are not folded: other programs read them.
OUT = Console(soft_wrap=True)
ERR = Console(stderr=True)


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """A ready engine, and its connections closed afterwards."""
    engine = ready_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def ready_engine(settings: Settings) -> Engine:
    """An engine on a database that is up to date."""
    from connector import logs
    from connector.upgrade import upgrade as run
    from lrs.database import connect

    logs.configure(settings.log_level, settings.log_format)
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database)
    with console.progress(ERR) as progress:
        run(engine, utc_now(), partial(progress, "statements indexed"))
    return engine


def print_json(value: object) -> None:
    """For programs; days and moments as ISO 8601 says them."""
    OUT.print_json(data=value, default=str)
