"""The command line: `thaksa …`. Every error that an operator can mend is one line and a non-zero exit."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from connector import (
    cli_audit,
    cli_backup,
    cli_close,
    cli_credentials,
    cli_explain,
    cli_forward,
    cli_framework,
    cli_framework_exchange,
    cli_import,
    cli_import_learning,
    cli_key,
    cli_mapping,
    cli_oneroster,
    cli_person,
    cli_platform,
    cli_progress,
    cli_publish,
    cli_reconcile,
    cli_reminders,
    cli_report,
    cli_schedule,
    cli_sync,
    cli_token,
    cli_user,
)
from connector.access.errors import AccessError
from connector.command import ERR, OUT, Data, ready_engine
from connector.imports import ImportFileError
from connector.imports.errors import ImportStateError
from connector.listening import ServeError, address, bind
from connector.operations.backup_file import BackupError
from connector.platforms import PlatformError
from connector.settings import Settings, SettingsError, load
from lrs.clock import utc_now
from lrs.database import OPERATIONAL_ERRORS
from lrs.errors import LrsError
from mappings.errors import MappingError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Thaksa: sees whether people are gaining their digital skills. Data folder: --data or THAKSA_DATA.",
)
cli_import_learning.add_commands(cli_import.app)
cli_framework_exchange.add_commands(cli_framework.app)
cli_import.app.command("oneroster")(cli_oneroster.import_oneroster)
app.add_typer(cli_import.app, name="import")
app.add_typer(cli_credentials.app, name="credential")
app.add_typer(cli_platform.app, name="platform")
app.add_typer(cli_framework.app, name="framework")
app.add_typer(cli_mapping.app, name="mapping")
app.command("gaps")(cli_mapping.gaps)
app.add_typer(cli_person.app, name="person")
app.add_typer(cli_key.app, name="key")
app.add_typer(cli_user.app, name="user")
app.add_typer(cli_token.app, name="token")
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_forward.app, name="forward")
app.add_typer(cli_reminders.app, name="reminders")
app.command("explain")(cli_explain.explain_)
app.command("sync")(cli_sync.sync)
app.command("refresh")(cli_progress.refresh)
app.command("progress")(cli_report.progress)
app.command("rebuild")(cli_progress.rebuild)
app.command("close-month")(cli_close.close_month)
app.command("publish")(cli_publish.publish)
app.command("schedule")(cli_schedule.schedule)
app.command("reconcile")(cli_reconcile.reconcile)
app.command("backup")(cli_backup.backup)
app.command("restore")(cli_backup.restore)

Port = Annotated[int | None, typer.Option(help="Port on loopback; 0 takes a free one.", min=0, max=65535)]


def main() -> None:
    """Entry point of the `thaksa` command."""
    try:
        app()
    except (
        AccessError,
        BackupError,
        SettingsError,
        ServeError,
        PlatformError,
        ImportFileError,
        ImportStateError,
        MappingError,
        LrsError,
    ) as error:
        _fail(str(error))
    except OPERATIONAL_ERRORS as error:
        _fail(f"the database cannot be used: {str(getattr(error, 'orig', error)).splitlines()[0]}")


@app.command()
def serve(data: Data = None, host: str | None = None, port: Port = None) -> None:
    """Start the web service: pages, API and the record store."""
    from connector.serve import serve as run

    settings = load(data=data, host=host, port=port)
    bound = bind(settings.host, settings.port)
    engine = ready_engine(settings)
    _tell_first_step(engine, settings)
    engine.dispose()
    run(settings, bound, lambda: _tell_ready(address(bound, settings.base_path)))


@app.command()
def demo(
    recording: Annotated[Path, typer.Option(help="A recorded Moodle site (JSON lines, gzip).")],
    data: Data = None,
    port: Port = None,
) -> None:
    """Play a recorded Moodle site through the real connector, then serve its pages."""
    from connector.demo import NAME, import_sample, open_recording, prepare_folder
    from connector.serve import serve as run

    settings = load(data=data, port=port)
    bound = bind(settings.host, settings.port)
    with open_recording(recording) as replay:
        settings = prepare_folder(settings, replay)
        engine = ready_engine(settings)
        import_sample(engine, settings, utc_now())
        cli_sync.sync_with_progress(settings, engine, NAME)
        engine.dispose()
        run(settings, bound, lambda: _tell_ready(address(bound, settings.base_path)))


@app.command()
def upgrade(data: Data = None) -> None:
    """Bring the database to the newest revision and load the shipped framework and mappings."""
    settings = load(data=data)
    ready_engine(settings)
    OUT.print("The database is up to date.")


def _tell_ready(url: str) -> None:
    OUT.print(f"Thaksa is ready: open [bold]{url}[/bold]")


def _tell_first_step(engine: Engine, settings: Settings) -> None:
    """Where nobody can sign in yet, say how somebody can."""
    from connector.access.users import has_users

    with engine.connect() as conn:
        if settings.access == "users" and not has_users(conn):
            ERR.print("Nobody can sign in yet: make the first user with `thaksa user create NAME`.")


def _fail(message: str) -> None:
    ERR.print(f"thaksa: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)
