"""`thaksa framework …`: versions of competency frameworks, loaded from files and laid side by side."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from connector.command import OUT, Data, Json, opened, print_json
from connector.settings import load
from lrs.clock import utc_now
from lrs.database import read_only
from mappings.days import bangkok_day
from mappings.framework import load_yaml
from mappings.framework_diff import FrameworkDiff, compare
from mappings.framework_terms import end_framework, framework_on
from mappings.frameworks import Held, State, asked_for, list_frameworks, read_framework
from mappings.load import load_framework
from mappings.yaml_entry import read_text

BY = "thaksa framework"

app = typer.Typer(no_args_is_help=True, help="Competency frameworks and their versions.")
Code = Annotated[str, typer.Argument(metavar="CODE", help="A framework, as otepc-w4-2563.")]


@app.command("load")
def load_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A framework as YAML (docs/framework.md).")],
    data: Data = None,
) -> None:
    """Load a version of a framework beside those that are there; the same file again changes nothing."""
    loaded = load_yaml(read_text(file), file.name)
    with opened(load(data=data)) as engine, engine.begin() as conn:
        new = load_framework(conn, loaded, utc_now(), BY)
    if not new:
        OUT.print(f"{loaded.name()} is there already: nothing changed.", markup=False, highlight=False)
        return
    OUT.print(
        f"{loaded.name()} is loaded: {len(loaded.competencies)} competencies, in force from "
        f"{loaded.valid_from}. The next `thaksa refresh` computes everybody anew.",
        markup=False,
        highlight=False,
    )


@app.command("list")
def list_(as_json: Json = False, data: Data = None) -> None:
    """Show the versions that are loaded, and which one reports of today ask for."""
    with opened(load(data=data)) as engine, read_only(engine).begin() as conn:
        held = list_frameworks(conn)
    today = bangkok_day(utc_now())
    current = asked_for(held, today)
    states = [one.state(today, current) for one in held]
    if as_json:
        print_json([asdict(one) | {"state": state} for one, state in zip(held, states, strict=True)])
    else:
        OUT.print(_held_table(held, states))


@app.command("end")
def end(
    code: Code,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The version that ends.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, as the circular that replaces it.")],
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="Its last day."),
    ] = None,
    never: Annotated[bool, typer.Option("--never", help="It lasts: takes back what was said.")] = False,
    data: Data = None,
) -> None:
    """Give a version its last day, or another, or none. What was known before stays as it was."""
    if (on is None) is not never:
        raise typer.BadParameter("give its last day, or --never", param_hint="--on")
    for option, text in (("--by", by), ("--reason", reason)):
        if not text.strip():
            raise typer.BadParameter("must not be empty", param_hint=option)
    last, now = None if on is None else on.date(), utc_now()
    with opened(load(data=data)) as engine, engine.begin() as conn:
        new = end_framework(conn, code, version, last, reason.strip(), now, by.strip())
        follows = last is None or framework_on(conn, last + timedelta(days=1)) is not None
    days = "lasts" if last is None else f"is in force up to {last}"
    said = "The next `thaksa refresh` computes everybody anew." if new else "Nothing changed."
    OUT.print(f"{code} version {version} {days}. {said}", markup=False, highlight=False)
    if not follows:
        OUT.print("From the day after no framework is in force.", highlight=False)


@app.command("diff")
def diff(
    code: Code,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The older version.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The newer version.")],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show what was added, removed or changed between two versions, and what became of what."""
    with opened(load(data=data)) as engine, read_only(engine).begin() as conn:
        found = compare(read_framework(conn, code, old), read_framework(conn, code, new))
    if as_json:
        print_json(asdict(found))
        return
    _print_diff(found, f"{code} {old}", f"{code} {new}")


def _held_table(held: Sequence[Held], states: Sequence[State]) -> Table:
    table = Table(box=SIMPLE)
    for name in ("framework", "version", "from", "to", "state", "items", "mappings"):
        table.add_column(name, no_wrap=True)
    for one, state in zip(held, states, strict=True):
        days = str(one.valid_from), "" if one.valid_to is None else str(one.valid_to)
        table.add_row(one.code, one.version, *days, state, str(one.competencies), str(one.mappings))
    return table


def _print_diff(found: FrameworkDiff, old: str, new: str) -> None:
    for name, (first, last) in ((old, found.old_days), (new, found.new_days)):
        OUT.print(f"{name}: {_days(first, last)}", markup=False, highlight=False)
    if not found.differences:
        OUT.print("The two versions ask for the same.", highlight=False)
    else:
        # Thai has no spaces to break at, and names that are cut short look alike.
        sides = (Column(version, overflow="fold") for version in (old, new))
        table = Table(Column("what", no_wrap=True), Column("which", no_wrap=True), *sides, box=SIMPLE)
        for one in found.differences:
            table.add_row(f"{one.kind} {one.change}", one.name, one.old, one.new)
        OUT.print(table)
    if not found.crosswalk:
        OUT.print(f"{new} has no crosswalk from {old}.", markup=False, highlight=False)
        return
    table = Table(old, new, "how", box=SIMPLE)
    for pair in found.crosswalk:
        table.add_row(pair.old, pair.new, pair.relation)
    OUT.print(table)
    if found.unmapped:
        names = ", ".join(found.unmapped)
        OUT.print(f"Nothing is said to follow {names}.", markup=False, highlight=False)


def _days(first: date, last: date | None) -> str:
    return f"in force from {first}" if last is None else f"in force from {first} to {last}"
