"""Counts of units out of what is known of each person (SELECTs): who counts where, and the sums."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, FromClause, Select, Table, and_, case, func, literal, select

from mappings.counted import (
    OUTSIDE,
    UNCLASSIFIED,
    counted_events,
    counted_people,
    places,
    sample_courses,
    ways,
)
from mappings.framework_terms import framework_on
from mappings.requirements import read_required
from mappings.tables import (
    competency_state,
    counted,
    counted_learning,
    learning_event,
    unit_count,
    unit_item_count,
    unit_learning_count,
)

TODAY = 0
"""The number of the closing that follows every refresh."""

_LEARNING = ("hours", "events", "without_hours", "of_sample")


class Sources(NamedTuple):
    """The tables that counts are made from: those of today, or others with their columns."""

    states: FromClause = competency_state
    events: FromClause = learning_event
    people: Table = counted
    learning: Table = counted_learning


class Asked(NamedTuple):
    """What counts are about: the day, the instant (None: now), and the framework in force then."""

    day: date
    known_at: int | None
    framework_id: int | None


def asked_of(conn: Connection, day: date, known_at: int | None = None) -> Asked:
    """With the framework looked up."""
    return Asked(day, known_at, framework_on(conn, day, known_at))


def read_counted(
    conn: Connection, asked: Asked, people: Select[Any] | None, sources: Sources, *, many: bool = True
) -> dict[Table, Select[Any]]:
    """The rows of `sources.people` and `sources.learning`, of these people (person_id) or of everybody.

    `many`: their states are joined rather than looked up; as for everybody.
    """
    # Once, and not for each of the columns that look at it.
    placed = places(asked.day, people, asked.known_at).cte("placed").prefix_with("MATERIALIZED")
    required = read_required(conn, asked.framework_id)
    sample = sample_courses(asked.framework_id, asked.day, asked.known_at)
    return {
        sources.people: counted_people(placed, sources.states, required, everybody=many),
        sources.learning: counted_events(sources.events, sample, people),
    }


def amounts(sources: Sources, people: Select[Any] | None = None) -> dict[Table, Select[Any]]:
    """What people add, by place: of each table of counts its numbers (n…), after its further key."""
    p, s, e = sources.people.c, sources.states.c, sources.learning.c
    place = (p.unit_id, p.levels, p.group_code)
    in_framework = p.group_code.not_in([OUTSIDE, UNCLASSIFIED])

    def number(state: int) -> Any:
        return func.sum(case((s.state == state, 1), else_=0))

    found = {
        unit_count: select(*place, func.count().label("n1"), func.sum(p.all_complete).label("n2")).group_by(
            *place
        ),
        unit_item_count: select(
            *place, s.competency_id.label("key"), number(1).label("n1"), number(2).label("n2")
        )
        .join_from(sources.people, sources.states, and_(s.person_id == p.person_id, s.state > 0))
        .where(in_framework)
        .group_by(*place, s.competency_id),
        unit_learning_count: select(
            *place,
            e.category_id.label("key"),
            *(func.sum(e[name]).label(f"n{n}") for n, name in enumerate(_LEARNING, start=1)),
            func.count().label("n0"),
        )
        .join_from(sources.people, sources.learning, e.person_id == p.person_id)
        .where(in_framework)
        .group_by(*place, e.category_id),
    }
    return found if people is None else {t: one.where(p.person_id.in_(people)) for t, one in found.items()}


def rolled_up(table: Table, of_places: Select[Any], number: int, asked: Asked) -> Select[Any]:
    """The rows of a table of counts: what each place adds to its own unit and to those above."""
    of, way = of_places.subquery("amounts"), ways(asked.day, asked.known_at)
    units = (way.c.root_id, way.c.row_id) if "row_id" in table.c else (way.c.root_id,)
    keys = (*units, of.c.group_code, *([of.c.key] if "key" in of.c else []))
    sums = [func.sum(column) for name, column in of.c.items() if name[0] == "n"]
    return (
        select(literal(number), *keys, *sums)
        .join_from(of, way, and_(way.c.unit_id == of.c.unit_id, way.c.depth < of.c.levels))
        .group_by(*keys)
        .order_by(*keys)
    )
