"""Posts that nobody has classified yet, and what was decided about others; in numbers, never a name."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, distinct, exists, func, select

from lrs.clock import from_micros
from mappings.people import Scope
from mappings.positions import PostKey, post_key
from mappings.requirements import valid_on
from mappings.tables import group_assignment, membership, post_decision, unit, unit_path
from mappings.thai_text import normalise


@dataclass(frozen=True, slots=True)
class OpenPost:
    """A post without a group, as most rosters spell it; `units`: names of some of those who have it."""

    line: str
    position: str
    people: int
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecidedPost:
    """What stands about a post. `group` None: outside the framework. `people`: whom it counts for today."""

    id: int
    line: str
    position: str
    group: str | None
    reason: str
    decided_at: datetime
    decided_by: str
    people: int


def read_open_posts(conn: Connection, scope: Scope, day: date) -> list[OpenPost]:
    """Posts of people who have no group that day, those of most people first."""
    m, g = membership, group_assignment
    grouped = exists().where(g.c.person_id == m.c.person_id, valid_on(g, day))
    spellings: dict[PostKey, list[Row[Any]]] = defaultdict(list)
    for row in conn.execute(_posts(scope, day).where(~grouped)):
        spellings[post_key(row.line, row.position_th)].append(row)
    names = _names(conn, [row for rows in spellings.values() for row in rows])
    posts = [_open_post(rows, names) for rows in spellings.values()]
    return sorted(posts, key=lambda post: (-post.people, post.position, post.line))


def read_decided_posts(conn: Connection, scope: Scope, day: date) -> list[DecidedPost]:
    """What stands, the newest decision first."""
    query = select(post_decision).where(post_decision.c.ended_at.is_(None))
    rows = conn.execute(query.order_by(post_decision.c.id.desc())).all()
    if not rows:
        return []
    counts = _decided_people(conn, scope, day, {post_key(row.line, row.position) for row in rows})
    return [
        DecidedPost(
            row.id,
            row.line,
            row.position,
            row.group_code,
            row.reason,
            from_micros(row.recorded_at),
            row.recorded_by,
            counts[post_key(row.line, row.position)],
        )
        for row in rows
    ]


def _decided_people(conn: Connection, scope: Scope, day: date, decided: set[PostKey]) -> Counter[PostKey]:
    """How many follow each decision; one about a position without a line counts on every other line too."""
    m, g = membership, group_assignment
    follows = exists().where(g.c.person_id == m.c.person_id, valid_on(g, day), g.c.basis == "decision")
    counts: Counter[PostKey] = Counter()
    for row in conn.execute(_posts(scope, day).where(follows)):
        line, position = post_key(row.line, row.position_th)
        counts[(line if (line, position) in decided else "", position)] += row.people
    return counts


def _posts(scope: Scope, day: date) -> Any:
    """Spellings of posts with their people, and two of their units."""
    m = membership
    return (
        select(
            m.c.line,
            m.c.position_th,
            func.count(distinct(m.c.person_id)).label("people"),
            func.min(m.c.unit_id).label("one"),
            func.max(m.c.unit_id).label("other"),
        )
        .join(unit_path, unit_path.c.unit_id == m.c.unit_id)
        .where(unit_path.c.ancestor_id == scope.unit_id, valid_on(m, day))
        .group_by(m.c.line, m.c.position_th)
    )


def _open_post(rows: list[Row[Any]], names: Mapping[int, str]) -> OpenPost:
    most = max(rows, key=lambda row: (row.people, row.position_th))
    units = sorted({names[unit_id] for row in rows for unit_id in (row.one, row.other)})
    return OpenPost(
        normalise(most.line), normalise(most.position_th), sum(row.people for row in rows), tuple(units[:2])
    )


def _names(conn: Connection, rows: list[Row[Any]]) -> Mapping[int, str]:
    wanted = {unit_id for row in rows for unit_id in (row.one, row.other)}
    found = conn.execute(select(unit.c.id, unit.c.name_th).where(unit.c.id.in_(wanted)))
    return {row.id: row.name_th for row in found}
