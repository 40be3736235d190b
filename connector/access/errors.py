"""What goes wrong with users.

AccessError      something asked of users cannot be done; `why` says it in one word
  TooManyTries   signing in is held up for a while
  NotSignedIn    wrong name, wrong password or a disabled user: nobody is told which
"""

from datetime import datetime


class AccessError(Exception):
    """What was asked cannot be done as things stand; the message is one line for an operator."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why


class TooManyTries(AccessError):
    """Too many failed attempts of this name or from this address."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too_many", "too many failed attempts")
        self.until = until


class NotSignedIn(AccessError):
    """The name and the password do not open anything."""

    def __init__(self) -> None:
        super().__init__("refused", "name or password is wrong, or the user is disabled")
