"""What stands for a national id, and how the key behind it is changed.

An id is stored as its keyed hash only, so another key's hash cannot be made of it: while two keys live,
whoever sees an id makes both hashes, and `rekey` brings all rows that have the earlier one to the later one
in one transaction. So the rows of one id bear the same hash at any time, and links by it never break.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, delete, func, select, text, update

from lrs.database import chunks
from mappings.tables import account, person, tombstone

_LOCK = text("select pg_advisory_xact_lock(7461003)")
"""Two syncs would lock the rows of the people they share in different orders, and wait for each other."""


class IdHash(NamedTuple):
    """A national id as it is stored: its hash, the key's name (None: the first), and the earlier key's hash.

    `before` is None where one key lives.
    """

    hmac: str
    key: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class HashKey:
    """A secret key, and the name that rows keep of it; None: the first one, which has no name."""

    secret: bytes
    name: str | None = None


@dataclass(frozen=True, slots=True)
class HashKeys:
    """The keys that live: the one that hashes are made with, and the one before until it is retired."""

    current: HashKey
    before: HashKey | None = None

    def hash(self, digits: str) -> IdHash:
        """What stands for 13 digits."""
        before = None if self.before is None else hash_national_id(self.before.secret, digits)
        return IdHash(hash_national_id(self.current.secret, digits), self.current.name, before)


@dataclass(frozen=True, slots=True)
class RowsOfKey:
    """How many rows have a hash that one key made; `erased`: tombstones of erased persons."""

    persons: int = 0
    accounts: int = 0
    erased: int = 0

    def total(self) -> int:
        """All of them."""
        return self.persons + self.accounts + self.erased


def hash_national_id(key: bytes, digits: str) -> str:
    """The keyed hash (HMAC-SHA-256, hex) that stands for a national id; 13 digits alone could be guessed."""
    return hmac.new(key, digits.encode(), hashlib.sha256).hexdigest()


def rekey(conn: Connection, hashes: Iterable[IdHash | None]) -> int:
    """Bring the rows of these ids from the earlier key's hash to the current one's; how many ids of persons
    and of accounts changed.

    To be called before ids that arrive are looked up. Where two persons stand for one id already, each with
    another key's hash, the earlier one's stays: the hash is unique.
    """
    pairs = {one.before: one for one in hashes if one is not None and one.before is not None}
    if not pairs:
        return 0
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK)
    return sum(_rekey_some(conn, {one: pairs[one] for one in some}) for some in chunks(sorted(pairs)))


def _rekey_some(conn: Connection, pairs: Mapping[str, IdHash]) -> int:
    taken = _held(conn, person.c.id_hmac, [one.hmac for one in pairs.values()])
    persons = {one for one in _held(conn, person.c.id_hmac, list(pairs)) if pairs[one].hmac not in taken}
    accounts = _held(conn, account.c.id_hmac, list(pairs))
    for table, found in ((person, persons), (account, accounts)):
        if found:
            change = update(table).where(table.c.id_hmac == bindparam("was"))
            rows = [{"was": one, "becomes": pairs[one].hmac, "made_by": pairs[one].key} for one in found]
            conn.execute(change.values(id_hmac=bindparam("becomes"), id_key=bindparam("made_by")), rows)
    return len(persons) + len(accounts)


def _held(conn: Connection, column: Column[str], hashes: Sequence[str]) -> set[str]:
    return set(conn.execute(select(column).where(column.in_(hashes)).distinct()).scalars())


def rows_by_key(conn: Connection) -> dict[str | None, RowsOfKey]:
    """Key's name -> how many rows have a hash that it made."""
    persons = _count(conn, person, person.c.id_hmac.is_not(None))
    accounts = _count(conn, account, account.c.id_hmac.is_not(None))
    erased = _count(conn, tombstone, tombstone.c.kind == "national_id")
    return {
        name: RowsOfKey(persons.get(name, 0), accounts.get(name, 0), erased.get(name, 0))
        for name in persons | accounts | erased
    }


def forget_ids(conn: Connection, current: HashKey) -> int:
    """Forget the hashes that other keys than this one made; how many rows that were.

    No key makes them again, so they would only stand in the way of the id's new hash.
    """
    count = 0
    for table in (person, account):
        others = table.c.id_hmac.is_not(None), table.c.id_key.is_distinct_from(current.name)
        count += conn.execute(update(table).where(*others).values(id_hmac=None, id_key=None)).rowcount
    of_others = delete(tombstone).where(tombstone.c.kind == "national_id")
    return count + conn.execute(of_others.where(tombstone.c.id_key.is_distinct_from(current.name))).rowcount


def _count(conn: Connection, table: Table, where: ColumnElement[bool]) -> dict[str | None, int]:
    number = func.count().label("number")
    rows = conn.execute(select(table.c.id_key, number).where(where).group_by(table.c.id_key))
    return {row.id_key: row.number for row in rows}
