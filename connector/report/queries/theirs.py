"""What of accounts and statements belongs to the people of a unit: SQL conditions that pages add.

An account that is nobody's belongs to an office only if something points from it at one of its people.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true, union

from connector.access.viewer import sees_all
from connector.report.queries.completions import account_of_agent
from lrs.tables import agent
from mappings.accounts import is_linked
from mappings.belonging import people_of_unit
from mappings.people import Scope
from mappings.tables import account, account_link, identifier, link_refusal, person, person_merge


def accounts_seen(scope: Scope) -> ColumnElement[bool]:
    """Of an account: it is linked to one of the scope's people; or it is nobody's, and was theirs, or its
    national id, e-mail, username or name is theirs. Administrators see every one."""
    if sees_all():
        return true()
    theirs = people_of_unit(scope.unit_id)
    linked = select(account_link.c.account_id).where(account_link.c.person_id.in_(theirs))
    pointing = union(linked, *_pointing(theirs)).subquery("pointing")
    return or_(
        account.c.id.in_(linked.where(account_link.c.unlinked_at.is_(None))),
        and_(~is_linked(), account.c.id.in_(select(pointing.c.account_id))),
    )


def sought(text: str) -> ColumnElement[bool]:
    """Of an account: it is nobody's, and has exactly this e-mail or username, which only they tell who know
    its owner. An account's number is neither: numbers can be counted through."""
    exact = text.strip()
    if not exact:
        return account.c.id.is_(None)
    names = (exact, exact.lower())
    return and_(~is_linked(), or_(account.c.email == exact.lower(), account.c.username.in_(names)))


def agents_of(scope: Scope) -> Select[Any]:
    """Ids of the actors whose accounts are the scope's people's now."""
    return (
        select(agent.c.id)
        .join(account, account_of_agent())
        .join(account_link, account_link.c.account_id == account.c.id)
        .where(account_link.c.unlinked_at.is_(None))
        .where(account_link.c.person_id.in_(people_of_unit(scope.unit_id)))
    )


def _pointing(theirs: Select[Any]) -> Iterator[Select[Any]]:
    """Account ids, by each way in which an account can point at a person, refused pairs left out."""
    seen, p, i = account.alias("seen"), person.c, identifier.c
    found = select(seen.c.id.label("account_id"))

    def of(person_id: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
        refused = exists().where(
            link_refusal.c.account_id == seen.c.id, link_refusal.c.person_id == person_id
        )
        return person_id.in_(theirs), ~refused

    merged = exists().where(person_merge.c.from_id == p.id, person_merge.c.undone_at.is_(None))
    yield found.join(person, p.id_hmac == seen.c.id_hmac).where(*of(p.id))
    yield found.join(person, p.sort_key == seen.c.name_key).where(seen.c.name_key != "", ~merged, *of(p.id))
    for kind, matches in (
        ("email", and_(seen.c.email == i.value, seen.c.email != "")),
        ("username", and_(seen.c.username == i.value, seen.c.home_page == i.home_page)),
    ):
        yield found.join(identifier, matches).where(i.kind == kind, i.ended_at.is_(None), *of(i.person_id))
