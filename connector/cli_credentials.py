"""`thaksa credential …`: who may speak to the record store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import typer
from rich.measure import Measurement
from rich.table import Table
from sqlalchemy import Connection

from connector.authority_names import authority_named
from connector.command import OUT, Data, Json, print_json, ready_engine
from connector.settings import load
from lrs import credentials
from lrs.clock import utc_now
from lrs.statement import PROVES_NOTHING

app = typer.Typer(no_args_is_help=True, help="Credentials of xAPI clients.")
# As `lrs.credentials.LEVELS`.
Level = Literal["platform-api", "platform-export", "certificate", "self-report"]


@app.command("create")
def create(
    name: Annotated[str, typer.Option(help="Who will use it.")],
    scope: Annotated[list[str], typer.Option(help=f"Repeat for more: {', '.join(credentials.SCOPES)}.")],
    home_page: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL", help="A home page whose accounts it proves learning of; repeat for more."
        ),
    ] = None,
    level: Annotated[Level | None, typer.Option(help="How much it proves; with --home-page.")] = None,
    read_verb: Annotated[
        list[str] | None, typer.Option(metavar="IRI", help="It reads statements with this verb; repeat.")
    ] = None,
    read_activity: Annotated[
        list[str] | None,
        typer.Option(metavar="IRI", help="It reads statements about this activity; repeat for more."),
    ] = None,
    read_authority: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="It reads what this credential (or an agent as JSON) stored; repeat for more.",
        ),
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Create a credential for an xAPI client; its secret is shown once."""
    settings = load(data=data)
    with ready_engine(settings).begin() as conn:
        key, secret = credentials.create_credential(
            conn,
            hash_key=settings.secret("credentials"),
            name=name,
            scopes=scope,
            level=PROVES_NOTHING if level is None else credentials.LEVELS[level],
            home_pages=home_page,
            read_filter=_read_filter(conn, read_verb, read_activity, read_authority),
            now=utc_now(),
        )
    if as_json:
        print_json({"name": name, "key": key, "secret": secret})
        return
    OUT.print(f"key:    {key}\nsecret: {secret}\nThe secret is not shown again.", highlight=False)


@app.command("list")
def list_(as_json: Json = False, data: Data = None) -> None:
    """Show all credentials; never their secrets."""
    with ready_engine(load(data=data)).connect() as conn:
        found = credentials.list_credentials(conn)
    if as_json:
        print_json([one.as_json() for one in found])
        return
    if not found:
        OUT.print("There is no credential: make one with `thaksa credential create`.", highlight=False)
        return
    OUT.print(_table(found))


@app.command("revoke")
def revoke(
    name: Annotated[str, typer.Option(help="Its name, as `thaksa credential list` shows it.")],
    data: Data = None,
) -> None:
    """End a credential; running services refuse it within five seconds."""
    with ready_engine(load(data=data)).begin() as conn:
        credentials.revoke_credential(conn, name=name, now=utc_now())
    OUT.print(f"The credential {name!r} is revoked.", markup=False, highlight=False)


def _read_filter(
    conn: Connection,
    verbs: Sequence[str] | None,
    activities: Sequence[str] | None,
    authorities: Sequence[str] | None,
) -> dict[str, list[str]] | None:
    keys = [authority_named(conn, one) for one in authorities or ()]
    given = {"verbs": list(verbs or ()), "activities": list(activities or ()), "authorities": keys}
    return {name: allowed for name, allowed in given.items() if allowed} or None


def _table(found: Sequence[credentials.Credential]) -> Table:
    columns = (
        "name",
        "key",
        "scopes",
        "home pages",
        "level",
        "reads only",
        "created",
        "last used",
        "revoked",
    )
    table = Table(*columns)
    for one in found:
        table.add_row(
            one.name,
            one.key,
            "\n".join(one.scopes),
            "\n".join(one.home_pages) or "-",
            one.level or "-",
            _filter_text(one.read_filter),
            _moment(one.created),
            _moment(one.last_used),
            _moment(one.revoked),
            style="dim" if one.revoked else None,
        )
    # As wide as it is: a key that is cut short on a narrow terminal is of no use.
    table.width = Measurement.get(OUT, OUT.options.update(max_width=10_000), table).maximum
    return table


def _filter_text(read_filter: dict[str, Any] | None) -> str:
    return "\n".join(f"{name}: {one}" for name, some in (read_filter or {}).items() for one in some) or "-"


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M}Z"
