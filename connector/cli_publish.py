"""`thaksa publish`: figures of offices at month-ends, for readers who see no person."""

from typing import Annotated

import typer

from connector.command import OUT, Data, opened
from connector.settings import load
from lrs.clock import utc_now


def publish(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="That month alone; otherwise all.")] = "",
    data: Data = None,
) -> None:
    """Write the figures of published month-ends as xAPI statements: new ones, and what was corrected."""
    from connector.publishing.publish import publish_statements
    from mappings.closings import month_end

    now = utc_now()
    day = month_end(month, now) if month else None
    with opened(load(data=data)) as engine:
        report = publish_statements(engine, day, utc_now)
    if not report.months:
        OUT.print("No month-end is published yet: months that are closed are.")
        return
    OUT.print(
        f"{len(report.months)} month-ends: {report.written} statements written, {report.voided} voided.",
        highlight=False,
    )
