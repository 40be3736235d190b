"""Who is counted: the people of a unit's subtree on a day, each once, with the group of that day."""

from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, case, false, func, or_, select

from connector.report.queries.basis import Basis, valid_on
from mappings.tables import competency_state, group_assignment, membership, unit_path


def members(unit_id: int, day: date) -> CTE:
    """One row a person with a membership in the subtree that day.

    Columns: person_id, unit_id, position_th, rank_th, line, group_code, classified (1 or 0).
    Of several memberships the one recorded last counts, so that rows add up to their total; of
    several groups an assignment goes before what the roster or the position says.
    """
    m, g = membership, group_assignment
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
        .join(unit_path, unit_path.c.unit_id == m.c.unit_id)
        .outerjoin(g, and_(g.c.person_id == m.c.person_id, valid_on(g, day)))
        .where(unit_path.c.ancestor_id == unit_id, valid_on(m, day))
        .subquery("every_membership")
    )
    # Computed once a query: SQLite would else do so again for every row that it is joined with.
    return select(every).where(every.c.rank == 1).cte("members").prefix_with("MATERIALIZED")


def is_required(
    basis: Basis, group_code: ColumnElement[Any], item_id: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether an item is asked of a group, written out: groups that are asked the same share one term."""
    alike: dict[frozenset[int], list[str]] = {}
    for group, ids in sorted(basis.required.items()):
        alike.setdefault(ids, []).append(group)
    return or_(false(), *(group_code.in_(groups) & item_id.in_(sorted(ids)) for ids, groups in alike.items()))


def number_in(people: FromClause, basis: Basis, *states: int) -> ColumnElement[int]:
    """How many of the items asked of a person are in one of these states.

    Correlated on purpose: a look-up by primary key for each person, whatever a planner guesses.
    """
    state = competency_state.c
    return (
        select(func.count())
        .where(
            state.person_id == people.c.person_id,
            state.state.in_(states),
            is_required(basis, people.c.group_code, state.competency_id),
        )
        .correlate(people)
        .scalar_subquery()
    )
