"""Who was erased, by keyed hash only: so that the next sync or roster does not bring them back.

A tombstone says that somebody with this account, e-mail, username, roster id, national id, or name at a unit
was erased, and nothing else of them. Of a national id it is the hash of the hash that the person's row had
(`mappings.national_ids`), so it has to be made anew when that key changes.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from lrs.clock import to_micros
from mappings.national_ids import IdHash
from mappings.tables import tombstone
from mappings.thai_text import normalise

NATIONAL_ID = "national_id"


class Mark(NamedTuple):
    """What somebody was known by: `kind` as in the table, and the value in one spelling."""

    kind: str
    value: str


def account_mark(home_page: str, name: str) -> Mark:
    """An account, by the name that platforms and statements give it."""
    return Mark("account", f"{home_page} {name}")


def username_mark(home_page: str, username: str) -> Mark:
    """What somebody signs in with on a platform."""
    return Mark("username", f"{home_page} {username}")


def email_mark(email: str) -> Mark:
    """A mail address."""
    return Mark("email", email.strip().lower())


def roster_mark(roster_id: str) -> Mark:
    """The roster's own id of a person."""
    return Mark("roster", roster_id.strip())


def id_mark(id_hmac: str) -> Mark:
    """A national id, by its hash."""
    return Mark(NATIONAL_ID, id_hmac)


def name_mark(unit: str, given_name: str, family_name: str) -> Mark:
    """A name at a unit, the unit by its code or name as a file says it."""
    return Mark("name", "|".join(normalise(one) for one in (unit, given_name, family_name)))


@dataclass(frozen=True, slots=True)
class Tombstones:
    """All there are, and the key that they were made with; empty: nobody was erased."""

    key: bytes = field(repr=False)
    hashes: frozenset[tuple[str, str]] = frozenset()

    def hash(self, mark: Mark) -> str:
        """What the table keeps of it."""
        return hmac.new(self.key, f"{mark.kind}\n{mark.value}".encode(), hashlib.sha256).hexdigest()

    def has(self, mark: Mark) -> bool:
        """Whether somebody known by this was erased."""
        return bool(self.hashes) and (mark.kind, self.hash(mark)) in self.hashes

    def has_id(self, hashed: IdHash | None) -> bool:
        """Whether somebody with this national id was erased, whichever key that life made the hash."""
        if hashed is None or not self.hashes:
            return False
        return any(self.has(id_mark(one)) for one in (hashed.hmac, hashed.before) if one is not None)

    def has_account(
        self, account: tuple[str, str], hashed: IdHash | None, email: str = "", username: str = ""
    ) -> bool:
        """Whether an account that a platform shows, (home page, name), is of somebody who was erased."""
        if not self.hashes:
            return False
        marks = [account_mark(*account)]
        marks += [email_mark(email)] if email else []
        marks += [username_mark(account[0], username)] if username else []
        return self.has_id(hashed) or any(self.has(mark) for mark in marks)

    def has_row(
        self,
        name: tuple[str, str, str],
        hashed: IdHash | None,
        email: str = "",
        roster_id: str = "",
        usernames: Mapping[str, str] | None = None,
    ) -> bool:
        """Whether a roster's row, (unit as the file says it, given name, family name), is of somebody who was
        erased. Whoever brings a national id is known by more than a name."""
        if not self.hashes:
            return False
        marks = [email_mark(email)] if email else []
        marks += [roster_mark(roster_id)] if roster_id else []
        marks += [username_mark(*pair) for pair in (usernames or {}).items()]
        marks += [] if hashed else [name_mark(*name)]
        return self.has_id(hashed) or any(self.has(mark) for mark in marks)


def read_tombstones(conn: Connection, key: bytes) -> Tombstones:
    """All there are; `key` is a secret of their own, other than that of national ids."""
    rows = conn.execute(select(tombstone.c.kind, tombstone.c.hash).distinct())
    return Tombstones(key, frozenset((row.kind, row.hash) for row in rows))


def write_tombstones(
    conn: Connection,
    held: Tombstones,
    marks: Iterable[Mark],
    ids: Iterable[IdHash],
    now: datetime,
    by: str,
) -> int:
    """Keep what somebody was known by; how many are new."""
    recorded = {"recorded_at": to_micros(now), "recorded_by": by}
    rows: dict[tuple[str, str], str | None] = {(mark.kind, held.hash(mark)): None for mark in marks}
    rows |= {(NATIONAL_ID, held.hash(id_mark(one.hmac))): one.key for one in ids}
    new = [
        {"kind": kind, "hash": hashed, "id_key": name, **recorded}
        for (kind, hashed), name in sorted(rows.items())
        if (kind, hashed) not in held.hashes
    ]
    if new:
        conn.execute(insert(tombstone), new)
    return len(new)


def rekey_tombstones(conn: Connection, held: Tombstones, hashes: Iterable[IdHash | None]) -> None:
    """As `mappings.national_ids.rekey`, for ids of erased people that arrive once more."""
    for one in hashes:
        if one is None or one.before is None or not held.has(id_mark(one.before)):
            continue
        old = tombstone.c.hash == held.hash(id_mark(one.before))
        values = {"hash": held.hash(id_mark(one.hmac)), "id_key": one.key}
        conn.execute(update(tombstone).where(tombstone.c.kind == NATIONAL_ID, old).values(**values))
