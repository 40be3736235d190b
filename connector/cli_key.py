"""`thaksa key …`: the secret keys behind what is stored of national ids."""

from typing import Annotated, Literal

import typer
from rich.table import Table
from sqlalchemy import Connection

from connector import key_file
from connector.command import OUT, Data, opened
from connector.settings import Settings, SettingsError, load
from lrs.clock import utc_now
from lrs.database import read_only
from mappings.changes import Change, log_changes
from mappings.national_ids import HashKey, RowsOfKey, forget_ids, rows_by_key

app = typer.Typer(no_args_is_help=True, help="Keys that national ids are hashed with.")
Purpose = Annotated[Literal["national-id"], typer.Argument(metavar="national-id", help="Which key.")]


@app.command("status")
def status(data: Data = None) -> None:
    """Show the keys that live, and how many rows each has made."""
    settings = load(data=data)
    with opened(settings) as engine, read_only(engine).begin() as conn:
        OUT.print(_table(settings, conn))


@app.command("rotate")
def rotate(purpose: Purpose, data: Data = None) -> None:  # noqa: ARG001 - there is one so far
    """Begin a new key. The one until now lives on beside it until it is retired."""
    settings = load(data=data)
    with opened(settings) as engine, engine.begin() as conn:
        if waiting := key_file.waiting_files(conn):
            raise SettingsError(
                f"{waiting} files wait with hashes of the key until now: apply or discard them first"
            )
        keys = key_file.rotate_key(settings)
        _note(conn, "rotate", keys.current, "two keys live")
    OUT.print(
        f"Key {key_file.name_of(keys.current)} is made. Sync every platform with --full and import the "
        "rosters: rows change as ids arrive (`thaksa key status`). Then: `thaksa key retire national-id`."
    )


@app.command("retire")
def retire(
    purpose: Purpose,  # noqa: ARG001 - there is one so far
    force: Annotated[
        bool,
        typer.Option("--force", help="Also while rows have its hashes: their ids are lost."),
    ] = False,
    data: Data = None,
) -> None:
    """End the earlier key, once no row has a hash of it."""
    settings = load(data=data)
    with opened(settings) as engine, engine.begin() as conn:
        current = key_file.two_keys(settings).current
        left = sum(rows.total() for name, rows in rows_by_key(conn).items() if name != current.name)
        if left and not force:
            raise SettingsError(
                f"{left} rows have a hash of the earlier key: sync with --full and import the rosters first, "
                "or retire it with --force and lose these ids"
            )
        forget_ids(conn, current)
        _note(conn, "retire", current, f"{left} ids forgotten")
    # Once it is committed: with the key still there, what was forgotten is learnt again.
    key_file.retire_key(settings)
    OUT.print(f"Key {key_file.name_of(current)} lives alone.")


def _note(conn: Connection, action: str, current: HashKey, detail: str) -> None:
    change = Change(action, "key", f"national-id {key_file.name_of(current)}", detail)
    log_changes(conn, [change], utc_now(), "thaksa key")


def _table(settings: Settings, conn: Connection) -> Table:
    keys, rows = key_file.read_keys(settings), rows_by_key(conn)
    live = {key.name: state for key, state in ((keys.before, "earlier"), (keys.current, "current")) if key}
    table = Table("key", "state", "persons", "accounts", "erased")
    for name in sorted({*live, *rows}, key=lambda one: int(one or key_file.FIRST)):
        count = rows.get(name, RowsOfKey())
        numbers = (str(one) for one in (count.persons, count.accounts, count.erased))
        table.add_row(name or key_file.FIRST, live.get(name, "retired"), *numbers)
    return table
