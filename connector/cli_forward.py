"""`thaksa forward …`: other record stores that get what is stored here."""

from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import Engine

from connector.command import ERR, OUT, Data, Json, opened, print_json
from connector.forwarding.answers import REASONS
from connector.forwarding.states import TargetQueue
from connector.settings import Settings, SettingsError, load
from lrs.clock import to_iso, utc_now

app = typer.Typer(no_args_is_help=True, help="Other record stores that get what is stored here.")
Name = Annotated[str, typer.Argument(help="A target of the settings.")]


@app.command("run")
def run(
    name: Annotated[str | None, typer.Argument(help="A target of the settings; all when left out.")] = None,
    data: Data = None,
) -> None:
    """Send what waits, now: also to a target that is left alone for a while, or was stopped."""
    from connector.forwarding.forward import Forwarder

    settings = load(data=data)
    failed = False
    with opened(settings) as engine:
        for each in _chosen(settings, name):
            report = Forwarder(settings, engine, each, utc_now).run()
            OUT.print(f"{each}: {report.sent} sent, {report.dead} not taken", highlight=False)
            if report.error is not None:
                ERR.print(
                    f"thaksa: target {each}: {report.error}", style="red", markup=False, highlight=False
                )
                failed = True
    if failed:
        raise typer.Exit(1)


@app.command("list")
def list_(in_json: Json = False, data: Data = None) -> None:
    """Show the targets: what waits for each, since when, and what is wrong."""
    settings = load(data=data)
    with opened(settings) as engine:
        states = _states(engine, settings)
    if in_json:
        print_json([_as_json(one) for one in states])
        return
    if not states:
        OUT.print("There is no target: add a table targets.NAME to thaksa.toml.")
        return
    OUT.print(_table(states))
    for one in states:
        if one.error:
            OUT.print(f"{one.name}: {one.error}", style="red", markup=False, highlight=False)


@app.command("dead")
def dead(name: Name, in_json: Json = False, data: Data = None) -> None:
    """Show the statements that a target does not take, and why."""
    from connector.forwarding.queue import read_dead

    settings = load(data=data)
    [chosen] = _chosen(settings, name)
    with opened(settings) as engine, engine.connect() as conn:
        found = read_dead(conn, chosen)
    if in_json:
        rows = [
            {"statement": one.statement_id, "reason": one.reason, "recorded": to_iso(one.recorded_at)}
            for one in found
        ]
        print_json(rows)
        return
    for one in found:
        OUT.print(f"{one.statement_id}  {REASONS[one.reason]}", highlight=False)
    OUT.print(f"{len(found)} not taken by {chosen}.", highlight=False)


@app.command("retry")
def retry(
    name: Name,
    statement: Annotated[str | None, typer.Option(metavar="ID", help="This one alone.")] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Send all from the first statement on, at the next run.")
    ] = False,
    data: Data = None,
) -> None:
    """Send again what a target did not take; shows what the target says, which may quote the statement."""
    from connector.forwarding.forward import Forwarder

    settings = load(data=data)
    [chosen] = _chosen(settings, name)
    with opened(settings) as engine:
        forwarder = Forwarder(settings, engine, chosen, utc_now)
        if everything:
            forwarder.restart()
            OUT.print(f"{chosen}: the next run begins at the first statement.", highlight=False)
            return
        found = forwarder.again(statement)
    for one in found.refused:
        OUT.print(f"{one.statement_id}  {REASONS[one.reason]}", highlight=False)
        if one.said:
            OUT.print(f"  it says: {one.said}", markup=False, highlight=False)
    OUT.print(f"{chosen}: {found.taken} taken, {len(found.refused)} not taken", highlight=False)


def _chosen(settings: Settings, name: str | None) -> list[str]:
    if name is not None and name not in settings.targets:
        known = ", ".join(sorted(settings.targets)) or "none"
        raise SettingsError(f"target {name!r} is not in the settings (known: {known})")
    return sorted(settings.targets) if name is None else [name]


def _states(engine: Engine, settings: Settings) -> tuple[TargetQueue, ...]:
    from connector.forwarding.states import targets_state
    from lrs.database import read_only

    with read_only(engine).begin() as conn:
        return targets_state(conn, settings.targets, utc_now())


def _table(states: tuple[TargetQueue, ...]) -> Table:
    table = Table("target", "state", "waiting", "since", "not taken", "next try")
    for one in states:
        since = str(one.age).partition(".")[0] if one.waiting else "-"
        next_try = "-" if one.next_try_at is None else f"{one.next_try_at:%Y-%m-%d %H:%M}Z"
        waiting = f"{one.waiting}{'+' if one.many else ''}"
        table.add_row(one.name, one.state, waiting, since, str(one.dead), next_try)
    return table


def _as_json(one: TargetQueue) -> dict[str, Any]:
    return {
        "name": one.name,
        "endpoint": one.endpoint,
        "state": one.state,
        "waiting": one.waiting,
        "waitingIsMore": one.many,
        "ageSeconds": one.age.total_seconds(),
        "dead": one.dead,
        "failures": one.failures,
        "error": one.error,
        "nextTry": None if one.next_try_at is None else to_iso(one.next_try_at),
        "lastSuccess": None if one.succeeded_at is None else to_iso(one.succeeded_at),
    }
