"""The settings of one target that statements are forwarded to: a table `[targets.NAME]` of `thaksa.toml`,
every field documented in docs/settings.md (a test says so). Mistakes name no value.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import field_validator as check

from connector.settings_errors import SettingsError
from connector.settings_platform import wrong_with_address

MOST_STATEMENTS = 1000


def _frozen(value: Any) -> Any:
    """The list as TOML reads it becomes one that cannot change."""
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_frozen)]


class TargetSettings(BaseModel):
    """One record store that gets what is stored here."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    endpoint: str
    key: str
    secret_file: str | None = None
    version: Literal["1.0.3", "2.0.0"] = "1.0.3"
    statements: Literal["aggregates", "personal"] = "aggregates"
    verbs: Names = ()
    activities: Names = ()
    authorities: Names = ()
    batch: int = Field(default=100, ge=1, le=MOST_STATEMENTS)

    @check("endpoint")
    @classmethod
    def _address(cls, endpoint: str) -> str:
        if wrong := wrong_with_address(endpoint):
            raise ValueError(wrong)
        return endpoint.rstrip("/")

    @check("key")
    @classmethod
    def _user(cls, key: str) -> str:
        if not key or ":" in key or not key.isprintable():
            raise ValueError("must be the key (user name) of the target's credential, without a colon")
        return key


def read_target_secret(settings: TargetSettings, name: str, data: Path) -> str:
    """The secret of the target's credential; SettingsError if it is not there.

    `data`: the folder that the path of a file starts from, and that holds `secrets/NAME.secret`.
    """
    path = data / (settings.secret_file or Path("secrets") / f"{name}.secret")
    try:
        secret = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"target {name}: put its secret into the file {path} ({why})") from None
    if not secret:
        raise SettingsError(f"target {name}: put its secret into the file {path} (it is empty)")
    return secret
