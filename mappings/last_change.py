"""The newest of all that progress is computed from."""

from sqlalchemy import Connection, Select, func, select

from lrs.tables import evidence
from mappings.tables import (
    account_link,
    course_alias,
    framework_term,
    group_assignment,
    mapping,
    membership,
    unit_place,
)


def last_change(conn: Connection, learners: Select[tuple[int]] | None) -> int:
    """The newest instant, in microseconds, among what is visible of these people (None: of everybody), and of
    what concerns everybody; 0: there is nothing. Another process's clock may be ahead of ours, and a mark
    whose statement were left out as "not known yet" would be lost.
    """
    everywhere = [
        evidence.c.stored,
        mapping.c.recorded_at,
        mapping.c.ended_at,
        course_alias.c.recorded_at,
        unit_place.c.recorded_at,
        framework_term.c.recorded_at,
    ]
    theirs = [
        account_link.c.linked_at,
        account_link.c.unlinked_at,
        membership.c.recorded_at,
        group_assignment.c.recorded_at,
    ]
    newest = [select(func.max(column)) for column in everywhere]
    for column in theirs:
        found = select(func.max(column))
        newest.append(found if learners is None else found.where(column.table.c.person_id.in_(learners)))
    instants = [conn.execute(query).scalar_one_or_none() for query in newest]
    return max((instant for instant in instants if instant is not None), default=0)
