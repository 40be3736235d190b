"""The keys behind the hashes of national ids: `secrets/national-id.keys` in the data folder.

A line a key that lives, the oldest first: its name and 32 bytes in hexadecimal. Without the file there is
one key, derived from the installation's own secret. The first key's name in the file is `1`, and rows keep
none of it.
"""

import os
import secrets
from pathlib import Path

from sqlalchemy import Connection, func, select

from connector.settings import Settings, SettingsError, write_secret
from connector.tables_imports import import_file
from mappings.people import HashKey, HashKeys

FIRST = "1"
_MOST_KEYS = 2


def read_keys(settings: Settings) -> HashKeys:
    """The keys that live. Raises SettingsError where the file is damaged."""
    path = _path(settings)
    if not path.exists():
        return HashKeys(HashKey(settings.secret("national-id")))
    try:
        found = [_parse(line) for line in path.read_text(encoding="ascii").splitlines()]
    except (OSError, ValueError):
        found = []
    if not 1 <= len(found) <= _MOST_KEYS:
        raise SettingsError(f"{path} is damaged: bring it back from the backup")
    return HashKeys(found[-1], found[0] if len(found) > 1 else None)


def rotate_key(settings: Settings) -> HashKeys:
    """Begin a new key; the one until now lives on beside it. Raises SettingsError where two live already."""
    keys = read_keys(settings)
    if keys.before is not None:
        raise SettingsError(
            f"key {name_of(keys.before)} still lives beside key {name_of(keys.current)}: retire it first "
            "(`thaksa key retire national-id`)"
        )
    new = HashKey(secrets.token_bytes(32), str(int(name_of(keys.current)) + 1))
    return _write(settings, HashKeys(new, keys.current))


def two_keys(settings: Settings) -> HashKeys:
    """The keys while two live. Raises SettingsError where there is one."""
    keys = read_keys(settings)
    if keys.before is None:
        raise SettingsError("one key lives: there is none to retire")
    return keys


def retire_key(settings: Settings) -> HashKeys:
    """End the earlier key for good. Raises SettingsError where there is none."""
    return _write(settings, HashKeys(two_keys(settings).current))


def waiting_files(conn: Connection) -> int:
    """How many files with people are staged: their rows hold hashes, and no ids that could arrive again."""
    waits = import_file.c.state.in_(("reading", "staged")), import_file.c.kind != "units"
    return conn.execute(select(func.count()).select_from(import_file).where(*waits)).scalar_one()


def name_of(key: HashKey) -> str:
    """What operators call it."""
    return key.name or FIRST


def _write(settings: Settings, keys: HashKeys) -> HashKeys:
    path = _path(settings)
    lines = [f"{name_of(key)} {key.secret.hex()}\n" for key in (keys.before, keys.current) if key is not None]
    # A crash leaves the file as it was or as it will be: without its key no hash can be made again.
    new = path.with_suffix(".new")
    write_secret(new, "".join(lines))
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)
    return keys


def _parse(line: str) -> HashKey:
    name, secret = line.split()
    return HashKey(bytes.fromhex(secret), None if name == FIRST else str(int(name)))


def _path(settings: Settings) -> Path:
    return settings.data / "secrets" / "national-id.keys"
