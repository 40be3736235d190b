"""Completions that wait to be taken back until a pass is at its end, and what the guard counts (SQL).

A platform said "not completed" of a course or a part, and the store holds completions of it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select

from connector.enrolments import prefer_indexes
from connector.plan import COMPLETIONS, Pair
from connector.tables import take_back
from lrs.bulk import upsert_ignore
from lrs.clock import to_micros
from lrs.database import Sql, run

_WAITING = Sql(
    "select account_name, activity_iri from take_back "
    "where platform_id = :platform_id and account_name in :names"
)
# From what was stored to what is remembered: SQLite reads the tables of a cross join in the order given.
_LATE = Sql(
    "select distinct n.account_name, c.activity_iri, n.course_id from evidence e cross join verb v "
    "cross join agent g cross join activity a cross join platform_course c cross join enrolment n "
    "where e.stored >= :since and e.stored < :until and e.voided_at is null "
    "and e.authority_id not in (select id from agent where key = :authority) "
    "and v.id = e.verb_id and v.iri in :verbs and g.id = e.agent_id and g.home_page = :home_page "
    "and a.id = e.activity_id and c.home_page = :home_page and c.activity_iri = a.iri "
    "and n.platform_id = :platform_id and n.course_id = c.external_id and n.account_name = g.account_name "
    "and n.not_completed_since is not null and n.unseen_since is null"
)
_TARGETS = Sql(
    "select s.id from take_back t cross join agent g cross join evidence e cross join verb v "
    "cross join activity a cross join statement s "
    "where t.platform_id = :platform_id and t.account_name in :names and t.activity_iri in :activities "
    "and g.home_page = :home_page and g.account_name = t.account_name "
    "and e.agent_id = g.id and e.voided_at is null "
    "and (e.stored < :before or e.authority_id = (select id from agent where key = :authority)) "
    "and v.id = e.verb_id and v.iri in :verbs and a.id = e.activity_id and a.iri = t.activity_iri "
    "and s.seq = e.seq order by s.seq"
)
_COURSES = Sql(
    "select count(*) from (select distinct e.agent_id, e.activity_id from platform_course c "
    "cross join activity a cross join evidence e cross join verb v cross join agent g "
    "where c.home_page = :home_page and a.iri = c.activity_iri and e.activity_id = a.id "
    "and e.voided_at is null and v.id = e.verb_id and v.iri in :verbs "
    "and g.id = e.agent_id and g.home_page = :home_page) one"
)
_PARTS = Sql(
    "select count(*) from (select distinct e.agent_id, e.activity_id from agent o cross join evidence e "
    "cross join verb v cross join activity a "
    "where o.key = :authority and e.authority_id = o.id and e.voided_at is null "
    "and v.id = e.verb_id and v.iri in :verbs and a.id = e.activity_id and not exists ("
    "select 1 from platform_course c where c.home_page = :home_page and c.activity_iri = a.iri)) one"
)
_VERBS = sorted(COMPLETIONS)


class TakeBack(NamedTuple):
    """Completions of an account, of a course (its external id) or of a part of it."""

    account_name: str
    activity_iri: str
    course_id: str
    is_part: bool

    @property
    def pair(self) -> Pair:
        """Whose, and of what."""
        return self.account_name, self.activity_iri


class Numbers(NamedTuple):
    """Completions: of courses (accounts times courses), and of parts."""

    courses: int
    parts: int


def waiting(
    conn: Connection, platform_id: int, courses: Collection[str] | None, most: int | None = None
) -> list[TakeBack]:
    """The first of a platform, `most` of them; of these courses, or of all (None)."""
    found = conn.execute(
        select(take_back.c.account_name, take_back.c.activity_iri, take_back.c.course_id, take_back.c.is_part)
        .where(_of(platform_id, courses))
        .order_by(take_back.c.account_name, take_back.c.activity_iri)
        .limit(most)
    )
    return [TakeBack(*row) for row in found]


def count_waiting(conn: Connection, platform_id: int, courses: Collection[str] | None) -> Numbers:
    """How many there are."""
    rows = conn.execute(
        select(take_back.c.is_part, func.count().label("number"))
        .where(_of(platform_id, courses))
        .group_by(take_back.c.is_part)
    )
    numbers = {row.is_part: row.number for row in rows}
    return Numbers(numbers.get(False, 0), numbers.get(True, 0))


def wait(conn: Connection, platform_id: int, those: Iterable[TakeBack]) -> None:
    """Add some; those that wait already stay."""
    rows = [{"platform_id": platform_id} | one._asdict() for one in sorted(set(those))]
    upsert_ignore(conn, take_back, rows)


def settle(conn: Connection, platform_id: int, pairs: Collection[Pair]) -> None:
    """Remove those of these that wait: they are taken back, or are to stay."""
    (rows,) = run(
        conn, (_WAITING, {"platform_id": platform_id, "names": sorted({name for name, _ in pairs})})
    )
    gone = {(row[0], row[1]) for row in rows}.intersection(pairs)
    if not gone:
        return
    one = and_(
        take_back.c.platform_id == platform_id,
        take_back.c.account_name == bindparam("name"),
        take_back.c.activity_iri == bindparam("iri"),
    )
    conn.execute(delete(take_back).where(one), [{"name": name, "iri": iri} for name, iri in sorted(gone)])


def late_pushes(
    conn: Connection,
    platform_id: int,
    *,
    home_page: str,
    since: datetime,
    until: datetime,
    authority: str,
) -> list[TakeBack]:
    """Courses of which another than the authority with this key sent a completion, stored from `since` on and
    before `until`, though the platform says "not completed"."""
    values: dict[str, Any] = {"since": to_micros(since), "until": to_micros(until), "verbs": _VERBS}
    values |= {"platform_id": platform_id, "home_page": home_page, "authority": authority}
    prefer_indexes(conn)
    (rows,) = run(conn, (_LATE, values))
    return [TakeBack(name, iri, course_id, False) for name, iri, course_id in rows]


def current_statements(
    conn: Connection,
    platform_id: int,
    those: Sequence[TakeBack],
    *,
    home_page: str,
    before: datetime,
    authority: str,
) -> list[str]:
    """The ids of the statements to be voided: any stored `before`, and all of the authority with this key.

    What another sent later may tell of something that happened after the platform was read.
    """
    values: dict[str, Any] = {
        "platform_id": platform_id,
        "names": sorted({one.account_name for one in those}),
        "activities": sorted({one.activity_iri for one in those}),
        "verbs": _VERBS,
    }
    values |= {"home_page": home_page, "before": to_micros(before), "authority": authority}
    prefer_indexes(conn)
    (rows,) = run(conn, (_TARGETS, values))
    return [row[0] for row in rows]


def current_completions(conn: Connection, home_page: str, authority: str) -> Numbers:
    """All that are held of the platform: of its courses whoever sent them, of parts those that we wrote."""
    of_all: dict[str, Any] = {"home_page": home_page, "verbs": _VERBS}
    of_ours = of_all | {"authority": authority}
    prefer_indexes(conn)
    ((courses,),), ((parts,),) = run(conn, (_COURSES, of_all), (_PARTS, of_ours))
    return Numbers(courses, parts)


def _of(platform_id: int, courses: Collection[str] | None) -> ColumnElement[bool]:
    ours = take_back.c.platform_id == platform_id
    return ours if courses is None else and_(ours, take_back.c.course_id.in_(courses))
