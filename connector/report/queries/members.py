"""Who is counted: the people of a unit's subtree on a day, each once, with the group of that day."""

from datetime import date
from typing import Any

from sqlalchemy import CTE, BindParameter, ColumnElement, FromClause, Select, case, func, select, union_all

from connector.report.queries.basis import Basis
from mappings.counted import places_on
from mappings.remembered import versions
from mappings.requirements import is_required, valid_on
from mappings.tables import group_assignment, membership, person


def members(
    unit_id: int,
    day: date,
    known_at: int | None = None,
    which: ColumnElement[bool] | None = None,
    ids: BindParameter[Any] | None = None,
) -> CTE:
    """One row a person with a membership in the subtree that day, as was known at an instant (None: now).

    Columns: person_id, unit_id, position_th, rank_th, line, group_code, classified (1 or 0).
    Of several memberships the one recorded last counts, so that rows add up to their total; of
    several groups an assignment goes before what the roster or the position says. `which` narrows
    `person`, where not everybody is wanted; or else `ids`, an expanding parameter, names who is.
    """
    m = _memberships(unit_id, day, known_at, which, ids)
    g = _groups(m, day, known_at)
    rank = func.row_number().over(
        partition_by=m.c.person_id,
        order_by=(m.c.id.desc(), case((g.c.basis == "assignment", 0), else_=1), g.c.id.desc()),
    )
    every = (
        select(
            m.c.person_id,
            m.c.unit_id,
            m.c.position_th,
            m.c.rank_th,
            m.c.line,
            g.c.group_code,
            case((g.c.id.is_(None), 0), else_=1).label("classified"),
            rank.label("rank"),
        )
        .outerjoin(g, g.c.person_id == m.c.person_id)
        .subquery("every_membership")
    )
    # Computed once a query: SQLite would else do so again for every row that it is joined with.
    return select(every).where(every.c.rank == 1).cte("members").prefix_with("MATERIALIZED")


def _memberships(
    unit_id: int,
    day: date,
    known_at: int | None,
    which: ColumnElement[bool] | None,
    ids: BindParameter[Any] | None,
) -> CTE:
    """Of the subtree, each part joined by itself: a union that is joined afterwards is read whole."""
    parts: list[Select[Any]] = []
    for m, known in versions(membership, known_at):
        place = places_on(day, known_at)
        post = select(m.c.id, m.c.person_id, m.c.unit_id, m.c.position_th, m.c.rank_th, m.c.line)
        holds = (place.c.ancestor_id == unit_id, valid_on(m, day), known)
        if ids is None:
            part = post.join_from(place, m, place.c.unit_id == m.c.unit_id).where(*holds)
        else:
            # Theirs first, on their own: SQLite would else read all posts of the unit.
            theirs = post.where(*holds[1:], m.c.person_id.in_(ids)).cte(f"theirs_{len(parts)}")
            theirs = theirs.prefix_with("MATERIALIZED")
            part = select(theirs).join(place, place.c.unit_id == theirs.c.unit_id).where(holds[0])
        if which is not None:
            part = part.join(person, person.c.id == m.c.person_id).where(which)
        parts.append(part)
    return union_all(*parts).cte("held_membership").prefix_with("MATERIALIZED")


def _groups(people: CTE, day: date, known_at: int | None) -> FromClause:
    parts = [
        select(g.c.id, g.c.person_id, g.c.group_code, g.c.basis).where(
            valid_on(g, day), known, g.c.person_id.in_(select(people.c.person_id))
        )
        for g, known in versions(group_assignment, known_at)
    ]
    return union_all(*parts).cte("held_group").prefix_with("MATERIALIZED")


def number_in(people: FromClause, basis: Basis, *states: int) -> ColumnElement[int]:
    """How many of the items asked of a person are in one of these states.

    Correlated on purpose: a look-up by primary key for each person, whatever a planner guesses.
    """
    state = basis.states.c
    return (
        select(func.count())
        .where(
            state.person_id == people.c.person_id,
            state.state.in_(states),
            is_required(basis.required, people.c.group_code, state.competency_id),
        )
        .correlate(people)
        .scalar_subquery()
    )
