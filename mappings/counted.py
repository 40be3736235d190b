"""Who counts where on a day: each person once in every subtree, with the group of that day (SELECTs).

A person counts in a unit and in all units above it. Whoever has several posts counts in a subtree by the one
recorded last within it; so the numbers of a unit's rows always add up to its total.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from mappings.remembered import place_holds, versions
from mappings.requirements import Required, alike, is_required, valid_on
from mappings.tables import group_assignment, mapping, membership, unit_path, unit_place

OUTSIDE, UNCLASSIFIED = "-", ""
"""Instead of a group: outside the framework, and not decided yet."""

# A table of more rows than this is read by nobody: then the units directly below are the rows.
MOST_ROWS = 400

MILLIONTHS = 1_000_000


def places(day: date, people: Select[Any] | None = None, known_at: int | None = None) -> Select[Any]:
    """Columns: person_id, unit_id, levels, group_code. Of these people, or of all who have a post that day.

    `levels`: in how many units of the line from `unit_id` upwards the person counts by this post. As was
    known at an instant; None: now.
    """
    posts = _held(membership, day, people, known_at).cte("posts")
    line = places_on(day, known_at)
    last = (
        select(posts.c.person_id, line.c.ancestor_id, func.max(posts.c.id).label("id"))
        .join(line, line.c.unit_id == posts.c.unit_id)
        .group_by(posts.c.person_id, line.c.ancestor_id)
        .subquery("last_post")
    )
    levels = (
        select(last.c.person_id, last.c.id, func.count().label("levels"))
        .group_by(last.c.person_id, last.c.id)
        .subquery("levels_of_post")
    )
    groups = _groups(day, people, known_at)
    return (
        select(levels.c.person_id, posts.c.unit_id, levels.c.levels, _group(groups).label("group_code"))
        .join(posts, posts.c.id == levels.c.id)
        .outerjoin(groups, and_(groups.c.person_id == levels.c.person_id, groups.c.rank == 1))
    )


def places_on(day: date, known_at: int | None) -> FromClause:
    """ancestor_id, unit_id, depth: who lies within whom on a day, as was known at an instant; None: today."""
    if known_at is None:
        return unit_path.alias()
    c = unit_place.c
    begun = or_(c.valid_from.is_(None), c.valid_from <= day)
    lasts = or_(c.valid_to.is_(None), c.valid_to >= day)
    held = select(c.ancestor_id, c.unit_id, c.depth).where(begun, lasts, place_holds(unit_place, known_at))
    return held.subquery()


def held_on(table: Table, day: date, known_at: int | None) -> list[Select[Any]]:
    """The rows of a table of mappings.remembered that hold on a day; to be joined to one set."""
    return [
        select(*(each.c[column.name] for column in table.c)).where(known, valid_on(each, day))
        for each, known in versions(table, known_at)
    ]


def _held(
    table: Table, day: date, people: Select[Any] | None, known_at: int | None
) -> Select[Any] | CompoundSelect[Any]:
    parts = held_on(table, day, known_at)
    if people is not None:
        parts = [each.where(each.selected_columns.person_id.in_(people)) for each in parts]
    return parts[0] if len(parts) == 1 else union_all(*parts)


def _groups(day: date, people: Select[Any] | None, known_at: int | None) -> FromClause:
    """An assignment goes before what the roster or the post says, and then what was recorded last."""
    held = _held(group_assignment, day, people, known_at).subquery("held_group")
    g = held.c
    rank = func.row_number().over(
        partition_by=g.person_id, order_by=(case((g.basis == "assignment", 0), else_=1), g.id.desc())
    )
    return select(g.person_id, g.group_code, rank.label("rank")).subquery("ranked_group")


def _group(groups: FromClause) -> ColumnElement[str]:
    return case(
        (groups.c.person_id.is_(None), UNCLASSIFIED), else_=func.coalesce(groups.c.group_code, OUTSIDE)
    )


def counted_people(
    placed: FromClause, states: FromClause, required: Required, *, everybody: bool = False
) -> Select[Any]:
    """The columns of `counted`: the places, and whether somebody has all that is asked of their group."""
    group, s = placed.c.group_code, states.c
    wanted = (s.state == 2, is_required(required, group, s.competency_id))
    if everybody:
        return _counted_together(placed, states, required, wanted)
    # Correlated on purpose: a look-up by primary key for each person, whatever a planner guesses.
    complete = (
        select(func.count())
        .where(s.person_id == placed.c.person_id, *wanted)
        .correlate(placed)
        .scalar_subquery()
    )
    return select(*_place(placed), _has_all(required, group, complete))


def _counted_together(
    placed: FromClause, states: FromClause, required: Required, wanted: tuple[ColumnElement[bool], ...]
) -> Select[Any]:
    joined = and_(states.c.person_id == placed.c.person_id, *wanted)
    complete = func.count(states.c.person_id)
    return (
        select(*_place(placed), _has_all(required, placed.c.group_code, complete))
        .select_from(placed.outerjoin(states, joined))
        .group_by(*_place(placed))
    )


def _place(placed: FromClause) -> tuple[ColumnElement[Any], ...]:
    return placed.c.person_id, placed.c.unit_id, placed.c.levels, placed.c.group_code


def _has_all(
    required: Required, group: ColumnElement[str], complete: ColumnElement[int]
) -> ColumnElement[int]:
    enough = [(group.in_(groups), len(ids)) for ids, groups in alike(required).items() if ids]
    every = case((complete == case(*enough, else_=-1), 1), else_=0) if enough else literal(0)
    return every.label("all_complete")


def counted_events(events: FromClause, sample: FromClause, people: Select[Any] | None = None) -> Select[Any]:
    """The columns of `counted_learning`, of these people or of everybody. `sample`: `sample_courses`."""
    e = events.c
    unknown = e.hours.is_(None)
    of_sample = case((unknown, 0), else_=func.coalesce(sample.c.is_sample, 0))
    category = func.coalesce(e.category_id, literal_column("0"))
    rows = (
        select(
            e.person_id,
            category.label("category_id"),
            func.sum(cast(func.round(func.coalesce(e.hours, 0.0) * MILLIONTHS), BigInteger)),
            func.count(),
            func.sum(case((unknown, 1), else_=0)),
            func.sum(of_sample),
        )
        .select_from(events)
        .outerjoin(sample, sample.c.course_id == e.course_id)
        .group_by(e.person_id, category)
    )
    return rows if people is None else rows.where(e.person_id.in_(people))


def sample_courses(framework_id: int | None, day: date, known_at: int | None = None) -> FromClause:
    """course_id, is_sample (1 or 0): whether the hours that an approved mapping gives are made up."""
    m = mapping.c
    stands = m.ended_at.is_(None)
    known = stands if known_at is None else (m.recorded_at <= known_at) & or_(stands, m.ended_at > known_at)
    return (
        select(m.course_id, func.max(case((m.hours_are_sample, 1), else_=0)).label("is_sample"))
        .where(m.framework_id == framework_id, m.status == "approved", known, valid_on(mapping, day))
        .group_by(m.course_id)
        .subquery("sample")
    )


def ways(day: date, known_at: int | None = None) -> CTE:
    """For each unit and each unit above it (itself included) the row that it lies in there.

    Columns: unit_id, depth (0: itself), root_id, row_id. Below a unit with more than MOST_ROWS within it the
    rows are the units directly below, and the unit's own people are its own row; else each unit is one.
    """
    line, below, within = (places_on(day, known_at) for _ in range(3))
    large = (
        select(within.c.ancestor_id)
        .group_by(within.c.ancestor_id)
        .having(func.count() > MOST_ROWS)
        .subquery("large")
    )
    directly = func.coalesce(below.c.ancestor_id, line.c.unit_id)
    row = case((large.c.ancestor_id.is_(None), line.c.unit_id), else_=directly)
    return (
        select(line.c.unit_id, line.c.depth, line.c.ancestor_id.label("root_id"), row.label("row_id"))
        .select_from(line)
        .outerjoin(large, large.c.ancestor_id == line.c.ancestor_id)
        .outerjoin(below, and_(below.c.unit_id == line.c.unit_id, below.c.depth == line.c.depth - 1))
        .cte("ways")
    )
