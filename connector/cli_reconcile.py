"""`thaksa reconcile`: what syncs and the plugin of a site tell of it, side by side."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from connector.command import OUT, Data, Json, print_json, ready_engine
from connector.report.sides import CourseSides, Kind, PlatformSides, Some
from connector.settings import SettingsError, load
from lrs.clock import utc_now


def reconcile(
    name: Annotated[str | None, typer.Argument(help="A platform of the settings; all when left out.")] = None,
    in_json: Json = False,
    data: Data = None,
) -> None:
    """Compare what was pulled from a site with what its plugin pushed."""
    from connector.reconcile import reconcile as run

    report = run(ready_engine(load(data=data)), utc_now())
    chosen = [one for one in report.platforms if name in (None, one.name)]
    if name is not None and not chosen:
        raise SettingsError(f"platform {name!r} was never synced: run `thaksa sync {name}` first")
    if in_json:
        from connector.report.reconciliation_api import as_json

        print_json([as_json(one) for one in chosen])
        return
    for one in chosen:
        _print(one)


def _print(one: PlatformSides) -> None:
    OUT.print(_table(one))
    accounts = one.accounts
    OUT.print(
        f"accounts: {accounts.both} on both sides, {accounts.pull_only} by pull only, "
        f"{accounts.push_only} by push only, {accounts.unknown + accounts.usernames} pushed and unknown",
        highlight=False,
    )
    for line in remedies(one):
        OUT.print(line, style="yellow", markup=False, highlight=False)


def _table(one: PlatformSides) -> Table:
    title = f"{one.name or '(no platform)'} {one.home_page}"
    table = Table("course", *(kind.value.replace("_", " ") for kind in Kind), title=title)
    for course in one.courses:
        table.add_row(_name(course), *(_cell(course.of(kind)) for kind in Kind))
    return table


def _name(course: CourseSides) -> str:
    return f"{course.external_id} {course.shortname}" if course.external_id else course.title


def _cell(some: Some) -> str:
    if some.oldest is None or some.newest is None:
        return "0"
    return f"{some.count}\n{some.oldest:%Y-%m-%d %H:%M}\n{some.newest:%Y-%m-%d %H:%M}"


def remedies(one: PlatformSides) -> Iterable[str]:
    """What the administrator of the site should do, a line a reason."""
    if number := one.count(Kind.CONTRADICTED):
        yield (
            f"{number} pushed completions are contradicted by the platform and not taken back: see the error "
            "of the last sync; if that many are right, sync once with --accept-shrink"
        )
    if one.accounts.usernames:
        yield f"{one.accounts.usernames} accounts are pushed by username: switch off send_username there"
    if one.unproven:
        yield (
            f"{one.unproven} pushed completions prove nothing: switch off mbox, and give the plugin a "
            f"credential with --home-page {one.home_page}"
        )
