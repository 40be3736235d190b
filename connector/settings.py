"""Settings: read once, frozen, every name documented in docs/settings.md (a test says so).

Sources, later ones win: defaults, `thaksa.toml` in the data folder, `THAKSA_*` variables. Secrets are
files under `secrets/` in the data folder, or what a platform's settings name, and never settings themselves.

    SettingsError   an unknown name, a wrong value, an unreadable file: a line for each, with what to do
"""

import hmac
import os
import secrets
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from connector.settings_address import Hosts, Networks, PublicAddress, base_path, host_name
from connector.settings_errors import PREFIX, Problem, SettingsError, Sources, problems_of, told
from connector.settings_openid import OpenIdSettings
from connector.settings_platform import (
    PlatformName,
    PlatformSettings,
    mistakes_between,
    read_token,
    token_variables,
)
from connector.settings_smtp import SmtpSettings
from connector.settings_target import TargetSettings
from connector.timetable import Timetable
from connector.toml_file import Place, TomlFile, read_toml
from lrs.json_input import MOST_DEPTH
from mappings.vocabulary import PEOPLE

__all__ = ["FILE", "PlatformSettings", "Settings", "SettingsError", "load", "write_secret"]

FILE = "thaksa.toml"
TABLES: Mapping[str, type[BaseModel]] = {
    "platforms": PlatformSettings,
    "targets": TargetSettings,
    "smtp": SmtpSettings,
    "openid": OpenIdSettings,
}
"""The tables that the file alone has, and what is in one."""
# A page of another site that resolves its own name to 127.0.0.1 sends that name: refuse it.
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class Settings(BaseModel):
    """Everything an operator can choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Path("data")
    # It may hold a password.
    database_url: str = Field(default="", repr=False)
    attachments: str = ""
    attachment_mebibytes: int = Field(default=100, ge=1)
    attachments_per_request: int = Field(default=100, ge=1)
    body_mebibytes: int = Field(default=32, ge=1)
    statements_per_request: int = Field(default=10_000, ge=1)
    import_mebibytes: int = Field(default=200, ge=1)
    json_depth: int = Field(default=MOST_DEPTH, ge=10, le=MOST_DEPTH)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_address: PublicAddress = ""
    allowed_hosts: Hosts = ()
    trusted_proxies: Networks = ()
    access: Literal["users", "open"] = "users"
    session_idle_minutes: int = Field(default=60, ge=1)
    session_hours: int = Field(default=12, ge=1)
    sign_in_tries: int = Field(default=5, ge=1)
    sign_in_tries_address: int = Field(default=100, ge=1)
    audit_days: int = Field(default=730, ge=90)
    argon2_mebibytes: int = Field(default=64, ge=8)
    argon2_passes: int = Field(default=3, ge=1)
    home_page: str = Field(default=PEOPLE, pattern=r"^https?://\S+$")
    xapi_version: Literal["1.0.3", "2.0.0"] = "2.0.0"
    xapi_default_version: Literal["1.0.3", "2.0.0"] | None = None
    sync_minutes: int = Field(default=15, ge=1)
    read_all_minutes: int = Field(default=360, ge=1)
    refresh_seconds: int = Field(default=5, ge=1)
    small_counts_below: int = Field(default=5, ge=2)
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    log_format: Literal["json", "console"] = "json"
    metrics: Literal["token", "loopback"] = "token"
    forward_seconds: int = Field(default=15, ge=1)
    publish_statements: bool = False
    platforms: Mapping[PlatformName, PlatformSettings] = Field(default_factory=dict)
    targets: Mapping[PlatformName, TargetSettings] = Field(default_factory=dict)
    smtp: SmtpSettings | None = None
    openid: OpenIdSettings | None = None

    @field_validator("host")
    @classmethod
    def _loopback_only(cls, host: str) -> str:
        if host != "localhost" and not _is_loopback(host):
            raise ValueError("pages and API answer on loopback only: use 127.0.0.1")
        return host

    @field_validator("access")
    @classmethod
    def _users_in_public(cls, access: str, others: ValidationInfo) -> str:
        if access == "open" and (others.data.get("public_address") or others.data.get("allowed_hosts")):
            raise ValueError('must be "users" where public_address or allowed_hosts lets others in')
        return access

    @property
    def base_path(self) -> str:
        """The path that all addresses of the service begin with, such as "/thaksa"; "" for none."""
        return base_path(self.public_address)

    @property
    def hosts(self) -> list[str]:
        """The names that requests for pages may call this machine by."""
        public = [host_name(self.public_address)] if self.public_address else []
        return [*LOOPBACK_HOSTS, *public, *self.allowed_hosts]

    @property
    def database(self) -> str:
        """The database's URL: the one set, or the SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'thaksa.db'}"

    @property
    def attachments_folder(self) -> Path:
        """Where attachments of statements are kept: the folder set, or the one in the data folder."""
        return Path(self.attachments) if self.attachments else self.data / "attachments"

    @property
    def uploads_folder(self) -> Path:
        """Where files that were handed in lie until they are read."""
        return self.data / "uploads"

    @property
    def refreshes_file(self) -> Path:
        """Where the scheduler notes how long computing progress takes."""
        return self.data / "refresh.prom"

    def secret(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, derived from the installation's own secret file."""
        return hmac.digest(self._root_secret(), purpose.encode(), "sha256")

    def platform_token(self, name: str) -> str:
        """The web service token of a platform of the settings."""
        return read_token(self.platforms[name], name, self.data)

    def timetable(self, name: str) -> Timetable:
        """When a platform of the settings is synced."""
        return self.platforms[name].timetable(self.sync_minutes, self.read_all_minutes)

    def check_tokens(self) -> None:
        """Raises SettingsError that names every platform whose token is not there."""
        wrong = []
        for name in sorted(self.platforms):
            try:
                self.platform_token(name)
            except SettingsError as error:
                wrong.append(str(error))
        if wrong:
            raise SettingsError("\n".join(wrong))

    def _root_secret(self) -> bytes:
        path = self.data / "secrets" / "thaksa.key"
        if not path.exists():
            write_secret(path, secrets.token_hex(32))
        return bytes.fromhex(path.read_text(encoding="ascii").strip())


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Reads the settings; `overrides` (from the command line) win, those that are None are ignored."""
    options = {name: value for name, value in overrides.items() if value is not None}
    found = _from_environment(os.environ if environ is None else environ)
    data = Path(options.get("data", found.get("data", Settings.model_fields["data"].default)))
    file = _read(data / FILE)
    variables = _without_tokens(found, file)
    problems = _mistakes_of(file, variables)
    given = {name: value for name, value in variables.items() if name not in TABLES} | options
    try:
        settings = Settings.model_validate(dict(file.values) | given | {"data": data})
    except ValidationError as error:
        problems += problems_of(error, _known_at)
    if problems:
        # Wherever the folder's name comes from, no mistake is about that.
        sources = Sources(options.keys() - {"data"}, variables.keys() - {"data"}, file)
        raise SettingsError(told(problems, sources))
    return settings


def write_secret(path: Path, text: str) -> None:
    """Writes a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX)
    }


def _read(path: Path) -> TomlFile:
    try:
        return read_toml(path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None


def _without_tokens(variables: Mapping[str, Any], file: TomlFile) -> dict[str, Any]:
    """A variable that a platform's `token_env` names is no setting, whatever its name."""
    tokens = _from_environment(dict.fromkeys(token_variables(file.values.get("platforms")), ""))
    return {name: value for name, value in variables.items() if name not in tokens}


def _mistakes_of(file: TomlFile, variables: Collection[str]) -> list[Problem]:
    """What the models cannot see."""
    found = list(mistakes_between(file.values.get("platforms")))
    if "data" in file.values:
        found.append(
            Problem(("data",), "is the folder this file stands in: set it with --data or THAKSA_DATA")
        )
    found += [Problem((name,), f"belongs into {file.path}") for name in TABLES if name in variables]
    return found


def _known_at(place: Place) -> Collection[str]:
    """The names of settings beside this one."""
    return Settings.model_fields if len(place) == 1 else TABLES[str(place[0])].model_fields


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
