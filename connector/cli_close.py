"""`thaksa close-month`: the counts of month-ends, kept."""

from typing import Annotated

import typer

from connector import console
from connector.command import ERR, OUT, Data, opened
from connector.settings import load
from lrs.clock import utc_now


def close_month(
    month: Annotated[str, typer.Argument(help="Such as 2026-10; without it, all months that are over.")] = "",
    data: Data = None,
) -> None:
    """Close month-ends that are not closed yet, or that something came to be known about since."""
    from mappings.closings import close_months, month_end

    now = utc_now()
    days = [month_end(month, now)] if month else None
    with opened(load(data=data)) as engine, console.progress(ERR) as progress:
        closed = close_months(engine, days, now, progress)
    names = ", ".join(f"{day:%Y-%m}" for day in closed)
    OUT.print(f"Closed: {names}." if closed else "Nothing to close: what is kept holds.")
