"""What points from accounts at persons: national ids, e-mails, usernames; what was refused; twins.

Only reads; `mappings.links` says what follows from it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from lrs.database import chunks
from mappings.merged import merged_into
from mappings.tables import account, account_link, identifier, link_refusal, membership, person

METHODS = ("id_hmac", "email", "username")
"""How accounts are linked without anybody's decision, the strongest first."""


class Claim(NamedTuple):
    """A person whom one of METHODS points at."""

    person_id: int
    method: str


class Link(NamedTuple):
    """Whose an account is now, and how that was found."""

    person_id: int
    method: str


@dataclass(slots=True)
class Known:
    """What is known of an account. `disputed`: another of that platform has the same national id, another
    name, and nobody has said that it is not the same person's."""

    claims: set[Claim] = field(default_factory=set)
    link: Link | None = None
    disputed: bool = False


class _Shown(NamedTuple):
    id: int
    home_page: str
    email: str
    username: str

    def values(self, kind: str) -> set[str]:
        """Files write usernames as people do; platforms know most of them in lower case."""
        found = {self.email} if kind == "email" else {self.username, self.username.lower()}
        return found - {""}


def read_known(conn: Connection, scope: ColumnElement[bool], day: date) -> dict[int, Known]:
    """account id -> what is known, of the accounts in the scope (a condition on `account`) that point at
    anybody.

    An e-mail and a username point at people who work somewhere on that day: one who left may have left them
    to a successor. A refused claim is none.
    """
    merged, twins = merged_into(conn), _read_twins(conn, scope)
    refused = _read_refused(conn, scope, {one for several in twins.values() for one in several}, merged)
    known: dict[int, Known] = defaultdict(Known)
    for account_id, claim in _read_claims(conn, scope, day):
        followed = Claim(merged.get(claim.person_id, claim.person_id), claim.method)
        if (account_id, followed.person_id) not in refused:
            known[account_id].claims.add(followed)
    for row in conn.execute(_links(scope)):
        if row.account_id in known:
            known[row.account_id].link = Link(row.person_id, row.method)
    for account_id, others in twins.items():
        if account_id in known:
            by_id = [one.person_id for one in known[account_id].claims if one.method == METHODS[0]]
            known[account_id].disputed = any((twin, one) not in refused for twin in others for one in by_id)
    return dict(known)


def twins_of(scope: ColumnElement[bool]) -> Select[tuple[int, int]]:
    """account_id, twin_id: accounts of the scope beside those of the same platform with the same national id
    and another name."""
    twin = account.alias("twin")
    differ = or_(
        twin.c.name_key != account.c.name_key,
        # Seen before names had keys.
        and_(twin.c.name_key == "", twin.c.display_name != account.c.display_name),
    )
    same_id = and_(twin.c.id_hmac == account.c.id_hmac, twin.c.home_page == account.c.home_page)
    return (
        select(account.c.id.label("account_id"), twin.c.id.label("twin_id"))
        .join(twin, and_(same_id, twin.c.id != account.c.id, differ))
        .where(scope)
    )


def _read_twins(conn: Connection, scope: ColumnElement[bool]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for row in conn.execute(twins_of(scope)):
        found[row.account_id].add(row.twin_id)
    return dict(found)


def _read_refused(
    conn: Connection, scope: ColumnElement[bool], twins: Collection[int], merged: Mapping[int, int]
) -> set[tuple[int, int]]:
    """(account, person) that somebody has refused, of the scope and of these accounts."""
    pairs = select(link_refusal.c.account_id, link_refusal.c.person_id)
    rows = list(conn.execute(pairs.join(account, account.c.id == link_refusal.c.account_id).where(scope)))
    for some in chunks(sorted(twins)):
        rows += conn.execute(pairs.where(link_refusal.c.account_id.in_(some)))
    return {(row.account_id, merged.get(row.person_id, row.person_id)) for row in rows}


def _read_claims(conn: Connection, scope: ColumnElement[bool], day: date) -> Iterator[tuple[int, Claim]]:
    """Each account's id with what it points at, merged persons not followed yet."""
    by_id = (
        select(account.c.id, person.c.id.label("person_id"))
        .join(person, person.c.id_hmac == account.c.id_hmac)
        .where(scope)
    )
    for row in conn.execute(by_id):
        yield row.id, Claim(row.person_id, "id_hmac")
    columns = (account.c.id, account.c.home_page, account.c.email, account.c.username)
    said = or_(account.c.email != "", account.c.username != "")
    accounts = [_Shown(*row) for row in conn.execute(select(*columns).where(scope, said))]
    for kind in ("email", "username"):
        known = _read_identifiers(conn, kind, {one for shown in accounts for one in shown.values(kind)}, day)
        for shown in accounts:
            home_page = shown.home_page if kind == "username" else ""
            for value in shown.values(kind):
                yield from ((shown.id, Claim(one, kind)) for one in known.get((home_page, value), ()))


def _read_identifiers(
    conn: Connection, kind: str, values: Collection[str], day: date
) -> Mapping[tuple[str, str], list[int]]:
    """(home page, value) -> the persons who have it and work somewhere on that day.

    By value: asked for those of an account, SQLite would read all of the kind, for each of them.
    """
    held, lasts = identifier.c, or_(membership.c.valid_to.is_(None), membership.c.valid_to >= day)
    works = exists().where(membership.c.person_id == held.person_id, lasts)
    query = select(held.home_page, held.value, held.person_id)
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for some in chunks(sorted(values)):
        theirs = (held.kind == kind, held.value.in_(some), held.ended_at.is_(None), works)
        for row in conn.execute(query.where(*theirs)):
            found[row.home_page, row.value].append(row.person_id)
    return found


def _links(scope: ColumnElement[bool]) -> Select[Any]:
    return (
        select(account_link.c.account_id, account_link.c.person_id, account_link.c.method)
        .join(account, account.c.id == account_link.c.account_id)
        .where(scope, account_link.c.unlinked_at.is_(None))
    )
