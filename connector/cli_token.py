"""`thaksa token …`: API tokens, each of which sees what its owner sees."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from connector.access import tokens, users
from connector.command import OUT, Data, Json, opened, print_json
from connector.settings import load
from lrs.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="Tokens for programs that read the report API.")

BY = "thaksa token"
Name = Annotated[str, typer.Option(help="What it is for.")]


@app.command("create")
def create(
    name: Name,
    owner: Annotated[str, typer.Option(metavar="NAME", help="The user whose rights it has.")],
    scope: Annotated[list[str], typer.Option(help=f"Repeat for more: {', '.join(tokens.SCOPES)}.")],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Create a token; its secret is shown once. Requests send both by HTTP Basic."""
    settings = load(data=data)
    with opened(settings) as engine, engine.begin() as conn:
        user = users.find_user(conn, owner)
        key, secret = tokens.create_token(
            conn, settings.secret("api tokens"), name, user, scope, utc_now(), BY
        )
    if as_json:
        print_json({"name": name, "key": key, "secret": secret})
    else:
        OUT.print(f"key:    {key}\nsecret: {secret}\nThe secret is not shown again.", highlight=False)


@app.command("list")
def list_(as_json: Json = False, data: Data = None) -> None:
    """Show all tokens; never their secrets."""
    with opened(load(data=data)) as engine, engine.connect() as conn:
        found = tokens.list_tokens(conn)
    if as_json:
        print_json([one.as_json() for one in found])
        return
    table = Table("name", "key", "owner", "scopes", "last used", "revoked")
    for one in found:
        used, ended = ("-" if at is None else f"{at:%Y-%m-%d %H:%M}Z" for at in (one.last_used, one.revoked))
        table.add_row(escape(one.name), one.key, escape(one.owner), "\n".join(one.scopes), used, ended)
    OUT.print(table)


@app.command("revoke")
def revoke(name: Name, data: Data = None) -> None:
    """End a token at once."""
    with opened(load(data=data)) as engine, engine.begin() as conn:
        tokens.revoke_token(conn, name, utc_now(), BY)
    OUT.print("Revoked.")
