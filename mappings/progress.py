"""Progress kept: what the views say of each person, recomputed whole whenever something about them changed.

There is no incremental arithmetic: a new statement, a void, a re-mapped course or a merged account all
mean "compute these people again". Each computation has its own batch, a parameter row and a list of
learners that are gone when its transaction ends, so several never disturb each other.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from functools import cache
from importlib.resources import files

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
)

from lrs.clock import to_micros
from lrs.database import chunks
from lrs.tables import agent, evidence, stale_agent
from mappings.counts import counts_follow
from mappings.days import bangkok_day, end_of_bangkok_day
from mappings.stale import mark_courses, mark_everybody
from mappings.tables import (
    account,
    account_link,
    batch_learner,
    competency_state,
    course_alias,
    framework,
    group_assignment,
    learning_event,
    mapping,
    membership,
    parameter,
    refresh_state,
    stale_person,
    stale_unit,
)

__all__ = [
    "KEPT",
    "Fill",
    "bangkok_day",
    "create_views",
    "end_of_bangkok_day",
    "is_due",
    "many_joined",
    "rebuild",
    "refresh",
    "view_texts",
]

_ONE_AT_A_TIME = 7_420_563
"""PostgreSQL's advisory lock for whoever computes progress; SQLite has one writer anyway."""

_FEW = 10
"""So many learners PostgreSQL computes fastest one after another, index by index."""

KEPT = {
    competency_state: (
        """select s.person_id, s.competency_id, s.state, null, null, null, null from competency_progress s
           where s.batch = :batch and s.state < 2""",
        """select s.person_id, s.competency_id, 2, s.completed_at, s.level, s.seq, s.mapping_id
           from competency_complete s where s.batch = :batch""",
    ),
    learning_event: (
        """select s.person_id, s.course_id, s.category_id, s.hours, s.completed_at, s.seq
           from learning s where s.batch = :batch""",
    ),
}
"""What is kept of the views: table -> queries for all its columns in their order, on any engine."""

Fill = Callable[[Connection, str], None]
"""Computes a batch and fills the tables of KEPT with it."""


@cache
def view_texts() -> dict[str, str]:
    """Name -> SELECT of every view, in the order they build on each other."""
    found = [entry for entry in (files("mappings") / "views").iterdir() if entry.name.endswith(".sql")]
    found.sort(key=lambda entry: entry.name)
    return {entry.name[3:-4]: entry.read_text(encoding="utf-8") for entry in found}


def drop_views(conn: Connection) -> None:
    """Before an upgrade: a table that a view reads cannot be changed."""
    for name in reversed(view_texts()):
        conn.execute(text(f"drop view if exists {name}"))


def create_views(conn: Connection) -> None:
    """Drop and create the views; at every upgrade."""
    drop_views(conn)
    for name, body in view_texts().items():
        conn.execute(text(f"create view {name} as {body}"))


def is_due(conn: Connection, now: datetime) -> bool:
    """Whether a refresh would find anything to do: somebody who is marked, a moved unit, or a new day."""
    if conn.execute(select(refresh_state.c.as_of_day)).scalar_one_or_none() != bangkok_day(now):
        return True
    marked = or_(*(exists().select_from(table) for table in (stale_agent, stale_person, stale_unit)))
    return bool(conn.execute(select(marked)).scalar_one())


def refresh(conn: Connection, now: datetime) -> int:
    """Recompute the people whom something has changed for since the last time; how many they are."""
    _wait_for_others(conn)
    day = bangkok_day(now)
    _mark_new_day(conn, day)
    batch = str(uuid.uuid4())
    rows = [{"batch": batch, "person_id": person_id} for person_id in sorted(_take_stale(conn))]
    if rows:
        conn.execute(insert(batch_learner), rows)
    _recompute(conn, batch, len(rows), now, day)
    return len(rows)


def rebuild(conn: Connection, now: datetime, fill: Fill | None = None) -> int:
    """Recompute everybody who has or had an account, for nothing speaks of others; how many they are.

    `fill` may use another engine (`mappings.engines`); without it the database itself computes.
    """
    _wait_for_others(conn)
    _take_stale(conn)
    batch = str(uuid.uuid4())
    everybody = select(literal(batch), account_link.c.person_id).distinct()
    conn.execute(insert(batch_learner).from_select(["batch", "person_id"], everybody))
    learners = conn.execute(select(func.count()).where(batch_learner.c.batch == batch)).scalar_one()
    _recompute(conn, batch, None, now, bangkok_day(now), fill)
    return learners


def _wait_for_others(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def _mark_new_day(conn: Connection, day: date) -> None:
    """Validity begins and ends at midnight without any statement."""
    last = conn.execute(select(refresh_state.c.as_of_day)).scalar_one_or_none()
    if last is None or last == day:
        return
    early, late = min(last, day), max(last, day)

    def turned(table: Table) -> ColumnElement[bool]:
        begins, ends = table.c.valid_from, table.c.valid_to
        return or_(and_(begins > early, begins <= late), and_(ends >= early, ends < late))

    if conn.execute(select(framework.c.id).where(turned(framework))).first():
        mark_everybody(conn)
        return
    for table in (mapping, course_alias):
        courses = conn.execute(select(table.c.course_id).distinct().where(turned(table)))
        mark_courses(conn, courses.scalars().all())


def _take_stale(conn: Connection) -> set[int]:
    """Remove the marks that can be seen, answer whom they mean; unseen ones stay for the next time."""
    persons = set(conn.execute(delete(stale_person).returning(stale_person.c.person_id)).scalars())
    agents = set(conn.execute(delete(stale_agent).returning(stale_agent.c.agent_id)).scalars())
    for some in chunks(sorted(agents)):
        persons.update(conn.execute(_persons_of(some)).scalars())
    return persons


def _persons_of(agents: Sequence[int]) -> Select[tuple[int]]:
    """Whoever is or was linked to an account of these agents."""
    return (
        select(account_link.c.person_id)
        .distinct()
        .join(account, account.c.id == account_link.c.account_id)
        .join(agent, and_(agent.c.home_page == account.c.home_page, agent.c.account_name == account.c.name))
        .where(agent.c.id.in_(agents))
    )


def _recompute(
    conn: Connection, batch: str, size: int | None, now: datetime, day: date, fill: Fill | None = None
) -> None:
    """Replace the rows of the batch's learners, then forget the batch. `size`: how many; None: everybody."""
    learners = select(batch_learner.c.person_id).where(batch_learner.c.batch == batch)
    known_at = max(to_micros(now), _last_change(conn, learners))
    times = {"as_of_day": day, "known_at": known_at}
    end = to_micros(end_of_bangkok_day(day))
    conn.execute(insert(parameter).values(batch=batch, as_of_end=end, **times))
    # Without fresh statistics of this one table SQLite starts from the wrong end: seconds, not milliseconds.
    conn.execute(text("analyze batch_learner"))
    with counts_follow(conn, learners, day, known_at, size):
        for table in (competency_state, learning_event):
            conn.execute(delete(table).where(table.c.person_id.in_(learners)))
        if fill is None:
            with many_joined(conn) if size is None or size > _FEW else nullcontext():
                _fill(conn, batch)
        else:
            fill(conn, batch)
    for table in (batch_learner, parameter):
        conn.execute(delete(table).where(table.c.batch == batch))
    conn.execute(delete(refresh_state))
    conn.execute(insert(refresh_state).values(id=1, **times))


def _fill(conn: Connection, batch: str) -> None:
    """In the database itself."""
    for table, queries in KEPT.items():
        names = ", ".join(column.name for column in table.columns)
        for query in queries:
            conn.execute(text(f"insert into {table.name} ({names}) {query}"), {"batch": batch})


@contextmanager
def many_joined(conn: Connection) -> Iterator[None]:
    """PostgreSQL takes joins of completions to yield one row each, and compares every completion with every
    other: fine for a few learners, minutes for many. Inside, it does not.
    """
    postgresql = conn.dialect.name == "postgresql"
    if postgresql:
        conn.execute(text("set local enable_nestloop = off"))
    yield
    if postgresql:
        conn.execute(text("set local enable_nestloop = on"))


def _last_change(conn: Connection, learners: Select[tuple[int]]) -> int:
    """The newest instant among what is visible: another process's clock may be ahead of ours, and a mark
    whose statement were left out as "not known yet" would be lost.
    """
    links = account_link.c.person_id.in_(learners)
    posts = [
        select(func.max(t.c.recorded_at)).where(t.c.person_id.in_(learners))
        for t in (membership, group_assignment)
    ]
    newest = [
        select(func.max(evidence.c.stored)),
        select(func.max(mapping.c.recorded_at)),
        select(func.max(mapping.c.ended_at)),
        select(func.max(course_alias.c.recorded_at)),
        select(func.max(framework.c.recorded_at)),
        select(func.max(account_link.c.linked_at)).where(links),
        select(func.max(account_link.c.unlinked_at)).where(links),
        *posts,
    ]
    found = [conn.execute(query).scalar_one_or_none() for query in newest]
    return max((value for value in found if value is not None), default=0)
