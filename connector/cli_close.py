"""`thaksa close-month`: the counts of month-ends, kept."""

from datetime import date
from typing import Annotated

import typer

from connector import console
from connector.command import ERR, OUT, Data, opened
from connector.settings import load
from lrs.clock import utc_now

BY = "thaksa close-month"


def close_month(
    month: Annotated[str, typer.Argument(help="Such as 2026-10; without it, all months that are over.")] = "",
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Close them in any case, as after what counted them wrongly was mended."),
    ] = False,
    data: Data = None,
) -> None:
    """Close month-ends that are not closed yet, or that something came to be known about since; publish
    those that are new."""
    from connector.report.published import publish_months
    from mappings.closings import close_months, month_end

    now = utc_now()
    days = [month_end(month, now)] if month else None
    settings = load(data=data)
    with opened(settings) as engine, console.progress(ERR) as progress:
        closed = close_months(engine, days, now, progress, BY if anew else None)
        published = publish_months(engine, settings.small_counts_below, now)
    OUT.print(f"Closed: {_months(closed)}." if closed else "Nothing to close: what is kept holds.")
    if published:
        OUT.print(f"Published: {_months(published)}.")


def _months(days: list[date]) -> str:
    return ", ".join(f"{day:%Y-%m}" for day in days)
