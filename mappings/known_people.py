"""Who of the persons on the rosters is meant: by national id, roster id, e-mail or username; never by name.

Persons come from rosters only: whoever is not found is not invented.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from lrs.database import chunks
from mappings.belonging import people_of_unit
from mappings.merged import merged_into
from mappings.national_ids import IdHash, rekey
from mappings.tables import account, account_link, identifier, person

NATIONAL_ID, ROSTER_ID, EMAIL, USERNAME = "national_id", "roster_id", "email", "username"
NOBODY = "nobody on the rosters is known by this"
NOBODY_OF_UNIT = "nobody of your unit is known by this: others are for their own unit to bring"


class Who(NamedTuple):
    """What is said of whom is meant; empty or None where nothing is. E-mails in lower case."""

    national_id: IdHash | None
    roster_id: str
    email: str
    username: str


class KnownPerson(NamedTuple):
    """`account_name`: their account on the platform asked about, None where none is linked."""

    id: int
    uuid: str
    account_name: str | None


class Unknown(NamedTuple):
    """Nobody, or more than one person; `field` is where that shows, `reason` quotes nothing of it."""

    field: str
    reason: str


class _Account(NamedTuple):
    person_id: int
    name: str
    email: str
    username: str


@dataclass(slots=True)
class _Index:
    """(field, value) -> the persons who have it; and the persons."""

    found: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    uuids: dict[int, str] = field(default_factory=dict)
    hashes: dict[int, str | None] = field(default_factory=dict)
    accounts: dict[int, list[_Account]] = field(default_factory=lambda: defaultdict(list))


def find_people(
    conn: Connection, asked: Sequence[Who], home_page: str = "", unit_id: int | None = None
) -> list[KnownPerson | Unknown]:
    """For each whom it means. `home_page`: the platform that usernames are of, and accounts are looked for
    on; empty: none. `unit_id`: nobody but the people of this unit is known; None: everybody is."""
    rekey(conn, (one.national_id for one in asked))
    index = _Index()
    for some in chunks(asked, 200):
        _look_up(conn, some, home_page, index)
    _follow_merges(conn, index)
    if unit_id is not None:
        _leave_out_others(conn, index, unit_id)
    _read_persons(conn, index, home_page)
    return [_decide(one, index, NOBODY if unit_id is None else NOBODY_OF_UNIT) for one in asked]


def _look_up(conn: Connection, asked: Sequence[Who], home_page: str, index: _Index) -> None:
    hashes = [one.national_id.hmac for one in asked if one.national_id]
    of_hashes = select(person.c.id, person.c.id_hmac).where(person.c.id_hmac.in_(hashes))
    for person_id, id_hmac in conn.execute(of_hashes):
        index.found[NATIONAL_ID, id_hmac].add(person_id)
    emails, names = [one.email for one in asked if one.email], [one.username for one in asked if one.username]
    c = identifier.c
    said = or_(
        and_(c.kind == "email", c.value.in_(emails)),
        and_(c.kind == "roster", c.value.in_([one.roster_id for one in asked if one.roster_id])),
        and_(c.kind == "username", c.home_page == home_page, c.value.in_(names)),
    )
    fields = {"email": EMAIL, "roster": ROSTER_ID, "username": USERNAME}
    for row in conn.execute(select(c.kind, c.value, c.person_id).where(c.ended_at.is_(None), said)):
        index.found[fields[row.kind], row.value].add(row.person_id)
    if home_page:
        shown = or_(account.c.email.in_(emails), account.c.username.in_(names))
        for one in _accounts(conn, home_page, shown):
            index.found[EMAIL, one.email].add(one.person_id)
            index.found[USERNAME, one.username].add(one.person_id)


def _accounts(conn: Connection, home_page: str, which: ColumnElement[bool]) -> list[_Account]:
    linked = and_(account_link.c.account_id == account.c.id, account_link.c.unlinked_at.is_(None))
    rows = conn.execute(
        select(account_link.c.person_id, account.c.name, account.c.email, account.c.username)
        .join(account, linked)
        .where(account.c.home_page == home_page, which)
        .order_by(account.c.id)
    )
    return [_Account(*row) for row in rows]


def _follow_merges(conn: Connection, index: _Index) -> None:
    """Whoever was merged into another is that other person."""
    into = merged_into(conn)
    for key, ids in index.found.items():
        index.found[key] = {into.get(one, one) for one in ids}


def _leave_out_others(conn: Connection, index: _Index, unit_id: int) -> None:
    ids, theirs = {one for some in index.found.values() for one in some}, people_of_unit(unit_id)
    kept: set[int] = set()
    for some in chunks(sorted(ids)):
        of_unit = select(person.c.id).where(person.c.id.in_(some), person.c.id.in_(theirs))
        kept.update(conn.execute(of_unit).scalars())
    for key, found in index.found.items():
        index.found[key] = found & kept


def _read_persons(conn: Connection, index: _Index, home_page: str) -> None:
    ids = sorted({one for some in index.found.values() for one in some})
    for some in chunks(ids):
        rows = conn.execute(select(person.c.id, person.c.uuid, person.c.id_hmac).where(person.c.id.in_(some)))
        for row in rows:
            index.uuids[row.id], index.hashes[row.id] = row.uuid, row.id_hmac
        if home_page:
            for one in _accounts(conn, home_page, account_link.c.person_id.in_(some)):
                index.accounts[one.person_id].append(one)


def _decide(who: Who, index: _Index, nobody: str) -> KnownPerson | Unknown:
    said = _said(who)
    found = [(name, index.found.get((name, value), set())) for name, value in said.items()]
    known = [(name, ids) for name, ids in found if ids]
    if not known:
        return Unknown(next(iter(said)), nobody)
    common = set.intersection(*(ids for _, ids in known))
    if not common:
        return Unknown(known[-1][0], f"is another person's than the row's {known[0][0]}")
    if len(common) > 1:
        return Unknown(known[0][0], "several people on the rosters have this")
    (person_id,) = common
    held = index.hashes.get(person_id)
    if who.national_id and held and held != who.national_id.hmac:
        return Unknown(NATIONAL_ID, f"is another one than that of the person with this {known[0][0]}")
    return KnownPerson(person_id, index.uuids[person_id], _account_of(who, index.accounts.get(person_id, [])))


def _said(who: Who) -> Mapping[str, str]:
    """What is said, best first."""
    said = {
        NATIONAL_ID: who.national_id.hmac if who.national_id else "",
        ROSTER_ID: who.roster_id,
        EMAIL: who.email,
        USERNAME: who.username,
    }
    return {name: value for name, value in said.items() if value}


def _account_of(who: Who, accounts: Sequence[_Account]) -> str | None:
    """The account that the row names, else the person's first one there."""
    named = [
        one.name
        for one in accounts
        if (who.username and one.username == who.username) or (who.email and one.email == who.email)
    ]
    return next(iter([*named, *(one.name for one in accounts)]), None)
