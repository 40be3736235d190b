"""Settings: read once, frozen, every name documented in docs/settings.md (a test says so).

Sources, later ones win: defaults, `thaksa.toml` in the data folder, `THAKSA_*` variables. Secrets are
files under `secrets/` in the data folder, made at the first start, and are never settings.

    SettingsError   an unknown name, a wrong value, an unreadable file: says which and what to do
"""

import hmac
import os
import secrets
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lrs.json_input import MOST_DEPTH

PREFIX = "THAKSA_"
FILE = "thaksa.toml"


class SettingsError(Exception):
    """A setting that cannot be used; the message is one line for the operator."""


class PlatformSettings(BaseModel):
    """One course platform that is synchronised. Its token is the file `secrets/NAME.token`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["moodle"]
    url: str = Field(pattern=r"^https?://\S+$")


class Settings(BaseModel):
    """Everything an operator can choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Path("data")
    database_url: str = ""
    attachments: str = ""
    attachment_mebibytes: int = Field(default=100, ge=1)
    attachments_per_request: int = Field(default=100, ge=1)
    body_mebibytes: int = Field(default=32, ge=1)
    statements_per_request: int = Field(default=10_000, ge=1)
    json_depth: int = Field(default=MOST_DEPTH, ge=10, le=MOST_DEPTH)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    xapi_version: Literal["1.0.3", "2.0.0"] = "2.0.0"
    xapi_default_version: Literal["1.0.3", "2.0.0"] | None = None
    sync_minutes: int = Field(default=60, ge=1)
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    platforms: Mapping[str, PlatformSettings] = Field(default_factory=dict)

    @field_validator("host")
    @classmethod
    def _loopback_only(cls, host: str) -> str:
        if host != "localhost" and not _is_loopback(host):
            raise ValueError(
                "pages and API answer on loopback only until there are user accounts: use 127.0.0.1"
            )
        return host

    @property
    def database(self) -> str:
        """The database's URL: the one set, or the SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'thaksa.db'}"

    @property
    def attachments_folder(self) -> Path:
        """Where attachments of statements are kept: the folder set, or the one in the data folder."""
        return Path(self.attachments) if self.attachments else self.data / "attachments"

    def secret(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, derived from the installation's own secret file."""
        return hmac.digest(self._root_secret(), purpose.encode(), "sha256")

    def platform_token(self, name: str) -> str:
        """The web service token of a platform, from its secret file."""
        path = self.data / "secrets" / f"{name}.token"
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"platform {name!r}: put its web service token into {path} ({error.strerror})"
            ) from None

    def _root_secret(self) -> bytes:
        path = self.data / "secrets" / "thaksa.key"
        if not path.exists():
            write_secret(path, secrets.token_hex(32))
        return bytes.fromhex(path.read_text(encoding="ascii").strip())


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Reads the settings; `overrides` (from the command line) win, those that are None are ignored."""
    given = {name: value for name, value in overrides.items() if value is not None}
    variables = _from_environment(os.environ if environ is None else environ) | given
    data = Path(variables.get("data", Settings.model_fields["data"].default))
    try:
        return Settings(**(_from_file(data / FILE) | variables | {"data": data}))
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None


def write_secret(path: Path, text: str) -> None:
    """Writes a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    known = Settings.model_fields.keys() - {"platforms"}
    for name in found:
        if name.removeprefix(PREFIX).lower() not in known:
            raise SettingsError(f"unknown setting {name}: the names are in docs/settings.md")
    return {name.removeprefix(PREFIX).lower(): value for name, value in found.items()}


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    if "data" in values:
        raise SettingsError(
            f"{path}: 'data' is the folder this file stands in; set it with --data or THAKSA_DATA"
        )
    return values


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown setting {name}: the names are in docs/settings.md"
    return f"setting {name}: {first['msg'].removeprefix('Value error, ')}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
