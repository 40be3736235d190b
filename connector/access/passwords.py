"""Passwords: Argon2id, the rule for new ones, and initial ones that are given out."""

import os
import secrets
import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 12, 200
"""How many characters a password has."""

# Without letters and digits that look alike: about 79 bits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_PARTS, _PART = 4, 4


class Passwords:
    """Hashes and verifies. Safe to share between threads; as many at a time as there are processors, for each
    takes `mebibytes` of memory."""

    def __init__(self, mebibytes: int, passes: int) -> None:
        self._hasher = PasswordHasher(
            time_cost=passes, memory_cost=mebibytes * 1024, parallelism=1, type=Type.ID
        )
        self._turns = threading.BoundedSemaphore(os.cpu_count() or 1)
        # Verified against for names that nobody has: an answer takes as long as for one that somebody has.
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        with self._turns:
            return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; `kept` None: there is no such user, which takes as long."""
        with self._turns:
            try:
                right = self._hasher.verify(kept or self._nobodys, password[: MOST + 1])
            except (VerificationError, InvalidHashError):
                return False
        return right and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed with other parameters than are set now."""
        return self._hasher.check_needs_rehash(kept)


def fault(password: str, name: str) -> str | None:
    """What is wrong with a new password: `short`, `long`, `name` or None."""
    if len(password) < LEAST:
        return "short"
    if len(password) > MOST:
        return "long"
    return "name" if name.casefold() in password.casefold() else None


def initial_password() -> str:
    """A random one that can be read out and typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_PART)) for _ in range(_PARTS))
