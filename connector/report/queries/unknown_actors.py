"""Actors of stored statements whose account no platform was seen to have: they count for nobody.

Sites push statements of accounts that no sync shows, or of sites that nobody syncs; and of actors who are an
e-mail address. The first can be linked; the others prove nothing, for no home page vouches for them.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from connector.report.errors import NotFound
from connector.report.queries.accounts import (
    PAGE,
    AccountShown,
    Page,
    numbers,
    page_of,
    platforms_of,
    require_names,
)
from connector.report.queries.completions import account_of_agent
from lrs.clock import from_micros
from lrs.tables import agent, evidence
from mappings.people import Scope
from mappings.vocabulary import UNITS


@dataclass(frozen=True, slots=True)
class UnknownPlatform:
    """Of one home page; `home_page` None: actors who are no accounts, which cannot be linked."""

    platform_name: str | None
    home_page: str | None
    actors: int
    statements: int
    completions: int


def read_unknown_platforms(conn: Connection, scope: Scope) -> list[UnknownPlatform]:
    """Numbers of all, those without a home page last."""
    require_names(scope)
    actors = func.count(agent.c.id.distinct()).label("actors")
    query = numbers(agent.c.home_page, actors).where(_unknown()).group_by(agent.c.home_page)
    names = platforms_of(conn)
    found = [
        UnknownPlatform(
            names.get(row.home_page, row.home_page),
            row.home_page,
            row.actors,
            row.statements,
            row.completions,
        )
        for row in conn.execute(query)
    ]
    return sorted(found, key=lambda one: (one.home_page is None, one.home_page))


def read_unknown_actors(conn: Connection, scope: Scope, after: int = 0) -> Page[AccountShown]:
    """A page of those that can be linked, in the order of their ids; `id` is the agent's."""
    require_names(scope)
    stated = exists().where(
        evidence.c.agent_id == agent.c.id, evidence.c.activity_id.is_not(None), evidence.c.voided_at.is_(None)
    )
    which = and_(agent.c.id > after, agent.c.home_page.is_not(None), _unknown(), stated)
    ids = conn.execute(select(agent.c.id).where(which).order_by(agent.c.id).limit(PAGE + 1)).scalars().all()
    shown = _shown(conn, agent.c.id.in_(ids))
    return page_of([shown[number] for number in ids], ids)


def read_unknown_actor(conn: Connection, scope: Scope, agent_id: int) -> AccountShown:
    """One of them; NotFound for anybody else."""
    require_names(scope)
    which = and_(agent.c.id == agent_id, agent.c.home_page.is_not(None), _unknown())
    found = _shown(conn, which).get(agent_id)
    if found is None:
        raise NotFound("ไม่พบผู้เรียนที่ยังไม่รู้จักรายนี้ อาจเชื่อมโยงแล้ว")
    return found


def _unknown() -> ColumnElement[bool]:
    """Offices, which report figures, are nobody."""
    nobody = agent.c.home_page != UNITS
    return or_(agent.c.home_page.is_(None), and_(nobody, ~exists().where(account_of_agent())))


def _shown(conn: Connection, which: ColumnElement[bool]) -> dict[int, AccountShown]:
    platforms = platforms_of(conn)
    seen = (func.min(evidence.c.stored).label("first"), func.max(evidence.c.stored).label("last"))
    columns = (agent.c.id, agent.c.home_page, agent.c.account_name)
    query = numbers(*columns, *seen).where(which).group_by(*columns)
    return {row.id: _actor(row, platforms) for row in conn.execute(query)}


def _actor(row: Any, platforms: dict[str, str]) -> AccountShown:
    return AccountShown(
        id=row.id,
        platform_name=platforms.get(row.home_page, row.home_page),
        home_page=row.home_page,
        name=row.account_name,
        display_name="",
        email="",
        username="",
        has_national_id=False,
        first_seen_at=from_micros(row.first),
        last_seen_at=from_micros(row.last),
        statements=row.statements,
        completions=row.completions,
    )
