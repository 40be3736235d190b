"""Groups of persons: those that follow from the post, and those that somebody assigned by name.

Both are dated rows of one table, in two layers: where an assignment holds, it counts (`members` of the
reports), and what the post says goes on beneath it, for the day after it ends.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select

from lrs.clock import to_micros
from lrs.database import chunks
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day, day_before
from mappings.errors import MappingError
from mappings.positions import post_key
from mappings.remembered import change
from mappings.stale import mark_persons
from mappings.tables import group_assignment, membership, person

ASSIGNMENT = "assignment"
"""The basis of a group that somebody assigned by name, with a reference."""

ROSTER = "roster"
"""The basis of a group that the roster gave: no post and no decision about one changes it."""

Wanted = Callable[[str, str], tuple[str | None, str] | None]
"""(line, position) -> (group, basis), as mappings.post_decisions.Classify."""


class AssignmentOverlaps(MappingError):
    """Another assignment of the person holds on some of the days."""


def assign(
    conn: Connection,
    person_uuid: str,
    group: str | None,
    reference: str,
    valid_from: date,
    valid_to: date | None,
    now: datetime,
    by: str,
) -> int:
    """Give a person a group by name, as to T with the responsibility for an office's IT; the assignment's id.

    `reference`: the order that says so. Both days are inclusive; None: until it is ended. An assignment that
    began before and has no end ends the day before this one. Raises MappingError for an unknown person or
    days that do not follow each other, AssignmentOverlaps.
    """
    if valid_to is not None and valid_to < valid_from:
        raise MappingError("the last day of an assignment lies before its first")
    owner = _person(conn, person_uuid)
    for row in _overlapping(conn, owner.id, valid_from, valid_to):
        if row.valid_to is not None or row.valid_from >= valid_from:
            raise AssignmentOverlaps(f"another assignment holds from {row.valid_from}: end that one first")
        _end(conn, row.id, day_before(valid_from), now, by)
    recorded = {"recorded_at": to_micros(now), "recorded_by": by}
    days = {"valid_from": valid_from, "valid_to": valid_to}
    values = {"person_id": owner.id, "group_code": group, "basis": ASSIGNMENT, "reference": reference}
    stored = insert(group_assignment).values(**values, **days, **recorded).returning(group_assignment.c.id)
    assignment_id: int = conn.execute(stored).scalar_one()
    _note(conn, "assign", [owner], now, by)
    return assignment_id


def end_assignment(
    conn: Connection,
    person_uuid: str,
    assignment_id: int,
    last_day: date,
    wanted: Wanted,
    now: datetime,
    by: str,
) -> None:
    """Let an assignment end; with a day before its first, it was never in force. Raises MappingError.

    The person's post is classified anew by `wanted`: it may have changed beneath the assignment.
    """
    owner, g = _person(conn, person_uuid), group_assignment.c
    own = (g.id == assignment_id) & (g.person_id == owner.id) & (g.basis == ASSIGNMENT)
    if conn.execute(select(g.id).where(own)).first() is None:
        raise MappingError(f"assignment {assignment_id}: this person has no such assignment")
    _end(conn, assignment_id, last_day, now, by)
    _note(conn, "end assignment", [owner], now, by)
    _follow(conn, _posts(conn, membership.c.person_id == owner.id), wanted, now, by)


def reclassify(conn: Connection, position: str, wanted: Wanted, now: datetime, by: str) -> int:
    """Give everybody who holds a position now the group that is wanted, from today on; how many that changed.

    `position` is spelt for matching (`post_key`). Groups given by a roster and assignments stay.
    """
    m = membership.c
    held = conn.execute(select(m.position_th).where(m.valid_to.is_(None)).distinct()).scalars()
    spellings = [text for text in held if post_key("", text)[1] == position]
    return _follow(conn, _posts(conn, m.position_th.in_(spellings)), wanted, now, by)


def _posts(conn: Connection, which: Any) -> Sequence[Row[Any]]:
    """Persons with their post of today: of several, the one recorded last."""
    m = membership.c
    newer = membership.alias("newer")
    last = ~(
        select(newer.c.id)
        .where(newer.c.person_id == m.person_id, newer.c.valid_to.is_(None), newer.c.id > m.id)
        .exists()
    )
    query = select(person.c.id, person.c.uuid, m.line, m.position_th).join(
        membership, m.person_id == person.c.id
    )
    return list(conn.execute(query.where(m.valid_to.is_(None), which, last).order_by(person.c.id)))


def _follow(conn: Connection, posts: Sequence[Row[Any]], wanted: Wanted, now: datetime, by: str) -> int:
    """Let the groups of persons follow from their posts, where these decide; how many that changed."""
    changed = 0
    for some in chunks(posts):
        held = _open(conn, [row.id for row in some])
        moved = [
            (row, wanted(row.line, row.position_th))
            for row in some
            if _follows(held.get(row.id), row, wanted)
        ]
        _replace(conn, moved, held, now, by)
        _note(conn, "change", [row for row, _ in moved], now, by)
        changed += len(moved)
    return changed


def _open(conn: Connection, person_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """person -> the group that follows from the roster or the post, as it stands."""
    g = group_assignment.c
    lasting = (g.valid_to.is_(None), g.basis != ASSIGNMENT)
    rows = conn.execute(select(group_assignment).where(g.person_id.in_(person_ids), *lasting))
    return {row.person_id: row for row in rows}


def _follows(held: Row[Any] | None, post: Row[Any], wanted: Wanted) -> bool:
    """Whether the group changes."""
    if held is not None and held.basis == ROSTER:
        return False
    return (None if held is None else (held.group_code, held.basis)) != wanted(post.line, post.position_th)


def _replace(
    conn: Connection,
    moved: Iterable[tuple[Row[Any], tuple[str | None, str] | None]],
    held: dict[int, Row[Any]],
    now: datetime,
    by: str,
) -> None:
    day, recorded = bangkok_day(now), {"recorded_at": to_micros(now), "recorded_by": by}
    new: list[dict[str, object]] = []
    ended: list[int] = []
    for row, group in moved:
        if row.id in held:
            ended.append(held[row.id].id)
        if group is not None:
            new.append(
                {
                    "person_id": row.id,
                    "group_code": group[0],
                    "basis": group[1],
                    "valid_from": day,
                    **recorded,
                }
            )
    change(conn, group_assignment, group_assignment.c.id.in_(ended), {"valid_to": day_before(day)}, now, by)
    if new:
        conn.execute(insert(group_assignment), new)


def _overlapping(conn: Connection, person_id: int, first: date, last: date | None) -> Sequence[Row[Any]]:
    g = group_assignment.c
    own = select(group_assignment).where(
        g.person_id == person_id,
        g.basis == ASSIGNMENT,
        or_(g.valid_to.is_(None), (g.valid_to >= first) & (g.valid_to >= g.valid_from)),
    )
    return conn.execute(own if last is None else own.where(g.valid_from <= last)).all()


def _person(conn: Connection, person_uuid: str) -> Row[Any]:
    query = select(person).where(person.c.uuid == person_uuid, person.c.erased_at.is_(None))
    row = conn.execute(query).first()
    if row is None:
        raise MappingError(f"person {person_uuid}: there is none with this id")
    return row


def _end(conn: Connection, row_id: int, last_day: date, now: datetime, by: str) -> None:
    change(conn, group_assignment, group_assignment.c.id == row_id, {"valid_to": last_day}, now, by)


def _note(conn: Connection, action: str, persons: Sequence[Row[Any]], now: datetime, by: str) -> None:
    """Log it, and have the persons' progress computed anew."""
    log_changes(conn, [Change(action, "person", row.uuid, "group") for row in persons], now, by)
    mark_persons(conn, [row.id for row in persons])
