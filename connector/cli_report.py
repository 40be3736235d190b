"""`thaksa progress`: counts of a unit on any day, as they were known at any moment."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from connector.command import OUT, Data, opened
from connector.settings import load
from lrs.clock import to_iso, utc_now
from lrs.database import snapshots

if TYPE_CHECKING:
    from connector.report.aggregates import CompetenciesOut, LinesOut


class By(StrEnum):
    """What the rows are."""

    SCHOOL = "school"
    GROUP = "group"
    COMPETENCY = "competency"


def progress(
    unit: Annotated[str, typer.Option(metavar="UID", help="A unit; default: the whole organisation.")] = "",
    by: Annotated[By, typer.Option(help="What the rows are.")] = By.SCHOOL,
    as_of: Annotated[
        str, typer.Option(metavar="DAY", help="What had happened by its end, as 2026-10-31; default: today.")
    ] = "",
    known_at: Annotated[
        str,
        typer.Option(
            metavar="MOMENT",
            help="What was known then, as 2026-11-01T02:00:00+07:00; default: at the last computation.",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers, for programs.")] = False,
    data: Data = None,
) -> None:
    """Show how many people of a unit have what is required of them."""
    from connector.report.aggregates import aggregates_of
    from connector.report.asked_times import asked_times
    from connector.report.errors import ReportError, WrongTime
    from connector.report.queries.basis import narrowed, read_basis, root_scope
    from connector.report.queries.overview import read_overview

    now = utc_now()
    with opened(load(data=data)) as engine, snapshots(engine).begin() as conn:
        try:
            times = asked_times(as_of, known_at, now)
            basis = read_basis(conn, narrowed(conn, root_scope(conn), unit), now, times=times)
            found = aggregates_of(by, basis, read_overview(conn, basis))
        except WrongTime as error:
            raise typer.BadParameter(error.english) from None
        except ReportError as error:
            raise typer.BadParameter(error.message) from None
    if as_json:
        OUT.print(found.model_dump_json(), markup=False, highlight=False)
        return
    for line in _lines(found):
        OUT.print(line, markup=False, highlight=False)


def _lines(found: "LinesOut | CompetenciesOut") -> Iterator[str]:
    known = "nothing computed yet" if found.known_at is None else f"as known at {to_iso(found.known_at)}"
    yield f"as of {found.as_of}, {known}"
    if found.by == "competency":
        for item in found.rows:
            yield f"{item.code}: {item.complete} of {item.persons} {item.name_th}"
    else:
        for line in (*found.rows, found.total):
            yield f"{line.key}: {line.all_complete} of {line.persons} {line.name_th}"
