"""The settings of the mail server that reminders are sent by: the table `[smtp]` of `thaksa.toml`, every
field documented in docs/settings.md (a test says so). Mistakes name no value.
"""

from email.headerregistry import Address
from email.utils import getaddresses, parseaddr
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic import field_validator as check

from connector.settings_errors import SettingsError


class SmtpSettings(BaseModel):
    """How e-mail is sent, and how much of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    host: str = Field(min_length=1)
    sender: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str | None = None
    per_minute: int = Field(default=30, ge=1, le=6000)
    days_between: int = Field(default=7, ge=1, le=365)

    @check("sender")
    @classmethod
    def _one_address(cls, sender: str) -> str:
        found = getaddresses([sender])
        name, address = found[0]
        if len(found) > 1 or not address.isascii() or address.count("@") != 1 or not all(address.split("@")):
            raise ValueError('must be an e-mail address, as "DLICT <dlict@office.example>"')
        if not name.isprintable():
            raise ValueError("must be one line")
        return sender

    @property
    def from_address(self) -> Address:
        """The sender: a name and an address."""
        name, address = parseaddr(self.sender)
        return Address(name, addr_spec=address)


def read_password(settings: SmtpSettings, data: Path) -> str:
    """The password of `user`; "" where nobody signs in. SettingsError if it is not there.

    `data`: the folder that the path of the file starts from, and that holds `secrets/smtp.password`.
    """
    if not settings.user:
        return ""
    path = data / (settings.password_file or Path("secrets") / "smtp.password")
    try:
        password = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"smtp: put the password of its user into the file {path} ({why})") from None
    if not password:
        raise SettingsError(f"smtp: put the password of its user into the file {path} (it is empty)")
    return password
