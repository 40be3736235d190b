"""Marking people whose progress has to be computed anew.

Marks are append-only rows: one that is committed while a refresh runs stays for the next one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, and_, func, insert, select

from lrs.database import chunks
from lrs.tables import activity, agent, evidence
from mappings.tables import (
    account,
    account_link,
    course_alias,
    mapping,
    mapping_part,
    stale_person,
    stale_unit,
)

MOST_PLACES = 20_000
"""People who are marked one by one."""

EVERYWHERE = 0
"""Instead of a unit."""


def mark_persons(conn: Connection, person_ids: Iterable[int]) -> None:
    """Mark these persons."""
    rows = [{"person_id": person_id} for person_id in person_ids]
    if rows:
        conn.execute(insert(stale_person), rows)


def mark_places(conn: Connection, people: Select[Any] | CompoundSelect[Any]) -> None:
    """Mark people who are counted in other places or groups now; of very many, everybody is counted anew."""
    moved = people.subquery("moved")
    number = conn.execute(select(func.count()).select_from(moved)).scalar_one()
    if number > MOST_PLACES:
        mark_units(conn, [EVERYWHERE])
    else:
        conn.execute(insert(stale_person).from_select(["person_id"], select(*moved.c)))


def mark_units(conn: Connection, unit_ids: Iterable[int]) -> None:
    """Mark units that are new or lie elsewhere: everybody is counted anew."""
    rows = [{"unit_id": unit_id} for unit_id in unit_ids]
    if rows:
        conn.execute(insert(stale_unit), rows)


def mark_everybody(conn: Connection) -> None:
    """Mark all persons of whom anything is known, as when a framework begins or ends."""
    known = select(account_link.c.person_id).distinct()
    conn.execute(insert(stale_person).from_select(["person_id"], known))


def mark_courses(conn: Connection, course_ids: Sequence[int]) -> None:
    """Mark the persons with evidence of these courses or of parts that mappings of theirs ask or asked for,
    under any name that they have or had."""
    evident = (
        select(account_link.c.person_id)
        .distinct()
        .select_from(course_alias)
        .join(activity, activity.c.iri == course_alias.c.activity_iri)
        .join(evidence, evidence.c.activity_id == activity.c.id)
        .join(agent, agent.c.id == evidence.c.agent_id)
        .join(account, and_(account.c.home_page == agent.c.home_page, account.c.name == agent.c.account_name))
        .join(account_link, account_link.c.account_id == account.c.id)
    )
    for some in chunks(sorted({*course_ids, *_parts(conn, course_ids)})):
        conn.execute(
            insert(stale_person).from_select(["person_id"], evident.where(course_alias.c.course_id.in_(some)))
        )


def _parts(conn: Connection, course_ids: Sequence[int]) -> Iterator[int]:
    parts = select(mapping_part.c.course_id).join(mapping, mapping.c.id == mapping_part.c.mapping_id)
    for some in chunks(sorted(set(course_ids))):
        yield from conn.execute(parts.where(mapping.c.course_id.in_(some)).distinct()).scalars()
