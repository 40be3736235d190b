"""People whom a roster says to have left by its own id of them, as the changes of OneRoster do."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from lrs.database import chunks
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day, day_before
from mappings.remembered import change
from mappings.roster_changes import Departing
from mappings.stale import mark_persons
from mappings.tables import group_assignment, identifier, membership, person, unit


def leavers(conn: Connection, roster_ids: Sequence[str]) -> list[Departing]:
    """Those of these ids who are in a unit now, once for each unit, by name."""
    found = [row for some in chunks(roster_ids) for row in conn.execute(_leavers(some))]
    return [Departing(*row) for row in found]


def _leavers(roster_ids: Collection[str]) -> Select[Any]:
    p, i, m = person.c, identifier.c, membership.c
    return (
        select(p.id, p.uuid, p.prefix_th, p.given_name, p.family_name, unit.c.id, unit.c.name_th)
        .join_from(identifier, person, p.id == i.person_id)
        .join(membership, m.person_id == p.id)
        .join(unit, unit.c.id == m.unit_id)
        .where(i.kind == "roster", i.ended_at.is_(None), i.value.in_(roster_ids), m.valid_to.is_(None))
        .order_by(p.sort_key, p.id, unit.c.id)
    )


def let_leave(conn: Connection, leaving: Sequence[Departing], now: datetime, by: str) -> int:
    """End these people's posts and groups yesterday; how many people that are."""
    people = {one.person_id: one.uuid for one in leaving}
    last_day = day_before(bangkok_day(now))
    for table in (membership, group_assignment):
        for some in chunks(sorted(people)):
            theirs = and_(table.c.person_id.in_(some), table.c.valid_to.is_(None))
            change(conn, table, theirs, {"valid_to": last_day}, now, by)
    log_changes(conn, [Change("depart", "person", one, "membership") for one in people.values()], now, by)
    mark_persons(conn, people)
    return len(people)
