"""`thaksa user …`: who may sign in to the pages, and where."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from connector.access import users
from connector.access.errors import AccessError
from connector.access.import_users import import_users, passwords_csv, read_users
from connector.access.passwords import LEAST, Passwords, fault, initial_password
from connector.access.roles import ADMINISTRATOR, ROLES
from connector.access.users import Place, User
from connector.cli_import import File
from connector.command import ERR, OUT, Data, Json, opened, print_json
from connector.settings import Settings, load
from lrs.clock import utc_now
from mappings.people import Refusal

app = typer.Typer(no_args_is_help=True, help="Users of the pages: who may sign in, and what they see.")

BY = "thaksa user"
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]
Ask = Annotated[bool, typer.Option("--ask", help="Ask for the password on the terminal, not make one up.")]


@app.command("create")
def create(
    name: Name,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = ADMINISTRATOR,
    unit: Annotated[str | None, typer.Option(metavar="UID", help="The unit whose people they see.")] = None,
    person: Annotated[str | None, typer.Option(metavar="UUID", help="A learner's own record.")] = None,
    display_name: Annotated[str, typer.Option(help="The name that pages show.")] = "",
    ask: Ask = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Create a user. The initial password is shown once, and must be changed at the first sign-in."""
    settings = load(data=data)
    password = _asked(name) if ask else initial_password()
    kept = passwords_of(settings).hash(password)
    with opened(settings) as engine, engine.begin() as conn:
        uuid = users.create_user(conn, name, display_name, Place(role, unit, person), kept, utc_now(), BY)
    _tell(uuid, name, None if ask else password, as_json)


@app.command("passwd")
def passwd(name: Name, ask: Ask = False, as_json: Json = False, data: Data = None) -> None:
    """Give a user another initial password; all of their sessions end."""
    settings = load(data=data)
    password = _asked(name) if ask else initial_password()
    kept = passwords_of(settings).hash(password)
    with opened(settings) as engine, engine.begin() as conn:
        user = users.find_user(conn, name)
        users.set_password(conn, user, kept, utc_now(), BY, must_change=True)
    _tell(user.uuid, user.name, None if ask else password, as_json)


@app.command("list")
def list_(as_json: Json = False, data: Data = None) -> None:
    """Show all users."""
    with opened(load(data=data)) as engine, engine.connect() as conn:
        found = users.list_users(conn)
    if as_json:
        print_json([one.as_json() for one in found])
    elif found:
        OUT.print(_table(found))
    else:
        OUT.print("There is no user: make the first with `thaksa user create NAME`.", highlight=False)


@app.command("disable")
def disable(name: Name, data: Data = None) -> None:
    """Let a user sign in no more; all of their sessions end at once."""
    with opened(load(data=data)) as engine, engine.begin() as conn:
        users.disable(conn, users.find_user(conn, name), utc_now(), BY)
    OUT.print("Disabled.")


@app.command("enable")
def enable(name: Name, data: Data = None) -> None:
    """Let a disabled user sign in again."""
    with opened(load(data=data)) as engine, engine.begin() as conn:
        users.enable(conn, users.find_user(conn, name), utc_now(), BY)
    OUT.print("Enabled.")


@app.command("approval")
def approval(
    name: Name,
    allowed: Annotated[bool, typer.Option("--give/--take", help="Which of the two.")],
    data: Data = None,
) -> None:
    """Give an office coordinator the right to approve and end mappings, or take it; at once."""
    with opened(load(data=data)) as engine, engine.begin() as conn:
        users.let_approve(conn, users.find_user(conn, name), allowed=allowed, now=utc_now(), by=BY)
    OUT.print("May approve mappings." if allowed else "May not approve mappings.")


@app.command("import")
def import_(
    file: File,
    passwords_to: Annotated[
        Path,
        typer.Option(metavar="OUT.csv", help="Where the initial passwords go; a new file, for you alone."),
    ],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Create users from a table: name, display_name, role, unit_uid. Users who are there get what it says."""
    settings = load(data=data)
    rows, unread = read_users(file)
    with opened(settings) as engine, engine.begin() as conn:
        done = import_users(conn, rows, passwords_of(settings), utc_now(), BY)
        if done.passwords:
            _keep(passwords_to, done.passwords)
    refused = sorted([*unread, *done.refused], key=lambda one: one.row)
    counts = {"created": len(done.passwords), "changed": done.changed, "unchanged": done.unchanged}
    if as_json:
        told = [{"row": one.row, "column": one.column, "reason": one.reason} for one in refused]
        print_json({**counts, "refused": told})
    else:
        OUT.print(", ".join(f"{number} {word}" for word, number in counts.items()) + ".", highlight=False)
        _tell_refused(refused)
    if refused:
        raise typer.Exit(1)


def passwords_of(settings: Settings) -> Passwords:
    """Hashing with the parameters of the settings."""
    return Passwords(settings.argon2_mebibytes, settings.argon2_passes)


def _asked(name: str) -> str:
    password: str = typer.prompt("Initial password", hide_input=True, confirmation_prompt=True)
    if fault(password, name) is not None:
        raise AccessError("password", f"a password has {LEAST} characters or more, and not the user's name")
    return password


def _tell(uuid: str, name: str, password: str | None, as_json: bool) -> None:
    if as_json:
        shown = {} if password is None else {"password": password}
        print_json({"uuid": uuid, "name": name, **shown})
    elif password is None:
        OUT.print("Done. The password must be changed at the first sign-in.")
    else:
        OUT.print(
            f"password: {password}\nIt is not shown again, and must be changed at the first sign-in.",
            highlight=False,
        )


def _keep(path: Path, passwords: Mapping[str, str]) -> None:
    """Writes the file, which must be new and which only its owner can read."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(passwords_csv(passwords))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise AccessError(
            "file", f"{path.name} is there already: name a new file for the passwords"
        ) from None
    except OSError as error:
        raise AccessError("file", f"{path.name} cannot be written: {error.strerror}") from None


def _tell_refused(refused: Sequence[Refusal]) -> None:
    if not refused:
        return
    table = Table("row", "column", "value", "reason", title=f"{len(refused)} refused")
    for one in refused:
        table.add_row(str(one.row), *(escape(cell) for cell in (one.column, one.value, one.reason)))
    ERR.print(table)


def _table(found: Sequence[User]) -> Table:
    table = Table("name", "display name", "role", "unit", "approves", "state")
    for one in found:
        state = "disabled" if one.disabled else "initial password" if one.must_change else "active"
        unit, approves = one.place.unit_uid or "-", "yes" if one.approves_mappings else "-"
        cells = (one.name, one.display_name, one.place.role, unit, approves, state)
        table.add_row(*map(escape, cells), style="dim" if one.disabled else None)
    return table
