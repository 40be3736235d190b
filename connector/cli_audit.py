"""`thaksa audit …`: the log of who looked at whose record."""

from datetime import timedelta
from typing import Annotated

import typer

from connector.access.audit import count_older
from connector.access.retention import forget_looks
from connector.command import OUT, Data, opened
from connector.settings import load
from lrs.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="The log of who looked at whose record.")

BY = "thaksa audit"


@app.callback()
def audit() -> None:
    """The log of who looked at whose record."""


@app.command("forget")
def forget(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many there are.")] = False,
    data: Data = None,
) -> None:
    """Delete looks that are older than the setting audit_days."""
    settings, now = load(data=data), utc_now()
    with opened(settings) as engine:
        if dry_run:
            with engine.connect() as conn:
                number = count_older(conn, now - timedelta(days=settings.audit_days))
        else:
            number = forget_looks(engine, settings.audit_days, now, BY)
    looks, done = ("look is", "was") if number == 1 else ("looks are", "were")
    more = "." if dry_run else f", and {done} deleted."
    OUT.print(f"{number:,} {looks} older than {settings.audit_days} days{more}", highlight=False)
