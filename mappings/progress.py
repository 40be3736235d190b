"""Progress kept: what the views say of each person, recomputed whole whenever something about them changed.

There is no incremental arithmetic: a new statement, a void, a re-mapped course or a merged account all
mean "compute these people again". Each computation has its own batch, a parameter row and a list of
learners that are gone when its transaction ends, so several never disturb each other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from secrets import token_hex

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
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
    union,
)

from lrs.bulk import bulk_insert
from lrs.clock import to_micros
from lrs.database import chunks
from lrs.tables import agent, stale_agent
from mappings.counts import counts_follow, counts_replaced
from mappings.days import bangkok_day, end_of_bangkok_day
from mappings.differences import find, made_of, take_over, take_over_from
from mappings.last_change import last_change
from mappings.people_shares import OF_PEOPLE, compute_people
from mappings.shares import shares_beside, shares_of
from mappings.stale import mark_courses, mark_everybody, mark_places
from mappings.steps import KEPT, Fill, Told, fill, joining, make, tell_nobody
from mappings.tables import (
    account,
    account_link,
    batch_learner,
    course_alias,
    framework_term,
    group_assignment,
    mapping,
    membership,
    parameter,
    refresh_state,
    stale_person,
    stale_unit,
)
from mappings.times import Times
from mappings.units_shares import count_units

__all__ = [
    "KEPT",
    "Fill",
    "bangkok_day",
    "end_of_bangkok_day",
    "is_due",
    "many_joined",
    "rebuild",
    "refresh",
]

Learners = Select[tuple[int]]
"""Their person_id."""

Write = Callable[[Times, Sequence[str]], None]
"""Writes what is kept of a batch at these times; `names` as `mappings.steps.joining` says."""

_ONE_AT_A_TIME = 7_420_563
"""PostgreSQL's advisory lock for whoever computes progress; SQLite has one writer anyway."""


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
    batch = _new_batch()
    rows = [(batch, person_id) for person_id in sorted(_take_stale(conn))]
    bulk_insert(conn, (batch_learner, rows))
    learners = select(batch_learner.c.person_id).where(batch_learner.c.batch == batch)
    _recompute(conn, learners, len(rows), now, partial(_write_anew, conn, batch, learners))
    # Not sooner: the counts that follow are of these people.
    conn.execute(delete(batch_learner).where(batch_learner.c.batch == batch))
    return len(rows)


def rebuild(
    conn: Connection,
    now: datetime,
    by: Fill | None = None,
    told: Told = tell_nobody,
    beside: Engine | None = None,
) -> int:
    """Recompute everybody who has or had an account, for nothing speaks of others; how many they are.

    `by` may use another engine (`mappings.engines`). Without it the database itself computes and tells how
    far it is: by this connection or, faster, by several of `beside`, the engine of the same database, which
    see nothing of what this transaction has done before.
    """
    _wait_for_others(conn)
    for marks in (stale_person, stale_agent):
        conn.execute(delete(marks))
    everybody = select(account_link.c.person_id).distinct()
    learners = conn.execute(select(func.count()).select_from(everybody.subquery())).scalar_one()
    count = shares_of(conn)
    if by is None and beside is not None and count > 1:
        _recompute_in_shares(conn, now, beside, count, told)
    else:
        _recompute(conn, None, None, now, partial(_write_what_differs, conn, by, told))
    return learners


def _new_batch() -> str:
    """Short, for it is in every row that is computed."""
    return token_hex(6)


def _wait_for_others(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def _mark_new_day(conn: Connection, day: date) -> None:
    """Validity begins and ends at midnight without any statement; posts and groups too."""
    last = conn.execute(select(refresh_state.c.as_of_day)).scalar_one_or_none()
    if last is None or last == day:
        return
    early, late = min(last, day), max(last, day)

    def turned(table: Table) -> ColumnElement[bool]:
        begins, ends = table.c.valid_from, table.c.valid_to
        return or_(and_(begins > early, begins <= late), and_(ends >= early, ends < late))

    held = (select(table.c.person_id).where(turned(table)) for table in (membership, group_assignment))
    mark_places(conn, union(*held))
    if conn.execute(select(framework_term.c.id).where(turned(framework_term))).first():
        mark_everybody(conn)
        return
    for table in (mapping, course_alias):
        courses = conn.execute(select(table.c.course_id).distinct().where(turned(table)))
        mark_courses(conn, courses.scalars().all())


def _take_stale(conn: Connection) -> set[int]:
    """Remove the marks that can be seen, answer whom they mean; unseen ones stay for the next time."""
    persons = set(_taken(conn, stale_person.c.person_id))
    for some in chunks(sorted(_taken(conn, stale_agent.c.agent_id))):
        persons.update(conn.execute(_persons_of(some)).scalars())
    return persons


def _taken(conn: Connection, column: Column[int]) -> Sequence[int]:
    """Each once: of a million marks most mean the same few."""
    table = column.table
    if conn.dialect.name == "postgresql":
        gone = delete(table).returning(column).cte("gone")
        return conn.execute(select(gone.c[column.name]).distinct()).scalars().all()
    found = conn.execute(select(column).distinct()).scalars().all()
    conn.execute(delete(table))
    return found


def _persons_of(agents: Sequence[int]) -> Select[int]:
    """Whoever is or was linked to an account of these agents."""
    return (
        select(account_link.c.person_id)
        .distinct()
        .join(account, account.c.id == account_link.c.account_id)
        .join(agent, and_(agent.c.home_page == account.c.home_page, agent.c.account_name == account.c.name))
        .where(agent.c.id.in_(agents))
    )


def _recompute(
    conn: Connection, learners: Learners | None, size: int | None, now: datetime, write: Write
) -> None:
    """Replace what is kept of these people (None: of everybody), and let the counts follow."""
    times = _times(conn, learners, now)
    with joining(conn, size) as names, counts_follow(conn, learners, *times, size):
        write(times, names)
    _keep_times(conn, times)


def _times(conn: Connection, learners: Learners | None, now: datetime) -> Times:
    return Times(bangkok_day(now), max(to_micros(now), last_change(conn, learners)))


def _keep_times(conn: Connection, times: Times) -> None:
    conn.execute(delete(refresh_state))
    conn.execute(insert(refresh_state).values(id=1, as_of_day=times.as_of, known_at=times.known_at))


@contextmanager
def _parameters(conn: Connection, batch: str, times: Times) -> Iterator[None]:
    """Inside, the views say of the batch's learners what holds at these times."""
    row = {"as_of_day": times.as_of, "known_at": times.known_at}
    end = to_micros(end_of_bangkok_day(times.as_of))
    conn.execute(insert(parameter).values(batch=batch, as_of_end=end, **row))
    # Without fresh statistics of this one table SQLite starts from the wrong end: seconds, not milliseconds.
    conn.execute(text("analyze batch_learner"))
    yield
    conn.execute(delete(parameter).where(parameter.c.batch == batch))


def _write_anew(conn: Connection, batch: str, learners: Learners, times: Times, names: Sequence[str]) -> None:
    with _parameters(conn, batch, times):
        for table in KEPT:
            conn.execute(delete(table).where(table.c.person_id.in_(learners)))
        fill(conn, batch, {table: table for table in KEPT}, names)


def _write_what_differs(
    conn: Connection, by: Fill | None, told: Told, times: Times, names: Sequence[str]
) -> None:
    """Everybody's results into tables of the connection's own, and from there what is not kept already."""
    batch = _new_batch()
    everybody = select(literal(batch), account_link.c.person_id).distinct()
    conn.execute(insert(batch_learner).from_select(["batch", "person_id"], everybody))
    made = {table: made_of(table) for table in KEPT}
    with _parameters(conn, batch, times):
        compute = by or partial(make, names=names, told=told)
        compute(conn, batch, made)
    conn.execute(delete(batch_learner).where(batch_learner.c.batch == batch))
    for number, (table, new) in enumerate(made.items()):
        told("compared and written", number, len(made))
        find(conn, table)
        take_over(conn, table)
        new.drop(conn, checkfirst=False)
    told("compared and written", len(made), len(made))


def _recompute_in_shares(conn: Connection, now: datetime, beside: Engine, count: int, told: Told) -> None:
    """Replace what is kept of everybody, and all counts, computed by so many connections."""
    times = _times(conn, None, now)
    with (
        joining(conn, None),
        counts_replaced(conn, *times) as asked,
        shares_beside(conn, beside, count, told) as shares,
    ):
        shares.each(partial(compute_people, times=times, asked=asked))
        count_units(conn, shares, asked, told)
        for number, table in enumerate(OF_PEOPLE):
            told("written", number, len(OF_PEOPLE))
            take_over_from(conn, table, shares.conns())
        told("written", len(OF_PEOPLE), len(OF_PEOPLE))
    _keep_times(conn, times)


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
