"""`thaksa reminders …`: e-mails that tell people what is missing."""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.table import Table

from connector.command import ERR, OUT, Data, Json, opened, print_json
from connector.reminders import queue as queued
from connector.reminders.states import State
from connector.settings import load
from lrs.clock import utc_now

BY = "thaksa reminders"

app = typer.Typer(no_args_is_help=True, help="E-mails that tell people what they have not finished.")


@app.command("queue")
def queue(
    unit: Annotated[str, typer.Option(help="Only people of this unit and those below it (its uid).")] = "",
    group: Annotated[str, typer.Option(help="Only this group: M, A, S or T.")] = "",
    item: Annotated[str, typer.Option(help="Only who has not finished this item, such as D1.1.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how many would be queued.")] = False,
    data: Data = None,
) -> None:
    """Queue a reminder for everybody who has not finished and was not reminded lately."""
    from connector.reminders.choosing import choose
    from connector.reminders.sending import server_of
    from connector.report.errors import ReportError
    from connector.report.queries.unfinished import Chased

    settings = load(data=data)
    server, now = server_of(settings), utc_now()
    with opened(settings) as engine, engine.begin() as conn:
        try:
            plan = choose(conn, Chased(school=unit, group=group, item=item), now, server.days_between)
        except ReportError as error:
            ERR.print(f"thaksa: {error.message}", style="red", markup=False, highlight=False)
            raise typer.Exit(1) from None
        if not dry_run:
            queued.enqueue(conn, plan.due, now, BY)
    OUT.print(f"{'Would be queued' if dry_run else 'Queued'}: {len(plan.due)}.", highlight=False)
    OUT.print(
        f"Left out: {plan.waiting} wait already, {plan.recent} were reminded lately, "
        f"{plan.stopped} want none, {plan.no_address} have no address of their own.",
        highlight=False,
    )


@app.command("send")
def send(data: Data = None) -> None:
    """Send what is due now, as many as a minute has room for; `thaksa schedule` does so by itself."""
    from connector.reminders.sending import send_due

    settings = load(data=data)
    with opened(settings) as engine:
        sent = send_due(settings, engine, utc_now)
        with engine.begin() as conn:
            left = queued.count_open(conn)
    said = [f"{number} {state.replace('_', ' ')}" for state, number in sorted(sent.counts.items())]
    OUT.print(f"{', '.join(said) or 'Nothing sent'}; {left} wait.", highlight=False)
    if sent.error is not None:
        ERR.print(f"thaksa: the mail server: {sent.error}", style="red", markup=False, highlight=False)
        raise typer.Exit(1)


@app.command("list")
def list_(in_json: Json = False, data: Data = None) -> None:
    """Show how many reminders are in which state, and the answers of the mail server."""
    with opened(load(data=data)) as engine, engine.begin() as conn:
        states, errors = queued.count_states(conn), queued.count_errors(conn)
    if in_json:
        print_json({"states": states, "errors": errors})
        return
    OUT.print(_table(states))
    for error, number in errors.items():
        OUT.print(f"{error}: {number}", highlight=False)


def _table(states: Mapping[State, int]) -> Table:
    table = Table("state", "reminders")
    for state in State:
        if state in states:
            table.add_row(state.replace("_", " "), str(states[state]))
    return table
