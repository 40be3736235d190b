"""`thaksa sync`: one platform or all of them, now."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from connector import console
from connector.command import ERR, OUT, Data, ready_engine
from connector.platforms import PlatformError
from connector.settings import FILE, Settings, SettingsError, load
from lrs.clock import utc_now

if TYPE_CHECKING:
    from connector.preview import Preview
    from connector.runs import Chosen

Name = Annotated[str | None, typer.Argument(help="A platform of the settings; all when left out.")]
Course = Annotated[
    list[str] | None, typer.Option("--course", help="Only this course: its id, short name or idnumber.")
]
Full = Annotated[bool, typer.Option("--full", help="Read everything again, from the start.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")]
AcceptShrink = Annotated[
    bool, typer.Option("--accept-shrink", help="Let this sync take back unusually many completions.")
]
INTERRUPTED = 130
"""Exit status after Ctrl-C, as of a process that SIGINT ended."""


def sync(
    name: Name = None,
    course: Course = None,
    full: Full = False,
    dry_run: DryRun = False,
    accept_shrink: AcceptShrink = False,
    data: Data = None,
) -> None:
    """Sync completions from the platforms of the settings."""
    from connector.runs import Chosen

    settings = load(data=data)
    names = [name] if name else sorted(settings.platforms)
    if not names:
        raise SettingsError(f"no platform is set: add [platforms.NAME] to {settings.data / FILE}")
    engine = ready_engine(settings)
    chosen = Chosen(frozenset(course or ()), full, accept_shrink)
    failed = False
    for each in names:
        try:
            _one(settings, engine, each, chosen, dry_run)
        except (PlatformError, SettingsError) as error:
            # One platform's failure is not the others'.
            failed = True
            _complain(str(error))
        except KeyboardInterrupt:
            _complain(f"{each}: interrupted; what is stored stays, and the next sync goes on from there")
            raise typer.Exit(INTERRUPTED) from None
    if failed:
        raise typer.Exit(1)


def _complain(message: str) -> None:
    ERR.print(f"thaksa: {message}", style="red", markup=False, highlight=False, soft_wrap=True)


def _one(settings: Settings, engine: Engine, name: str, chosen: "Chosen", dry_run: bool) -> None:
    if dry_run:
        _show(name, _preview(settings, engine, name, chosen))
    else:
        sync_with_progress(settings, engine, name, chosen)


def sync_with_progress(settings: Settings, engine: Engine, name: str, chosen: "Chosen | None" = None) -> None:
    """Sync one platform, with a bar on a terminal, and say what was done."""
    from connector.runs import Chosen, sync_platform

    with console.progress(ERR) as progress:
        report = sync_platform(settings, engine, name, utc_now, progress, chosen or Chosen())
    OUT.print(
        f"{name}: {report.courses} courses, {report.learners} learners, {report.completions} completions; "
        f"{report.written} statements written, {report.voided} voided.",
        highlight=False,
    )


def _preview(settings: Settings, engine: Engine, name: str, chosen: "Chosen") -> "Preview":
    from connector.runs import preview_platform

    with console.progress(ERR) as progress:
        return preview_platform(settings, engine, name, utc_now, progress, chosen)


def _show(name: str, found: "Preview") -> None:
    table = Table(
        "course", "short name", "to write", "to replace", "to take back", title=f"{name}: nothing is written"
    )
    for course in sorted({*found.write, *found.replace, *found.take_back}):
        counts = (found.write[course], found.replace[course], found.take_back[course])
        table.add_row(course, found.shortnames.get(course, ""), *map(str, counts))
    OUT.print(table)
    write, replace, take_back = found.write.total(), found.replace.total(), found.take_back.total()
    OUT.print(
        f"{name}: {len(found.shortnames)} courses, {found.learners} learners; a sync would write {write} "
        f"statements, replace {replace} and take back {take_back} completions.",
        highlight=False,
    )
    if found.refusal:
        OUT.print(str(found.refusal), highlight=False, markup=False)
