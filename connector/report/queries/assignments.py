"""Groups that were assigned to a person by name."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, or_, select

from mappings.group_assignments import ASSIGNMENT
from mappings.tables import group_assignment


@dataclass(frozen=True, slots=True)
class Assignment:
    """Both days are inclusive; no last day: it goes on. `group` None: outside the framework."""

    id: int
    group: str | None
    reference: str
    valid_from: date
    valid_to: date | None


def read_assignments(conn: Connection, person_id: int) -> list[Assignment]:
    """The newest first; those that were taken back before their first day are left out."""
    g = group_assignment.c
    in_force = or_(g.valid_to.is_(None), g.valid_to >= g.valid_from)
    query = select(group_assignment).where(g.person_id == person_id, g.basis == ASSIGNMENT, in_force)
    return [
        Assignment(row.id, row.group_code, row.reference or "", row.valid_from, row.valid_to)
        for row in conn.execute(query.order_by(g.valid_from.desc(), g.id.desc()))
    ]
