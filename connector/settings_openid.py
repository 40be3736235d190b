"""The settings of the provider that users may sign in with: the table `[openid]` of `thaksa.toml`, every
field documented in docs/settings.md (a test says so). Mistakes name no value.
"""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field
from pydantic import field_validator as check

from connector.settings_errors import SettingsError


class OpenIdSettings(BaseModel):
    """Who says who somebody is, and which of its words is a name of ours."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    issuer: str
    client_id: str = Field(min_length=1)
    secret_file: str | None = None
    claim: str = Field(default="email", pattern=r"^[A-Za-z0-9_.:/-]+$")
    label: str = Field(default="", max_length=100)

    @check("issuer")
    @classmethod
    def _kept_from_others(cls, issuer: str) -> str:
        if not is_safe_address(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
            raise ValueError("must be the provider's https address, as it stands in its discovery document")
        return issuer


def is_safe_address(url: str) -> bool:
    """Whether nobody on the way can read along: https, or this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme == "http" and parts.hostname == "localhost"


def read_openid_secret(settings: OpenIdSettings, data: Path) -> str:
    """The secret that the provider gave us; SettingsError if it is not there.

    `data`: the folder that the path of the file starts from, and that holds `secrets/openid.secret`.
    """
    path = data / (settings.secret_file or Path("secrets") / "openid.secret")
    try:
        secret = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"openid: put the secret of the client into the file {path} ({why})") from None
    if not secret:
        raise SettingsError(f"openid: put the secret of the client into the file {path} (it is empty)")
    return secret
