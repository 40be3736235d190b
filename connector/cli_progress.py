"""`thaksa refresh` and `thaksa rebuild`: progress computed anew, for those concerned or for everybody."""

from enum import StrEnum
from typing import Annotated

import typer

from connector import console
from connector.command import ERR, OUT, Data, opened
from connector.settings import load
from lrs.clock import utc_now


class Engine(StrEnum):
    """Who computes."""

    DATABASE = "database"
    DUCKDB = "duckdb"


def refresh(data: Data = None) -> None:
    """Recompute the learners that something changed for."""
    from mappings.progress import refresh as run

    with opened(load(data=data)) as engine, engine.begin() as conn:
        OUT.print(f"{run(conn, utc_now())} learners recomputed.")


def rebuild(
    engine: Annotated[
        Engine, typer.Option(help="Who computes: the database itself, or DuckDB on a copy of what counts.")
    ] = Engine.DATABASE,
    data: Data = None,
) -> None:
    """Recompute everybody."""
    from mappings.engines import with_duckdb
    from mappings.progress import rebuild as run

    settings = load(data=data)
    with opened(settings) as database, console.progress(ERR) as progress, database.begin() as conn:
        fill = with_duckdb(settings.data / "archive", progress) if engine is Engine.DUCKDB else None
        learners = run(conn, utc_now(), fill, progress, beside=database)
    OUT.print(f"{learners} learners recomputed.")
