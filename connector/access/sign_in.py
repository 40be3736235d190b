"""Signing in: one road for names that exist and names that do not, and one answer for all that is wrong."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from connector.access import throttle, users
from connector.access.errors import NotSignedIn
from connector.access.passwords import Passwords
from connector.access.sessions import Sessions
from connector.access.throttle import Subject
from lrs.credentials import hash_secret
from lrs.database import read_only


@dataclass(frozen=True, slots=True)
class Door:
    """What signing in needs; `tries` by name, `address_tries` by address. `openid`: what the way in over
    another provider is called, "" by a name of ours, None: there is none."""

    engine: Engine
    passwords: Passwords
    sessions: Sessions
    tries: int
    address_tries: int
    openid: str | None = None

    def sign_in(self, name: str, password: str, address: str, now: datetime) -> str:
        """A new session's token. Raises NotSignedIn and TooManyTries."""
        user_id, kept = self.check(name, password, address, now)
        again = self.passwords.hash(password) if self.passwords.is_outdated(kept) else None
        with self.engine.begin() as conn:
            if again is not None:
                users.keep_hash(conn, user_id, again)
            return self.sessions.open(conn, user_id, now)

    def check(self, name: str, password: str, address: str, now: datetime) -> tuple[int, str]:
        """The user's id and what is kept of the password. Raises NotSignedIn and TooManyTries."""
        by_name = self._subject("name", users.name_key(name), self.tries)
        by_address = self._subject("address", address, self.address_tries)
        with self.engine.begin() as conn:
            throttle.count_attempt(conn, [by_name, by_address], now)
        with read_only(self.engine).begin() as conn:
            found = users.password_of(conn, name)
        right = self.passwords.verify(found and found[1], password)
        if found is None or not right:
            raise NotSignedIn
        with self.engine.begin() as conn:
            throttle.forgive(conn, by_name, by_address)
        return found

    def change_password(self, uuid: str, password: str, now: datetime) -> str:
        """Their own choice: all their sessions end, and a new one begins; its token."""
        kept = self.passwords.hash(password)
        with self.engine.begin() as conn:
            user = users.find_user_of(conn, uuid)
            users.set_password(conn, user, kept, now, user.name, must_change=False)
            return self.sessions.open(conn, user.id, now)

    def _subject(self, kind: str, text: str, tries: int) -> Subject:
        return Subject(hash_secret(self.sessions.key, f"{kind} {text}"), tries)
