"""`thaksa person …`: what the law gives a person: a copy of all that is held, and to be erased."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from connector.command import OUT, Data, opened
from connector.settings import load
from lrs.clock import utc_now

BY = "thaksa person"

app = typer.Typer(no_args_is_help=True, help="One person: a copy of all that is held, and erasure.")
Uuid = Annotated[
    str, typer.Argument(metavar="ID", help="The person's id: it stands in the address of their page.")
]


@app.command("export")
def export(
    uuid: Uuid,
    out: Annotated[
        Path | None, typer.Option(help="Write here, readable by nobody else; default: standard output.")
    ] = None,
    data: Data = None,
) -> None:
    """Write all that is held about a person as JSON."""
    from connector.person_export import write_export
    from lrs.database import read_only

    with opened(load(data=data)) as engine, read_only(engine).begin() as conn:
        if out is None:
            write_export(conn, uuid, utc_now(), sys.stdout.buffer.write)
            return
        with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            write_export(conn, uuid, utc_now(), file.write)
    OUT.print(f"Written: {out}", markup=False, highlight=False)


@app.command("erase")
def erase(
    uuid: Uuid,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Erase a person: names and identifiers go for good, counts stay. See docs/privacy.md."""
    from connector.person_erasure import erase as run

    settings = load(data=data)
    with opened(settings) as engine:
        if not (dry_run or yes):
            _show(run(settings, engine, uuid, utc_now(), BY, dry_run=True), "would change")
            typer.confirm("This cannot be undone. Erase this person?", abort=True)
        counts = run(settings, engine, uuid, utc_now(), BY, dry_run=dry_run)
    _show(counts, "would change" if dry_run else "changed")
    if not dry_run:
        OUT.print("Erased. Backups made before today still hold the person: see docs/privacy.md.")


def _show(counts: Mapping[str, int], what: str) -> None:
    if not counts:
        OUT.print("Nothing is left to erase.")
        return
    table = Table("rows of", what)
    for name, count in sorted(counts.items()):
        table.add_row(name.replace("_", " "), str(count))
    OUT.print(table)
