"""The command line: `thaksa …`. Every error that an operator can mend is one line and a non-zero exit."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from connector import cli_credentials, cli_platform, cli_reconcile, cli_schedule, cli_sync
from connector.command import ERR, OUT, Data, ready_engine
from connector.imports import (
    ROSTER,
    UNITS,
    ImportFileError,
    Refusal,
    read_roster,
    read_units,
    write_refused,
)
from connector.imports.columns import Columns
from connector.key_file import read_keys
from connector.platforms import PlatformError
from connector.settings import SettingsError, load
from lrs.clock import utc_now
from lrs.database import OPERATIONAL_ERRORS
from lrs.errors import LrsError
from mappings.errors import MappingError
from mappings.people import ImportReport

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Thaksa: sees whether people are gaining their digital skills. Data folder: --data or THAKSA_DATA.",
)
imports = typer.Typer(
    no_args_is_help=True, help="Bring files in: the organisation, its people, course mappings."
)
app.add_typer(imports, name="import")
app.add_typer(cli_credentials.app, name="credential")
app.add_typer(cli_platform.app, name="platform")
app.command("sync")(cli_sync.sync)
app.command("schedule")(cli_schedule.schedule)
app.command("reconcile")(cli_reconcile.reconcile)

Port = Annotated[int | None, typer.Option(help="Port on loopback; 0 takes a free one.", min=0, max=65535)]
ImportFile = Annotated[Path, typer.Argument(metavar="FILE", help="XLSX, or CSV in UTF-8 or cp874.")]
RefusedFile = Annotated[
    Path | None,
    typer.Option("--refused", metavar="OUT.csv", help="Write the refused rows here, to be corrected."),
]


def main() -> None:
    """Entry point of the `thaksa` command."""
    from connector.serve import ServeError

    try:
        app()
    except (SettingsError, ServeError, PlatformError, ImportFileError, MappingError, LrsError) as error:
        _fail(str(error))
    except OPERATIONAL_ERRORS as error:
        _fail(f"the database cannot be used: {str(getattr(error, 'orig', error)).splitlines()[0]}")


@app.command()
def serve(data: Data = None, host: str | None = None, port: Port = None) -> None:
    """Start the web service: pages, API and the record store."""
    from connector.serve import address, bind
    from connector.serve import serve as run

    settings = load(data=data, host=host, port=port)
    bound = bind(settings.host, settings.port)
    ready_engine(settings).dispose()
    run(settings, bound, lambda: OUT.print(f"Thaksa is ready: open [bold]{address(bound)}[/bold]"))


@app.command()
def demo(
    recording: Annotated[Path, typer.Option(help="A recorded Moodle site (JSON lines, gzip).")],
    data: Data = None,
    port: Port = None,
) -> None:
    """Play a recorded Moodle site through the real connector, then serve its pages."""
    from connector.demo import NAME, import_sample, open_recording, prepare_folder
    from connector.serve import address, bind
    from connector.serve import serve as run

    settings = load(data=data, port=port)
    bound = bind(settings.host, settings.port)
    with open_recording(recording) as replay:
        settings = prepare_folder(settings, replay)
        engine = ready_engine(settings)
        import_sample(engine, settings, utc_now())
        cli_sync.sync_with_progress(settings, engine, NAME)
        engine.dispose()
        run(settings, bound, lambda: OUT.print(f"Thaksa is ready: open [bold]{address(bound)}[/bold]"))


@app.command()
def upgrade(data: Data = None) -> None:
    """Bring the database to the newest revision and load the shipped framework and mappings."""
    settings = load(data=data)
    ready_engine(settings)
    OUT.print("The database is up to date.")


@app.command()
def refresh(data: Data = None) -> None:
    """Recompute the learners that something changed for."""
    from mappings.progress import refresh as run

    with ready_engine(load(data=data)).begin() as conn:
        OUT.print(f"{run(conn, utc_now())} learners recomputed.")


@app.command()
def rebuild(data: Data = None) -> None:
    """Recompute everybody."""
    from mappings.progress import rebuild as run

    with ready_engine(load(data=data)).begin() as conn:
        OUT.print(f"{run(conn, utc_now())} learners recomputed.")


@imports.command("units")
def import_units(file: ImportFile, refused: RefusedFile = None, data: Data = None) -> None:
    """Import the organisation: uid, kind, name_th, parent_uid, code."""
    from mappings import people

    staged = read_units(file)
    with ready_engine(load(data=data)).begin() as conn:
        report = people.import_units(conn, staged.rows, utc_now(), "thaksa import")
    _report(report, _write(file, refused, UNITS, [*staged.refused, *report.refused]))


@imports.command("roster")
def import_roster(file: ImportFile, refused: RefusedFile = None, data: Data = None) -> None:
    """Import people with their unit, position and group; link the accounts that are theirs."""
    from mappings import people
    from mappings.progress import refresh as run

    settings = load(data=data)
    staged = read_roster(file, read_keys(settings))
    now = utc_now()
    with ready_engine(settings).begin() as conn:
        report = people.import_roster(conn, staged.rows, now, "thaksa import")
        linked = people.link_accounts(conn, now, "thaksa import")
        run(conn, now)
    OUT.print(f"{linked} accounts newly linked.")
    _report(report, _write(file, refused, ROSTER, [*staged.refused, *report.refused]))


@imports.command("mappings")
def import_mappings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML.")], data: Data = None
) -> None:
    """Import course mappings: which course proves which competency."""
    from mappings.files import read_mappings
    from mappings.load import load_mappings
    from mappings.progress import refresh as run

    mapping_file = read_mappings(file)
    with ready_engine(load(data=data)).begin() as conn:
        load_mappings(conn, mapping_file, utc_now(), "thaksa import")
        run(conn, utc_now())
    OUT.print(f"{file.name}: mappings loaded.")


def _write(file: Path, out: Path | None, columns: Columns, refused: Sequence[Refusal]) -> Sequence[Refusal]:
    """The refusals in the order of the rows; written to a file where one is named and there are any."""
    if out is not None and refused:
        write_refused(file, out, columns, refused)
    return sorted(refused, key=lambda refusal: refusal.row)


def _report(report: ImportReport, refused: Sequence[Refusal]) -> None:
    OUT.print(f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged.")
    if not refused:
        return
    table = Table("row", "column", "value", "reason", title=f"{len(refused)} refused")
    for refusal in refused:
        cells = (refusal.column, refusal.value, refusal.reason)
        table.add_row(str(refusal.row), *(escape(cell) for cell in cells))
    ERR.print(table)
    raise typer.Exit(1)


def _fail(message: str) -> None:
    ERR.print(f"thaksa: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)
