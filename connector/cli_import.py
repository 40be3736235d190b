"""`thaksa import …`: files that people bring."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from connector.command import ERR, OUT, Data, ready_engine
from connector.imports import ROSTER, UNITS, Refusal, read_roster, read_units, write_refused
from connector.imports.columns import Columns
from connector.key_file import read_keys
from connector.settings import load
from lrs.clock import utc_now
from mappings.people import ImportReport

app = typer.Typer(no_args_is_help=True, help="Bring files in: the organisation, its people, course mappings.")

ImportFile = Annotated[Path, typer.Argument(metavar="FILE", help="XLSX, or CSV in UTF-8 or cp874.")]
RefusedFile = Annotated[
    Path | None,
    typer.Option("--refused", metavar="OUT.csv", help="Write the refused rows here, to be corrected."),
]


@app.command("units")
def import_units(file: ImportFile, refused: RefusedFile = None, data: Data = None) -> None:
    """Import the organisation: uid, kind, name_th, parent_uid, code."""
    from mappings import people

    staged = read_units(file)
    with ready_engine(load(data=data)).begin() as conn:
        report = people.import_units(conn, staged.rows, utc_now(), "thaksa import")
    _report(report, _write(file, refused, UNITS, [*staged.refused, *report.refused]))


@app.command("roster")
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


@app.command("mappings")
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
