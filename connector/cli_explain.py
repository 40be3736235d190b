"""`thaksa explain PERSON COMPETENCY`: from what asks for a competency to the statement that proves it."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from connector.command import OUT, Data, Json, opened, print_json
from connector.settings import load
from lrs.clock import from_micros, to_iso, to_micros, utc_now
from lrs.database import read_only
from mappings.days import bangkok_day
from mappings.explain import Explanation, Tried, Whole, Why, explain
from mappings.explain_facts import Source
from mappings.explain_known import as_known
from mappings.explain_rows import read_competency, read_facts, read_group, read_person
from mappings.times import Times

STATES = ("not started", "in progress", "complete")
WHYS = {
    Why.DRAFT: "the mapping is a draft",
    Why.MAPPING_UNKNOWN: "the mapping was recorded later than asked about",
    Why.MAPPING_ENDED: "the mapping has been replaced or ended",
    Why.MAPPING_DAYS: "the mapping is not valid on the day asked",
    Why.FRAMEWORK_DAYS: "the framework is not in force on the day asked",
    Why.NAME_DAYS: "the activity does not stand for the course on the day asked",
    Why.LEVEL: "the mapping asks for better evidence",
    Why.SCORE: "the score is below the least one, or not told",
    Why.NOT_PASSED: "it says itself that it is not successful, or not completed",
    Why.VERB: "its verb does not complete the course",
    Why.VOIDED: "it was voided",
    Why.ACCOUNT: "the account was not linked to the person",
    Why.LATER: "it happened after the day asked",
    Why.STORED_LATER: "it was stored after the moment asked",
}


def explain_(
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="The person's id: it stands in the address of their page.")
    ],
    competency: Annotated[str, typer.Argument(metavar="COMPETENCY", help="Its code, as D1.3.")],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DAY", help="What had happened by its end; default: today."
        ),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(metavar="MOMENT", help="What was known then, as 2026-03-01T10:00+07:00; default: now."),
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show why a person has a competency, or what is missing."""
    now = utc_now()
    day = as_of.date() if as_of else bangkok_day(now)
    times = Times(day, to_micros(_moment(known_at) if known_at else now))
    _refuse_to_come(times, now)
    with opened(load(data=data)) as engine, read_only(engine).begin() as conn:
        person_id = read_person(conn, person)
        group = read_group(conn, person_id, times)
        competency_id = read_competency(conn, competency, times)
        found = explain(
            as_known(read_facts(conn, person_id, [competency_id])[competency_id], times.known_at), times
        )
    if as_json:
        head = {"person": person, "competency": competency, "group": group}
        print_json(head | as_data(found))
        return
    for line in (f"{competency}: {STATES[found.state]}", *lines(found, group)):
        OUT.print(line, markup=False, highlight=False)


def as_data(found: Explanation) -> dict[str, Any]:
    """For JSON: instants as ISO 8601 in UTC, days as ISO 8601, the state as a word."""
    told: dict[str, Any] = _plain(asdict(found))
    return told | {"state": STATES[found.state].replace(" ", "_")}


def _refuse_to_come(times: Times, now: datetime) -> None:
    """What is still to come may change: there is no answer to keep."""
    if times.as_of > bangkok_day(now):
        raise typer.BadParameter(f"{times.as_of}: is a day that is still to come", param_hint="--as-of")
    if times.known_at > to_micros(now):
        raise typer.BadParameter("is a moment that is still to come", param_hint="--known-at")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text}: no moment such as 2026-03-01T10:00+07:00", param_hint="--known-at"
        ) from None
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text}: say of which time zone, as +07:00", param_hint="--known-at")
    return moment.astimezone(UTC)


def _plain(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _plain(each, key) for key, each in value.items()}
    if isinstance(value, frozenset | tuple | list):
        return [_plain(each) for each in (sorted(value) if isinstance(value, frozenset) else value)]
    if isinstance(value, date):
        return value.isoformat()
    return to_iso(from_micros(value)) if name.endswith("_at") and value is not None else value


def lines(found: Explanation, group: str | None) -> Iterator[str]:
    """The chain, a step a line."""
    asking, times = found.asking, found.times
    yield f"as of {times.as_of}, as known at {to_iso(from_micros(times.known_at))}"
    groups = ", ".join(asking.groups) or "nobody"
    yield (
        f"required by {asking.framework} version {asking.version} ({asking.document_no}),"
        f" stage {', '.join(asking.stages) or '-'}, of {groups}; the person's group: {group or 'none'}"
    )
    parts = {whole.source.id: whole for whole in found.several}
    if found.proof:
        yield from _proof(found.proof, parts.get(found.proof.source.id))
        return
    if not found.would:
        yield "missing: no course with an approved mapping covers it"
    for source in found.would:
        yield f"would count: {_source(source)}"
        yield from _parts(parts.get(source.id))
    for one in found.tried:
        reasons = "; ".join(WHYS[why] for why in one.whys)
        yield f"does not complete: {_said(one)} as {one.part.code}: {reasons}"
    if not found.tried and not found.state:
        yield "no statement about any course that covers it"


def _proof(one: Tried, whole: Whole | None) -> Iterator[str]:
    yield f"mapped by {_source(one.source)}"
    yield from _parts(whole)
    yield f"proven by {_said(one)}"


def _parts(whole: Whole | None) -> Iterator[str]:
    """Of a mapping of several parts, what is done and what is missing."""
    for part, done in whole.parts if whole else ():
        yield f"  part {part.code} {part.title}: {f'done, {_said(done)}' if done else 'missing'}"


def _source(source: Source) -> str:
    until = f" to {source.span.valid_to}" if source.span.valid_to else ""
    return (
        f"{source.course_code} {source.course_title}, mapping {source.id} version {source.digest[:12]},"
        f" approved by {source.approved_by or '-'}, reference {source.reference or '-'},"
        f" valid from {source.span.valid_from}{until}"
    )


def _said(one: Tried) -> str:
    said = one.said
    happened = to_iso(from_micros(said.happened_at))
    return f"statement {said.statement_id} on {said.home_page} at {happened}, level {said.level}"
