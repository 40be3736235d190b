"""`thaksa mapping …` and `thaksa gaps`: course mappings, who decided on them, and what they leave out."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from connector.command import OUT, Data, Json, opened, print_json
from connector.report.errors import NotFound
from connector.report.gaps_api import as_json as gaps_as_json
from connector.report.queries.gaps import Gaps, read_gaps
from connector.report.queries.mapping_filters import Filters, Status
from connector.report.queries.mappings import (
    MappingShown,
    read_history,
    read_mapping,
    read_mappings,
    read_touched,
)
from connector.settings import load
from lrs.clock import to_iso, utc_now
from lrs.database import read_only
from mappings.days import bangkok_day
from mappings.errors import DecisionError, MappingError
from mappings.gap_counts import keep_counts
from mappings.mapping_decisions import Decider, approve, end_on, withdraw

app = typer.Typer(no_args_is_help=True, help="Course mappings: which course proves which competency.")
STATUSES: tuple[Status, ...] = ("", "draft", "approved", "ended")
Number = Annotated[int, typer.Argument(metavar="ID", help="A mapping's number, as `list` shows it.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]


@app.command("list")
def list_(
    status: Annotated[str, typer.Option(help="draft, approved or ended; default: all that stand.")] = "",
    text: Annotated[str, typer.Option(help="Part of a title, a code, a name or an activity.")] = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show the mappings that stand, the newest first."""
    asked = Filters(status=_status(status), text=text)
    with opened(load(data=data)) as engine, read_only(engine).begin() as conn:
        rows = list(_all(conn, asked))
    today = bangkok_day(utc_now())
    if as_json:
        print_json([_data(one, today) for one in rows])
        return
    table = Table(
        *("id", "course"),
        Column("title", overflow="fold"),
        *("proves", "hours", "from", "to", "state"),
        box=SIMPLE,
    )
    for one in rows:
        proves = " ".join(item.code for item in one.competencies) or "-"
        days = str(one.valid_from), str(one.valid_to or "")
        hours = "unknown" if one.hours is None else f"{one.hours:g}"
        table.add_row(str(one.id), one.course.code, one.course.title, proves, hours, *days, one.state(today))
    OUT.print(table)


@app.command("show")
def show(mapping: Number, as_json: Json = False, data: Data = None) -> None:
    """Show a mapping, and all versions of the mappings of its course."""
    with opened(load(data=data)) as engine, read_only(engine).begin() as conn:
        try:
            one = read_mapping(conn, mapping)
        except NotFound:
            raise MappingError(f"mapping {mapping}: there is none") from None
        history, touched = read_history(conn, one.course.id), read_touched(conn, one)
    today = bangkok_day(utc_now())
    if as_json:
        people = {"people": touched.people, "people_at_least": touched.at_least}
        print_json(_data(one, today) | people | {"history": [_data(each, today) for each in history]})
        return
    for line in _lines(one, today):
        _print(line)
    _print(f"people with evidence of it: {'at least ' if touched.at_least else ''}{touched.people}")
    for each in history:
        _print(f"version {each.id}: {_decided(each)}")


@app.command("approve")
def approve_(
    mapping: Number,
    reference: Annotated[str, typer.Option(metavar="TEXT", help="Where the approval is written.")],
    by: By,
    data: Data = None,
) -> None:
    """Approve a draft; the approved version that it replaces ends."""
    who = Decider(_said(by, "--by"), utc_now())
    with opened(load(data=data)) as engine, engine.begin() as conn:
        new = _decide(lambda: approve(conn, mapping, _said(reference, "--reference"), who))
    _print(f"Approved as mapping {new}. The next refresh computes the learners of its course anew.")


@app.command("end")
def end(
    mapping: Number,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    by: By,
    last_day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DAY", help="It counts up to this day; default: it was wrong."
        ),
    ] = None,
    data: Data = None,
) -> None:
    """End a mapping: with a last day it counts no longer than that, without it is taken back as wrong."""
    who, why = Decider(_said(by, "--by"), utc_now()), _said(reason, "--reason")
    with opened(load(data=data)) as engine, engine.begin() as conn:
        if last_day is None:
            _decide(lambda: withdraw(conn, mapping, why, who))
            _print(f"Mapping {mapping} is withdrawn. The next refresh computes its learners anew.")
            return
        new = _decide(lambda: end_on(conn, mapping, last_day.date(), why, who))
    _print(f"Mapping {new} takes its place and counts up to {last_day.date()}.")


def gaps(
    as_json: Json = False,
    count: Annotated[bool, typer.Option("--count", help="Count the evidence anew first.")] = False,
    data: Data = None,
) -> None:
    """Show what the mappings leave out: courses, mappings that match nothing, competencies."""
    with opened(load(data=data)) as engine:
        if count:
            keep_counts(engine, utc_now())
        with read_only(engine).begin() as conn:
            found = read_gaps(conn, utc_now())
    if as_json:
        print_json(gaps_as_json(found))
        return
    for line in _gap_lines(found):
        _print(line)


def _all(conn: Any, asked: Filters) -> Iterator[MappingShown]:
    page = read_mappings(conn, asked)
    yield from page.rows
    while page.before is not None:
        page = read_mappings(conn, asked.model_copy(update={"before": page.before}))
        yield from page.rows


def _status(text: str) -> Status:
    for known in STATUSES:
        if text == known:
            return known
    raise typer.BadParameter(f"{text}: use draft, approved or ended", param_hint="--status")


def _said(text: str, option: str) -> str:
    if not text.strip():
        raise typer.BadParameter("must not be empty", param_hint=option)
    return text.strip()


def _decide(decision: Any) -> Any:
    """What it answers. Raises MappingError for what cannot be done as things stand."""
    try:
        return decision()
    except DecisionError as error:
        raise MappingError(str(error)) from None


def _data(one: MappingShown, today: date) -> dict[str, Any]:
    return asdict(one) | {"state": one.state(today)}


def _lines(one: MappingShown, today: date) -> Iterator[str]:
    yield f"mapping {one.id} of {one.course.code} {one.course.title}: {one.state(today)}"
    for name in one.course.names:
        yield f"  also called {name.label}{f' ({name.activity_iri})' if name.activity_iri else ''}"
    for part in one.parts:
        yield f"  asks for {part.code} {part.title}"
    for item in one.competencies:
        yield f"  proves {item.code} {item.name_th} ({one.framework} version {one.version})"
    score = "" if one.score_at_least is None else f", score at least {one.score_at_least:g}"
    yield f"  by {' or '.join(one.verbs) or 'no verb'}, evidence level {one.level_at_most} or better{score}"
    hours = "unknown" if one.hours is None else f"{one.hours:g}"
    yield f"  hours {hours}, {one.delivery or 'delivery not recorded'}, category {one.category or '-'}"
    yield f"  valid from {one.valid_from}{f' to {one.valid_to}' if one.valid_to else ''}"


def _decided(one: MappingShown) -> str:
    told = f"{one.status}, recorded {to_iso(one.recorded_at)} by {one.recorded_by}"
    if one.approved_by:
        told += f", approved by {one.approved_by}, reference {one.reference}"
    if one.ended_at is None:
        return told
    reason = f": {one.end_reason}" if one.end_reason else ""
    return f"{told}; ended {to_iso(one.ended_at)} by {one.ended_by or 'nobody known'}{reason}"


def _gap_lines(found: Gaps) -> Iterator[str]:
    if found.counted_at is None:
        yield "The evidence was not counted yet: a schedule counts it at night, `thaksa gaps --count` now."
    else:
        yield f"evidence counted {to_iso(found.counted_at)}"
    yield f"courses with completions but no approved mapping in force: {found.courses_total}"
    for course in found.courses:
        yield (
            f"  {course.platform}: {course.title} ({course.activity_iri}): {course.learners} accounts,"
            f" {course.completions} completions, last {to_iso(course.last_at)}"
        )
    yield f"approved mappings that match nothing: {found.idle_total}"
    for one in found.idle:
        why = "none of its evidence meets the criteria" if one.evident else "there is no evidence of it"
        yield f"  mapping {one.mapping.id} of {one.mapping.course.code} {one.mapping.course.title}: {why}"
    yield f"versions in force with competencies that no course covers: {len(found.uncovered)}"
    for version in found.uncovered:
        codes = " ".join(item.code for item in version.items)
        yield f"  {version.framework} version {version.version}: {codes}"


def _print(line: str) -> None:
    OUT.print(line, markup=False, highlight=False)
