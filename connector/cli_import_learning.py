"""`thaksa import completions | attendance | claims | list | withdraw`: files whose rows become statements."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from connector import console
from connector.cli_import import BY, DryRun, File, RefusedFile, check_out, drop, end, show
from connector.command import ERR, OUT, Data, ready_engine
from connector.imports import event as events
from connector.imports.errors import ImportFileError
from connector.imports.import_files import Brought, newest
from connector.imports.learning import apply, withdraw
from connector.imports.learning_files import stage_attendance, stage_claims, stage_completions
from connector.imports.presets import find_preset, parse_columns, save_preset
from connector.imports.settle import COMPLETIONS, KINDS, Setting
from connector.imports.staging import discard
from connector.key_file import read_keys
from connector.settings import Settings, load
from lrs.clock import utc_now
from mappings.people import HashKeys
from mappings.progress import refresh

ALL_KINDS = ("units", "roster", *KINDS)

Stage = Callable[..., int]


def add_commands(app: typer.Typer) -> None:
    """Add these commands to `thaksa import`."""
    app.command("completions")(import_completions)
    app.command("attendance")(import_attendance)
    app.command("claims")(import_claims)
    app.command("list")(list_imports)
    app.command("withdraw")(withdraw_import)


def import_completions(
    file: File,
    preset: Annotated[str, typer.Option(help="A mapping of columns that was saved under this name.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=HEADER", help="The file's header of a field; may be given several times."
        ),
    ] = None,
    save: Annotated[str, typer.Option("--save-preset", help="Save the columns under this name.")] = "",
    course: Annotated[str, typer.Option(help="The course of all rows: its label, code or activity.")] = "",
    platform: Annotated[str, typer.Option(help="The home page of the platform that the list is from.")] = "",
    score_of: Annotated[float, typer.Option(help="The highest score, of plain numbers.", min=0.01)] = 100.0,
    refused: RefusedFile = None,
    dry_run: DryRun = False,
    data: Data = None,
) -> None:
    """Import a list of completions that a platform exported."""
    settings = load(data=data)
    engine = ready_engine(settings)
    headers = _headers(engine, preset, column or [], save, dry_run=dry_run)
    stage = partial(
        stage_completions,
        headers=headers,
        course=course,
        platform=_platform(settings, platform),
        score_of=score_of,
    )
    _bring(settings, engine, file, stage, refused, dry_run=dry_run)


def import_attendance(
    file: File,
    title: Annotated[str, typer.Option(help="The event; else as the lines above the table say.")] = "",
    days: Annotated[str, typer.Option(help="When: 5-7 ก.ค. 2567, or 2024-07-05.")] = "",
    hours: Annotated[str, typer.Option(help="Hours of everybody, where a row gives none.")] = "",
    place: Annotated[str, typer.Option(help="Where.")] = "",
    mode: Annotated[str, typer.Option(help=f"One of {', '.join(events.MODES)}.")] = "",
    competencies: Annotated[str, typer.Option(help="What it proves: D1.1, D1.5.")] = "",
    code: Annotated[str, typer.Option(help="The organiser's own code of the event.")] = "",
    refused: RefusedFile = None,
    dry_run: DryRun = False,
    data: Data = None,
) -> None:
    """Import who attended a seminar, a workshop or a coaching."""
    settings = load(data=data)
    said = {
        events.TITLE: title,
        events.DAYS: days,
        events.HOURS: hours,
        events.PLACE: place,
        events.MODE: mode,
        events.COMPETENCIES: competencies,
        events.CODE: code,
    }
    stage = partial(stage_attendance, event=said)
    _bring(settings, ready_engine(settings), file, stage, refused, dry_run=dry_run)


def import_claims(
    file: File, refused: RefusedFile = None, dry_run: DryRun = False, data: Data = None
) -> None:
    """Import certificates that people say they have; the page /claims is where they are decided."""
    settings = load(data=data)
    _bring(settings, ready_engine(settings), file, stage_claims, refused, dry_run=dry_run)


def list_imports(
    limit: Annotated[int, typer.Option(help="So many, the newest first.", min=1)] = 50, data: Data = None
) -> None:
    """List the files that were brought, with the UUIDs by which they are taken back."""
    with ready_engine(load(data=data)).connect() as conn:
        files = newest(conn, ALL_KINDS, limit)
    for one in files:
        rows = f"{one.rows_total:>7} rows {one.rows_refused:>5} refused"
        line = f"{one.uuid}  {one.kind:<11} {one.state:<9} {rows}  {one.staged_at:%Y-%m-%d}  {one.name}"
        OUT.print(line, markup=False, highlight=False)


def withdraw_import(
    uuid: Annotated[str, typer.Argument(metavar="UUID", help="As `thaksa import list` shows it.")],
    reason: Annotated[str, typer.Option(help="Why: it is kept.")],
    row: Annotated[list[int] | None, typer.Option(help="Only this row; may be given several times.")] = None,
    data: Data = None,
) -> None:
    """Take a file of completions, attendance or claims back, or rows of it: their statements are voided."""
    settings = load(data=data)
    engine = ready_engine(settings)
    with engine.begin() as conn:
        settled = withdraw(conn, uuid, row or None, reason, learning_setting(settings))
    with engine.begin() as conn:
        refresh(conn, utc_now())
    OUT.print(f"{settled.voided} statements voided, {len(settled.issued)} written anew for other files.")


def learning_setting(settings: Settings, by: str = BY) -> Setting:
    """Who settles, and our own home page, now."""
    return Setting(settings.home_page, utc_now(), by, utc_now)


def _bring(
    settings: Settings, engine: Engine, file: Path, stage: Stage, refused: Path | None, *, dry_run: bool
) -> None:
    """Stage a file, show what it does, and do it."""
    check_out(file, refused)
    keys: HashKeys = read_keys(settings)
    brought = Brought("", file, BY)
    with console.progress(ERR) as progress:
        tell = partial(progress, "rows read")
        import_id = stage(engine, brought, learning_setting(settings), keys, progress=tell)
    staged = show(engine, import_id)
    if dry_run:
        drop(engine, staged, refused)
        return
    try:
        with engine.begin() as conn:
            apply(conn, import_id, learning_setting(settings))
    except BaseException:
        # The next command stages the file again; what is staged now would only lie there.
        with engine.begin() as conn:
            discard(conn, import_id, utc_now(), BY, "could not be applied")
        raise
    with engine.begin() as conn:
        refresh(conn, utc_now())
    OUT.print(f"Import {staged.uuid}.", highlight=False)
    end(engine, staged, refused)


def _headers(engine: Engine, preset: str, given: list[str], save: str, *, dry_run: bool) -> dict[str, str]:
    """The chosen headers: those of the preset, then those given; saved where that is asked for."""
    chosen = parse_columns(given)
    with engine.begin() as conn:
        saved = find_preset(conn, preset, COMPLETIONS) if preset else {}
        headers = {**saved, **chosen}
        if save and not headers:
            raise ImportFileError("--save-preset: there is nothing to save: give --column FIELD=HEADER")
        if save and not dry_run:
            save_preset(conn, save, COMPLETIONS, headers, utc_now(), BY)
    return headers


def _platform(settings: Settings, home_page: str) -> str:
    """The home page as it is written in statements."""
    if home_page and "://" not in home_page:
        raise ImportFileError(f"--platform {home_page}: write the home page, as in https://lms.example")
    return home_page.rstrip("/") if home_page.rstrip("/") != settings.home_page else ""
