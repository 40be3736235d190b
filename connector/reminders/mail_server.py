"""Handing one message after another to a mail server, and what its answers mean.

    NoServer   the server cannot be used at all now: everything waits

What the server says in words is never kept: it may hold an address.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from enum import Enum
from typing import NamedTuple

from connector.settings_smtp import SmtpSettings

SECONDS = 30
_PERMANENT = 500


class NoServer(Exception):
    """It does not answer, or lets us not send at all; the message is a short reason."""


class Taken(Enum):
    """What became of a message."""

    YES = "yes"
    LATER = "later"
    NEVER = "never"
    UNKNOWN = "unknown"


class Answer(NamedTuple):
    """`error`: the code and where it was said, such as "550 RCPT"; None: it was taken."""

    taken: Taken
    error: str | None = None


@contextmanager
def connected(settings: SmtpSettings, password: str) -> Iterator[smtplib.SMTP]:
    """A session with the server. Raises NoServer."""
    try:
        server = _opened(settings, password)
    except smtplib.SMTPResponseException as error:
        raise NoServer(f"{error.smtp_code} connecting") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NoServer(f"connecting: {type(error).__name__}") from None
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _opened(settings: SmtpSettings, password: str) -> smtplib.SMTP:
    if settings.security == "tls":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=SECONDS)
    try:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if settings.user:
            server.login(settings.user, password)
    except BaseException:
        server.close()
        raise
    return server


def hand_over(server: smtplib.SMTP, message: EmailMessage, sender: str, to: str) -> Answer:
    """Hand a message over. Raises NoServer: it took nothing, and would take nothing else now.

    Once the text is on its way, a connection that breaks leaves unknown whether the server has it.
    """
    try:
        _accept(server.mail(sender), "MAIL")
        code, _ = server.rcpt(to)
        if code not in (250, 251):
            server.rset()
            return _refused(code, "RCPT")
    except (OSError, smtplib.SMTPServerDisconnected):
        raise NoServer("the connection broke") from None
    try:
        code, _ = server.data(message.as_bytes())
    except smtplib.SMTPDataError as error:
        code = error.smtp_code
    except (OSError, smtplib.SMTPServerDisconnected):
        return Answer(Taken.UNKNOWN, "the connection broke DATA")
    return Answer(Taken.YES) if code == 250 else _refused(code, "DATA")


def _accept(answer: tuple[int, bytes], stage: str) -> None:
    if answer[0] != 250:
        raise NoServer(f"{answer[0]} {stage}")


def _refused(code: int, stage: str) -> Answer:
    return Answer(Taken.NEVER if code >= _PERMANENT else Taken.LATER, f"{code} {stage}")
