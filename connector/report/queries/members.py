"""Who is counted: the people of a unit's subtree on a day, each once, with the group of that day."""

from datetime import date

from sqlalchemy import Subquery, and_, case, func, select

from connector.report.queries.basis import Basis, valid_on
from mappings.tables import competency_state, group_assignment, membership, requirement, unit_path


def members(unit_id: int, day: date) -> Subquery:
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
    return select(every).where(every.c.rank == 1).subquery("members")


def required_items(basis: Basis) -> Subquery:
    """group_code, competency_id: what is asked of a group, each pair once."""
    r = requirement.c
    return (
        select(r.group_code, r.competency_id)
        .where(r.framework_id == basis.framework_id)
        .distinct()
        .subquery("required")
    )


def tallies(people: Subquery, basis: Basis) -> Subquery:
    """person_id, complete, in_progress: how many of a person's required items; no row where none."""
    required = required_items(basis)
    state = competency_state.c
    return (
        select(
            people.c.person_id,
            func.sum(case((state.state == 2, 1), else_=0)).label("complete"),
            func.sum(case((state.state == 1, 1), else_=0)).label("in_progress"),
        )
        .join(competency_state, state.person_id == people.c.person_id)
        .join(
            required,
            (required.c.competency_id == state.competency_id)
            & (required.c.group_code == people.c.group_code),
        )
        .where(state.state > 0)
        .group_by(people.c.person_id)
        .subquery("tallies")
    )
