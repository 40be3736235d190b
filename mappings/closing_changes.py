"""Whether a closed day would be counted otherwise now: by what has come to be known since (SQL).

Looked at are completions and voids of mapped activities dated by the day, links of accounts that have any,
mappings and names of courses in force on the day, frameworks, and posts, groups and places of units that hold
on it. What was only told anew, and holds on the day as before, is no change.
"""

from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, exists, or_, select, union, union_all

from lrs.clock import to_micros
from lrs.tables import activity, agent, evidence, statement
from mappings.counted import held_on, places_on
from mappings.days import end_of_bangkok_day
from mappings.framework_terms import in_force
from mappings.requirements import valid_on
from mappings.tables import (
    PAST,
    account,
    account_link,
    closing,
    course_alias,
    framework_term,
    group_assignment,
    mapping,
    membership,
)

_SAID = {
    membership: ("id", "person_id", "unit_id"),
    group_assignment: ("id", "person_id", "group_code", "basis"),
}
"""What counts of posts and groups."""

_FOREVER = 2**62
"""Later than anything is known: all that is known now."""


def has_changed(conn: Connection, number: int, day: date, known_at: int) -> bool:
    """Of a closing, with its day and what was known when it was made."""
    seen = conn.execute(select(closing.c.evidence_seq).where(closing.c.id == number)).scalar_one()
    end = to_micros(end_of_bangkok_day(day))
    tests = [
        _evidence(seen, end),
        _voids(seen, end),
        _links(known_at, end),
        *(_told(table, day, known_at) for table in (mapping, course_alias)),
        *_frameworks(day, known_at),
        *(query for table in _SAID for query in _held_otherwise(table, day, known_at)),
        *_places(day, known_at),
    ]
    return any(conn.execute(test.limit(1)).first() is not None for test in tests)


def _evidence(seen: int, end: int) -> Select[Any]:
    return (
        select(evidence.c.seq)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .join(course_alias, course_alias.c.activity_iri == activity.c.iri)
        .where(evidence.c.seq > seen, evidence.c.timestamp <= end)
    )


def _voids(seen: int, end: int) -> Select[Any]:
    voided = evidence.alias("voided")
    return (
        select(evidence.c.seq)
        .join(statement, statement.c.id == evidence.c.target_id)
        .join(voided, voided.c.seq == statement.c.seq)
        .where(evidence.c.seq > seen, evidence.c.object_type == "statement")
        .where(voided.c.voided_at.is_not(None), voided.c.timestamp <= end)
    )


def _links(known_at: int, end: int) -> Select[Any]:
    c = account_link.c
    by_then = (
        select(evidence.c.seq)
        .join(agent, agent.c.id == evidence.c.agent_id)
        .where(agent.c.home_page == account.c.home_page, agent.c.account_name == account.c.name)
        .where(evidence.c.timestamp <= end)
        .correlate(account)
    )
    changed = or_(c.linked_at > known_at, c.unlinked_at > known_at)
    return select(c.id).join(account, account.c.id == c.account_id).where(changed, exists(by_then))


def _told(table: Table, day: date, known_at: int) -> Select[Any]:
    c = table.c
    new = and_(c.recorded_at > known_at, c.ended_at.is_(None))
    gone = and_(c.recorded_at <= known_at, c.ended_at > known_at)
    return select(c.id).where(or_(new, gone), valid_on(table, day))


def _held_otherwise(table: Table, day: date, known_at: int) -> list[Select[Any]]:
    """What was held then and is not now, and the other way round, of people of whom anything was told."""
    past = PAST[table]
    told = union(
        select(table.c.person_id).where(table.c.recorded_at > known_at),
        select(past.c.person_id).where(past.c.superseded_at > known_at),
    ).subquery("told")

    def held(at: int) -> Any:
        parts = [
            each.with_only_columns(*(each.selected_columns[name] for name in _SAID[table])).where(
                each.selected_columns.person_id.in_(select(told.c.person_id))
            )
            for each in held_on(table, day, at)
        ]
        return select(union_all(*parts).subquery())

    return _either_way(held(known_at), held(_FOREVER))


def _frameworks(day: date, known_at: int) -> list[Select[Any]]:
    """Those in force then and not now, and the other way round."""
    c = framework_term.c
    return _either_way(*(select(c.framework_id).where(in_force(day, at)) for at in (known_at, None)))


def _places(day: date, known_at: int) -> list[Select[Any]]:
    return _either_way(*(select(places_on(day, at)) for at in (known_at, _FOREVER)))


def _either_way(then: Select[Any], now: Select[Any]) -> list[Select[Any]]:
    return [select(one.except_(other).subquery()) for one, other in ((then, now), (now, then))]
