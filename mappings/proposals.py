"""Persons who have the name that an account shows: proposals, which somebody accepts or refuses.

A name never links. The names compared are in one spelling, without honorifics
(`mappings.honorifics.name_key`).
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select, true

from mappings.accounts import is_linked
from mappings.tables import account, account_conflict, link_refusal, membership, person, person_merge


@dataclass(frozen=True, slots=True)
class Proposal:
    """An account that is nobody's, and the persons with its name."""

    account_id: int
    person_ids: tuple[int, ...]


def proposals(
    conn: Connection, *, after: int = 0, limit: int = 100, seen: ColumnElement[bool] | None = None
) -> list[Proposal]:
    """Those after an account's id, in the order of these ids. `seen`: a condition on `account`."""
    wanted = (account.c.id > after, true() if seen is None else seen)
    page = _matches(account.c.id).distinct().where(*wanted).order_by(account.c.id).limit(limit)
    rows = conn.execute(
        _matches(account.c.id.label("account_id"), person.c.id.label("person_id"))
        .where(account.c.id.in_(page))
        .order_by(account.c.id, person.c.id)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row.person_id)
    return [Proposal(account_id, tuple(persons)) for account_id, persons in found.items()]


def proposed(conn: Connection, account_id: int) -> tuple[int, ...]:
    """The persons with the name of one account."""
    matches = _matches(person.c.id).where(account.c.id == account_id).order_by(person.c.id)
    return tuple(conn.execute(matches).scalars())


def count_proposals(conn: Connection, seen: ColumnElement[bool] | None = None) -> int:
    """How many accounts have a proposal."""
    every = _matches(func.count(account.c.id.distinct())).where(true() if seen is None else seen)
    number: int = conn.execute(every).scalar_one()
    return number


def _matches(*columns: Any) -> Select[Any]:
    """Accounts that are nobody's and wait for no decision, beside the persons who have their name."""
    waits = exists().where(account_conflict.c.account_id == account.c.id)
    refused = exists().where(
        link_refusal.c.account_id == account.c.id, link_refusal.c.person_id == person.c.id
    )
    merged = exists().where(person_merge.c.from_id == person.c.id, person_merge.c.undone_at.is_(None))
    works = exists().where(membership.c.person_id == person.c.id, membership.c.valid_to.is_(None))
    return (
        select(*columns)
        .select_from(account)
        .join(person, person.c.sort_key == account.c.name_key)
        .where(account.c.name_key != "", ~is_linked(), ~waits, ~refused, ~merged, works)
    )
