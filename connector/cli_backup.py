"""`thaksa backup` and `thaksa restore`: all but the secrets, in one file for either kind of database."""

from pathlib import Path
from typing import Annotated

import typer

from connector import console
from connector.command import ERR, OUT, Data
from connector.settings import Settings, load
from lrs.clock import utc_now

KEPT_APART = "Not in it: the folder secrets/, thaksa.toml, tokens. Keep copies of these apart."


def backup(
    file: Annotated[Path, typer.Argument(help="A new file, such as thaksa-2026-11-22.zip.")],
    data: Data = None,
) -> None:
    """Write all tables and attachments, as of one moment, into a new file; everything may go on running."""
    from connector.operations.backup import write_backup
    from connector.operations.backup_file import BackupError
    from lrs.database import connect

    settings = load(data=data)
    if not settings.database_url and not (settings.data / "thaksa.db").exists():
        raise BackupError(f"{settings.data} holds no database: name its folder with --data or THAKSA_DATA")
    engine = connect(settings.database)
    with console.progress(ERR) as progress:
        made = write_backup(
            engine, settings.attachments_folder, fingerprint(settings), file, utc_now(), progress
        )
    engine.dispose()
    number = sum(one.rows for one in made.tables.values())
    OUT.print(f"{file}: {number:,} rows of {len(made.tables)} tables, {made.attachments:,} attachments.")
    OUT.print(KEPT_APART)


def restore(
    file: Annotated[Path, typer.Argument(help="What `thaksa backup` wrote.")], data: Data = None
) -> None:
    """Read a backup into an empty database of either kind; all of it, or nothing."""
    from connector.operations.restore import read_backup
    from lrs.database import connect

    settings = load(data=data)
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database)
    with console.progress(ERR) as progress:
        made = read_backup(engine, settings.attachments_folder, file, progress)
    engine.dispose()
    number = sum(one.rows for one in made.tables.values())
    OUT.print(f"Restored {number:,} rows and {made.attachments:,} attachments of {made.made_at}.")
    if not _key(settings).exists() or fingerprint(settings) != made.key:
        ERR.print(
            f"{_key(settings)} is not the key of that installation: put its secrets/ there before the first "
            "start, or no credential, API token or national id will be known again.",
            style="red",
            soft_wrap=True,
        )


def fingerprint(settings: Settings) -> str:
    """Tells one installation's secret from another's, and nothing of it."""
    return settings.secret("fingerprint of a backup").hex()[:16]


def _key(settings: Settings) -> Path:
    return settings.data / "secrets" / "thaksa.key"
