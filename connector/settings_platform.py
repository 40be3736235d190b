"""The settings of one platform: a table `[platforms.NAME]` of `thaksa.toml`, every field documented in
docs/settings.md (a test says so). Mistakes name no value: it may be a token in the wrong place.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo
from pydantic import field_validator as check

from connector.platforms import PLATFORMS, Reading
from connector.settings_errors import Problem, SettingsError
from connector.timetable import Timetable, crontab

PlatformName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""It becomes the name of files, and stands in addresses and logs."""

MOST_MINUTES = 7 * 24 * 60

_READING = Reading()


def _names(value: Any) -> Any:
    """Courses may be told by number; the list as TOML reads it becomes one that cannot change."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in value)


class PlatformSettings(BaseModel):
    """One course platform that is synchronised."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: str
    url: str
    token_env: str | None = None
    token_file: str | None = None
    every_minutes: int | None = Field(default=None, ge=1, le=MOST_MINUTES)
    cron: str | None = None
    jitter_seconds: int = Field(default=60, ge=0, le=3600)
    full_days: int = Field(default=7, ge=0, le=365)
    courses: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    calls_at_once: int = Field(default=_READING.calls_at_once, ge=1, le=16)
    grades: bool = _READING.grades
    activities: bool = _READING.activities
    badges: bool = _READING.badges
    look_up_emails: bool = _READING.look_up_emails
    shrink_share: float = Field(default=0.2, ge=0, le=1)
    shrink_at_least: int = Field(default=50, ge=0)
    stale_after_hours: int | None = Field(default=None, ge=1)

    @check("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in PLATFORMS:
            raise ValueError(f"must be one of {', '.join(sorted(PLATFORMS))}")
        return kind

    @check("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if wrong := wrong_with_address(url):
            raise ValueError(wrong)
        return url

    @check("token_env")
    @classmethod
    def _variable(cls, name: str | None) -> str | None:
        if name is not None and not name.isidentifier():
            raise ValueError("must be the name of an environment variable, not the token itself")
        return name

    @check("token_file")
    @classmethod
    def _one_token(cls, path: str | None, info: ValidationInfo) -> str | None:
        if path is not None and info.data.get("token_env") is not None:
            raise ValueError("the token comes from token_env already: leave one of the two out")
        return path

    @check("cron")
    @classmethod
    def _one_timetable(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None:
            return None
        if info.data.get("every_minutes") is not None:
            raise ValueError("every_minutes says already when: leave one of the two out")
        crontab(text)
        return text

    @property
    def reading(self) -> Reading:
        """How the platform is to be read."""
        return Reading(
            calls_at_once=self.calls_at_once,
            grades=self.grades,
            activities=self.activities,
            badges=self.badges,
            look_up_emails=self.look_up_emails,
        )

    def timetable(self, sync_minutes: int, read_all_minutes: int) -> Timetable:
        """When it is synced; the minutes are what holds where it says nothing of its own."""
        minutes = self.every_minutes or sync_minutes
        return Timetable(
            minutes=minutes,
            read_all_minutes=minutes if self.every_minutes else max(minutes, read_all_minutes),
            cron=self.cron,
            jitter_seconds=self.jitter_seconds,
            full_days=self.full_days,
        )

    def stale_after(self, timetable: Timetable) -> timedelta:
        """How old its last success may be before somebody is warned."""
        if self.stale_after_hours is not None:
            return timedelta(hours=self.stale_after_hours)
        return timetable.stale_after()


def read_token(settings: PlatformSettings, name: str, data: Path) -> str:
    """The token of the platform's web service, from where the settings say; SettingsError if it is not there.

    `data`: the folder that the path of a file starts from, and that holds `secrets/NAME.token`.
    """
    if settings.token_env is not None:
        token = os.environ.get(settings.token_env, "").strip()
        if not token:
            raise SettingsError(f"platform {name}: put its token into the variable {settings.token_env}")
        return token
    path = data / (settings.token_file or Path("secrets") / f"{name}.token")
    try:
        token = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"platform {name}: put its token into the file {path} ({why})") from None
    if not token:
        raise SettingsError(f"platform {name}: put its token into the file {path} (it is empty)")
    return token


def token_variables(platforms: Any) -> set[str]:
    """The variables that hold tokens, by the file's tables as they stand, be they right or wrong."""
    return {name for _, table in _tables(platforms) if isinstance(name := table.get("token_env"), str)}


def mistakes_between(platforms: Any) -> Iterator[Problem]:
    """What is wrong with the file's tables together: a site that is read twice."""
    seen: dict[str, str] = {}
    for name, table in _tables(platforms):
        url = str(table.get("url", name)).rstrip("/").lower()
        if (first := seen.setdefault(url, name)) != name:
            yield Problem(("platforms", name, "url"), f"is the address of platforms.{first} too")


def _tables(platforms: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    tables = platforms.items() if isinstance(platforms, Mapping) else ()
    yield from ((name, table) for name, table in tables if isinstance(table, Mapping))


def wrong_with_address(url: str) -> str | None:
    """What is wrong with the address of a service; None: nothing."""
    if any(character.isspace() for character in url):
        return "must not hold spaces"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https") or not host:
        return "must be the site's address, as in https://moodle.example"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must be the site's address alone, without user, token or parameters"
    return None
