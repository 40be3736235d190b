"""The demonstration: a recorded Moodle site played over HTTP through the real connector.

Everything is as in production but the organisation, which is invented, and the Moodle, which is a
recording. The folder is an ordinary data folder afterwards: `THAKSA_DATA=DIR thaksa …` works on it.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from connector.imports import read_roster, read_units
from connector.key_file import read_keys
from connector.platforms.moodle.replay import Replay
from connector.settings import FILE, Settings, SettingsError, load, write_secret
from mappings import shipped
from mappings.people import import_roster, import_units, link_accounts

NAME = "moodle-demo"
TOKEN = "recorded-token"  # noqa: S105 - opens nothing but the recording
MARK = "# Written by the demonstration; it is rewritten at each start."


def prepare_folder(settings: Settings, replay: Replay) -> Settings:
    """Points the data folder's settings at the replay; refuses a folder that is somebody's own."""
    path = settings.data / FILE
    if path.exists() and MARK not in path.read_text(encoding="utf-8"):
        raise SettingsError(f"{path} is not the demonstration's: choose another folder with --data DIR")
    settings.data.mkdir(parents=True, exist_ok=True)
    platform = f'[platforms.{NAME}]\nkind = "moodle"\nurl = "{replay.url}"\n'
    path.write_text(f'{MARK}\naccess = "open"\n{platform}', encoding="utf-8")
    write_secret(settings.data / "secrets" / f"{NAME}.token", TOKEN)
    return load(data=settings.data, host=settings.host, port=settings.port)


def open_recording(recording: Path) -> Replay:
    """The recorded site as a server on loopback (a context manager)."""
    if not recording.is_file():
        raise SettingsError(
            f"the recording {recording} is not there: run from a clone, or name it with --recording"
        )
    return Replay(recording, TOKEN)


def import_sample(engine: Engine, settings: Settings, now: datetime) -> None:
    """The invented organisation and its people."""
    keys = read_keys(settings)
    with engine.begin() as conn:
        import_units(conn, read_units(shipped.path(shipped.SAMPLE_UNITS)).rows, now, "demo")
        import_roster(conn, read_roster(shipped.path(shipped.SAMPLE_ROSTER), keys).rows, now, "demo")
        link_accounts(conn, now, "demo")
