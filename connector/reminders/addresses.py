"""To which e-mail address a person is written: one that is theirs alone (SQL)."""

import re
from collections.abc import Collection, Iterable, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any

from sqlalchemy import CompoundSelect, Connection, func, literal_column, select, union_all

from mappings.tables import account, account_link, identifier

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+\.[^\s@,;:<>()\[\]\\\"]+")
_AT_ONCE = 500


def addresses_of(conn: Connection, person_ids: Iterable[int]) -> dict[int, str]:
    """person id -> address: the roster's, or else one of their accounts'. Nobody has an entry whose only
    addresses are others' too (a school's e-mail is read by everybody there), or no addresses at all."""
    wanted = list(dict.fromkeys(person_ids))
    found: dict[int, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        found.update(_some(conn, wanted[start : start + _AT_ONCE]))
    return found


def _some(conn: Connection, person_ids: Collection[int]) -> Mapping[int, str]:
    known = _known().subquery("known")
    theirs = conn.execute(
        select(known).where(known.c.person_id.in_(person_ids)).order_by(known.c.source, known.c.address)
    ).all()
    addresses = {row.address for row in theirs if _is_one(row.address)}
    shared = _shared(conn, addresses)
    found: dict[int, str] = {}
    for row in theirs:
        if row.address in addresses - shared:
            found.setdefault(row.person_id, row.address)
    return found


def _is_one(text: str) -> bool:
    """Whether a letter can be addressed so; the server says whether anybody reads it."""
    if not (text.isascii() and _ADDRESS.fullmatch(text)):
        return False
    try:
        Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return True


def _shared(conn: Connection, addresses: Collection[str]) -> set[str]:
    known = _known().subquery("known")
    several = (
        select(known.c.address)
        .where(known.c.address.in_(addresses))
        .group_by(known.c.address)
        .having(func.count(known.c.person_id.distinct()) > 1)
    )
    return set(conn.execute(several).scalars())


def _known() -> CompoundSelect[Any]:
    """person_id, address (in lower case, as it is stored), source (1: a roster, 2: an account)."""
    told, link = identifier.c, account_link.c
    roster = select(told.person_id, told.value.label("address"), literal_column("1").label("source")).where(
        told.kind == "email", told.ended_at.is_(None)
    )
    accounts = (
        select(link.person_id, account.c.email, literal_column("2"))
        .join(account, account.c.id == link.account_id)
        .where(link.unlinked_at.is_(None), account.c.email != "")
    )
    return union_all(roster, accounts)
