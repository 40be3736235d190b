"""`thaksa import …`: files that people bring. Each is staged, shown and then applied in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, Engine

from connector import console
from connector.command import ERR, OUT, Data, opened, ready_engine
from connector.imports.errors import ImportFileError
from connector.imports.import_files import FULL, PART, Brought, ImportFile, find
from connector.imports.refusals import refusals, refused_csv
from connector.imports.roster_import import ROSTER_KIND, apply_roster, roster_terms, stage_roster
from connector.imports.staging import discard
from connector.imports.unit_import import UNITS_KIND, apply_units, stage_units
from connector.settings import load
from lrs.clock import utc_now
from mappings.days import bangkok_day
from mappings.roster_changes import Departing, departing, group_counts

app = typer.Typer(no_args_is_help=True, help="Bring files in: the organisation, its people, course mappings.")

BY = "thaksa import"
_ROWS_SHOWN, _PEOPLE_SHOWN = 200, 100

File = Annotated[Path, typer.Argument(metavar="FILE", help="XLSX, or CSV in UTF-8 or cp874.")]
RefusedFile = Annotated[
    Path | None,
    typer.Option("--refused", metavar="OUT.csv", help="Write the refused rows here, to be corrected."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what the file would do; do nothing.")]
Full = Annotated[
    bool,
    typer.Option(
        "--full/--part",
        help="Full: the whole list of each unit that it names; whoever is not in it has left. "
        "Part: says nothing of others.",
    ),
]
AcceptShrink = Annotated[
    bool, typer.Option("--accept-shrink", help="Let more than a fifth of the people leave.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before people leave.")]


@app.command("units")
def import_units(file: File, refused: RefusedFile = None, dry_run: DryRun = False, data: Data = None) -> None:
    """Import the organisation: uid, kind, name_th, parent_uid, code."""
    engine = ready_engine(load(data=data))
    check_out(file, refused)
    with console.progress(ERR) as progress:
        brought = Brought(UNITS_KIND, file, BY)
        import_id = stage_units(engine, brought, utc_now(), partial(progress, "rows read"))
    staged = show(engine, import_id)
    if dry_run:
        drop(engine, staged, refused)
    else:
        with engine.begin() as conn:
            apply_units(conn, import_id, utc_now(), BY)
        end(engine, staged, refused)


@app.command("roster")
def import_roster(
    file: File,
    refused: RefusedFile = None,
    full: Full = False,
    dry_run: DryRun = False,
    accept_shrink: AcceptShrink = False,
    yes: Yes = False,
    data: Data = None,
) -> None:
    """Import people with their unit, position and group; link the accounts that are theirs."""
    from mappings.progress import refresh as run

    settings = load(data=data)
    engine = ready_engine(settings)
    check_out(file, refused)
    brought = Brought(ROSTER_KIND, file, BY, coverage=FULL if full else PART)
    with console.progress(ERR) as progress:
        with engine.connect() as conn:
            terms = roster_terms(settings, conn)
        import_id = stage_roster(engine, brought, terms, utc_now(), partial(progress, "rows read"))
    staged = show(engine, import_id)
    show_people(engine, staged)
    if dry_run or not agreed(staged.departed, yes):
        drop(engine, staged, refused)
        raise typer.Exit(0 if dry_run else 1)
    linked = apply_staged(engine, staged, accept_shrink)
    with engine.begin() as conn:
        run(conn, utc_now())
    OUT.print(f"{linked} accounts newly linked.")
    end(engine, staged, refused)


def agreed(leaving: int, yes: bool) -> bool:
    """Whether so many people may leave: asked where somebody can answer."""
    if not leaving or yes:
        return True
    try:
        return typer.confirm(f"Leaving: {leaving}. Go on?")
    except typer.Abort:
        ERR.print("Nobody can be asked: --yes lets them leave.")
        return False


def apply_staged(
    engine: Engine,
    staged: ImportFile,
    accept_shrink: bool,
    also: Callable[[Connection, datetime], object] = lambda _conn, _now: None,
) -> int:
    """Apply a staged roster, and what belongs to it; how many accounts were linked because of it."""
    now = utc_now()
    try:
        with engine.begin() as conn:
            linked = apply_roster(conn, staged.id, now, BY, accept_shrink=accept_shrink)
            also(conn, now)
            return linked
    except BaseException:
        # The next command stages the file again; what is staged now would only lie there.
        with engine.begin() as conn:
            discard(conn, staged.id, now, BY, "could not be applied")
        raise


@app.command("mappings")
def import_mappings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML.")], data: Data = None
) -> None:
    """Import course mappings: which course proves which competency."""
    from mappings.files import read_mappings
    from mappings.load import load_mappings
    from mappings.mapping_lines import read_overruled
    from mappings.progress import refresh as run

    mapping_file = read_mappings(file)
    with opened(load(data=data)) as engine, engine.begin() as conn:
        overruled = read_overruled(conn, mapping_file)
        load_mappings(conn, mapping_file, utc_now(), "thaksa import")
        run(conn, utc_now())
    for one in overruled:
        told = (
            f"{one.course_code}: the file takes the place of what {one.by} decided on {bangkok_day(one.at)}."
        )
        OUT.print(told, markup=False, highlight=False)
    OUT.print(f"{file.name}: mappings loaded.")


def check_out(file: Path, out: Path | None) -> None:
    """Raises ImportFileError where the refused rows would overwrite the file."""
    if out is not None and out.exists() and file.exists() and out.samefile(file):
        raise ImportFileError(f"{out.name}: is the file that is imported; name another for the refused rows")


def show(engine: Engine, import_id: int) -> ImportFile:
    """Say what applying a staged file does."""
    with engine.connect() as conn:
        staged = find(conn, import_id)
    OUT.print(f"{staged.added} added, {staged.changed} changed, {staged.unchanged} unchanged.")
    return staged


def show_people(engine: Engine, staged: ImportFile) -> None:
    """The groups that the rows lead to, and who leaves."""
    names = {"-": "outside the framework", "": "unclassified"}
    with engine.connect() as conn:
        counts = group_counts(conn, staged.id)
        leaving = departing(conn, staged.id, _PEOPLE_SHOWN) if staged.departed else []
    groups = ", ".join(f"{names.get(code, code)} {counts[code]}" for code in sorted(counts, reverse=True))
    OUT.print(f"Groups: {groups or 'none'}.", highlight=False)
    if staged.options["held"]:
        OUT.print("Nobody leaves as long as rows are refused: they may be theirs.")
    show_leaving(leaving, staged.departed)


def show_leaving(leaving: Sequence[Departing], number: int) -> None:
    """Who leaves: some of so many."""
    if not leaving:
        return
    table = Table("name", "unit", title=f"leaving: {number}")
    for one in leaving[:_PEOPLE_SHOWN]:
        name = f"{one.prefix_th}{one.given_name} {one.family_name}"
        table.add_row(escape(name), escape(one.unit_name))
    OUT.print(table)
    show_rest(number - len(leaving[:_PEOPLE_SHOWN]), "people")


def show_rest(number: int, what: str) -> None:
    """Say how many are not shown."""
    if number > 0:
        ERR.print(f"… and {number} more {what}.")


def drop(engine: Engine, staged: ImportFile, out: Path | None) -> None:
    """Throw a staged file away, after telling its refused rows."""
    tell_refused(engine, staged, out)
    with engine.begin() as conn:
        discard(conn, staged.id, utc_now(), BY, "not applied")
    OUT.print("Nothing was imported.")
    _fail_where_refused(staged)


def end(engine: Engine, staged: ImportFile, out: Path | None) -> None:
    """Tell the refused rows of a file that was applied; the exit status says whether there are any."""
    with engine.connect() as conn:
        applied = find(conn, staged.id)
    tell_refused(engine, applied, out)
    _fail_where_refused(applied)


def _fail_where_refused(staged: ImportFile) -> None:
    if staged.rows_refused:
        raise typer.Exit(1)


def tell_refused(engine: Engine, staged: ImportFile, out: Path | None) -> None:
    """Show the refused rows, and write them to a file where one is named."""
    if not staged.rows_refused:
        return
    table = Table("row", "column", "value", "reason", title=f"{staged.rows_refused} refused")
    with engine.connect() as conn:
        for refusal in refusals(conn, staged.id, _ROWS_SHOWN):
            cells = (refusal.column, refusal.value, refusal.reason)
            table.add_row(str(refusal.row), *(escape(cell) for cell in cells))
        if out is not None:
            _write(out, refused_csv(conn, staged.id))
    ERR.print(table)
    show_rest(staged.rows_refused - _ROWS_SHOWN, "rows")


def _write(out: Path, lines: Iterator[str]) -> None:
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as error:
        raise ImportFileError(f"{out.name}: cannot be written: {error.strerror}") from error
