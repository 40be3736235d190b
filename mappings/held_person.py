"""All that one person is known by here: their rows (with those merged into them), accounts, identifiers."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from mappings.errors import MappingError
from mappings.tables import account, account_link, identifier, person, person_merge

Rows = Sequence[Row[Any]]


@dataclass(frozen=True)
class HeldPerson:
    """`persons`: the one and whoever was merged with them. `shared`: e-mails and (home page, username) pairs
    that others have too, and that therefore say nothing of this person alone."""

    persons: Rows
    accounts: Rows
    identifiers: Rows
    shared: frozenset[object] = field(default=frozenset())

    @cached_property
    def person_ids(self) -> list[int]:
        """Of all of them."""
        return [row.id for row in self.persons]

    @cached_property
    def account_ids(self) -> list[int]:
        """Of the accounts that are theirs now."""
        return [row.id for row in self.accounts]

    def subjects(self) -> list[tuple[str, str]]:
        """(subject, id) of the log of changes, for what was done with their rows and accounts."""
        persons = [("person", str(row.uuid)) for row in self.persons]
        return persons + [("account", str(row.id)) for row in self.accounts]

    def emails(self) -> set[str]:
        """Theirs alone, in lower case."""
        return _emails(self.accounts, self.identifiers) - self.shared

    def usernames(self) -> set[tuple[str, str]]:
        """(home page, username), theirs alone."""
        return _usernames(self.accounts, self.identifiers) - self.shared

    def agent_keys(self) -> dict[str, str]:
        """Key of every agent that may stand for them in a statement -> its home page; empty: it has none."""
        pairs = {(row.home_page, row.name) for row in self.accounts} | self.usernames()
        keys = {f"account:{home_page} {name}": home_page for home_page, name in pairs}
        for email in self.emails():
            digest = hashlib.sha1(f"mailto:{email}".encode(), usedforsecurity=False).hexdigest()
            keys |= {f"mbox:mailto:{email}": "", f"mbox_sha1sum:{digest}": ""}
        return keys

    def texts(self) -> set[str]:
        """What names them in a text: names, e-mails, usernames that are more than a number."""
        names = {f"{row.given_name} {row.family_name}" for row in self.persons}
        shown = {row.display_name for row in self.accounts}
        usernames = {username for _, username in self.usernames() if not username.isdigit()}
        return {one for one in names | shown | self.emails() | usernames if one.strip()}


def read_held(conn: Connection, uuid: str) -> HeldPerson:
    """By the UUID of the person, or of one that was merged with them. Raises MappingError: nobody has it."""
    first = conn.execute(select(person.c.id).where(person.c.uuid == uuid)).scalar_one_or_none()
    if first is None:
        raise MappingError(f"no person has the id {uuid}: it stands in the address of the person's page")
    ids = _merged_with(conn, first)
    of_account, open_link = account_link.c.account_id == account.c.id, account_link.c.unlinked_at.is_(None)
    linked = (
        select(account).join(account_link, of_account).where(open_link, account_link.c.person_id.in_(ids))
    )
    accounts = conn.execute(linked.order_by(account.c.id)).all()
    mine = select(identifier).where(identifier.c.person_id.in_(ids))
    identifiers = conn.execute(mine.order_by(identifier.c.id)).all()
    persons = conn.execute(select(person).where(person.c.id.in_(ids)).order_by(person.c.id)).all()
    known = HeldPerson(persons, accounts, identifiers)
    return HeldPerson(persons, accounts, identifiers, _shared(conn, known))


def lock_accounts(conn: Connection, known: HeldPerson) -> None:
    """No sync changes their accounts until the transaction ends. To be called before anything else of theirs
    is written: a sync begins with the accounts too, so the two cannot wait for each other."""
    theirs = select(account.c.id).where(account.c.id.in_(known.account_ids)).order_by(account.c.id)
    conn.execute(theirs.with_for_update()).all()


def _merged_with(conn: Connection, first: int) -> set[int]:
    merge, found, new = person_merge.c, {first}, {first}
    while new:
        touched = or_(merge.from_id.in_(new), merge.into_id.in_(new))
        rows = conn.execute(select(merge.from_id, merge.into_id).where(touched, merge.undone_at.is_(None)))
        new = {one for row in rows for one in row} - found
        found |= new
    return found


def _emails(accounts: Iterable[Row[Any]], identifiers: Iterable[Row[Any]]) -> set[str]:
    found = {row.email.lower() for row in accounts if row.email}
    return found | {row.value.lower() for row in identifiers if row.kind == "email"}


def _usernames(accounts: Iterable[Row[Any]], identifiers: Iterable[Row[Any]]) -> set[tuple[str, str]]:
    found = {(row.home_page, row.username) for row in accounts if row.username}
    return found | {(row.home_page, row.value) for row in identifiers if row.kind == "username"}


def _shared(conn: Connection, known: HeldPerson) -> frozenset[object]:
    """A school's e-mail stands for everybody there; and what one signs in with may be another's number."""
    emails, usernames = known.emails(), known.usernames()
    names = {name for _, name in usernames}
    found: Counter[object] = Counter()
    others = select(account).where(account.c.id.not_in(known.account_ids))
    for column in (account.c.email, account.c.username, account.c.name):
        for row in conn.execute(others.where(column.in_(emails if column is account.c.email else names))):
            found.update([row.email, (row.home_page, row.username), (row.home_page, row.name)])
    theirs = identifier.c.person_id.not_in(known.person_ids)
    for row in conn.execute(select(identifier).where(theirs, identifier.c.value.in_(emails | names))):
        found.update([row.value, (row.home_page, row.value)])
    return frozenset((emails | usernames) & found.keys())
