"""The queue of reminders (SQL). Functions take a connection and never commit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from connector.reminders.addresses import addresses_of
from connector.reminders.states import OPEN, State
from connector.reminders.stops import stopped
from connector.tables_people import reminder, reminder_stop
from lrs.bulk import insert_of
from lrs.clock import to_micros
from mappings.changes import Change, log_changes

KEPT_TRYING = timedelta(days=3)
"""After so long without success a reminder is given up."""

FORGOTTEN = (reminder, reminder_stop)
"""Tables whose rows of a person who is erased go altogether."""

_FIRST, _LONGEST = timedelta(minutes=5), timedelta(hours=6)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """Of some people: `due` are to be reminded, and how many are not, for which reason."""

    due: tuple[int, ...]
    no_address: int
    stopped: int
    recent: int
    waiting: int


def plan(conn: Connection, person_ids: Sequence[int], now: datetime, days_between: int) -> Plan:
    """Who of these can be reminded now; who was reminded less than so many days ago is left alone."""
    since = to_micros(now - timedelta(days=days_between))
    c, waiting, recent, without = reminder.c, set[int](), set[int](), set[int]()
    sent = and_(c.state.in_((State.SENT, State.UNSURE)), c.tried_at >= since)
    for some in _parts(person_ids):
        without |= stopped(conn, some)
        rows = conn.execute(
            select(c.person_id, c.ended_at).where(c.person_id.in_(some), or_(c.ended_at.is_(None), sent))
        ).all()
        waiting |= {row.person_id for row in rows if row.ended_at is None}
        recent |= {row.person_id for row in rows if row.ended_at is not None}
    recent -= without
    waiting -= without | recent
    left = [one for one in person_ids if one not in without | recent | waiting]
    known = addresses_of(conn, left)
    due = tuple(one for one in left if one in known)
    return Plan(due, len(left) - len(due), len(without), len(recent), len(waiting))


def enqueue(conn: Connection, person_ids: Collection[int], now: datetime, by: str) -> int:
    """Queue a reminder for each who has none waiting, in this order; how many."""
    at = to_micros(now)
    rows = [
        {
            "uuid": str(uuid4()),
            "person_id": one,
            "state": State.WAITING,
            "due_at": at,
            "recorded_at": at,
            "recorded_by": by,
        }
        for one in person_ids
    ]
    # Somebody else may have queued one since the plan was made.
    added = insert_of(conn, reminder).on_conflict_do_nothing().returning(reminder.c.uuid)
    queued: list[str] = []
    for start in range(0, len(rows), _AT_ONCE):
        queued.extend(conn.execute(added, rows[start : start + _AT_ONCE]).scalars())
    log_changes(conn, [Change("queue", "reminder", one) for one in queued], now, by)
    return len(queued)


def cancel(conn: Connection, which: ColumnElement[bool], now: datetime, by: str) -> int:
    """Send nothing of what waits and is meant by `which`, a condition on the table; how many."""
    waits = and_(reminder.c.state == State.WAITING, which)
    uuids = conn.execute(select(reminder.c.uuid).where(waits).with_for_update()).scalars().all()
    conn.execute(update(reminder).where(waits).values(state=State.CANCELLED, ended_at=to_micros(now)))
    log_changes(conn, [Change("cancel", "reminder", str(one)) for one in uuids], now, by)
    return len(uuids)


def interrupted(conn: Connection, now: datetime) -> int:
    """What a process that ended was handing over: nobody knows whether it arrived. How many there are."""
    lost = update(reminder).where(reminder.c.state == State.SENDING)
    return conn.execute(
        lost.values(state=State.UNSURE, ended_at=to_micros(now), error="interrupted")
    ).rowcount


def tried_since(conn: Connection, moment: datetime) -> int:
    """How many were handed to the server since."""
    tried = select(func.count()).select_from(reminder).where(reminder.c.tried_at > to_micros(moment))
    return conn.execute(tried).scalar_one()


def claim(conn: Connection, now: datetime) -> Row[int, str, int, int, int] | None:
    """The next that is due, which is SENDING from now on: id, uuid, person_id, tries (this one too) and
    recorded_at; None: nothing is due."""
    c, at = reminder.c, to_micros(now)
    due = select(c.id).where(c.state == State.WAITING, c.due_at <= at).order_by(c.due_at, c.id).limit(1)
    found = conn.execute(due.with_for_update()).scalar_one_or_none()
    if found is None:
        return None
    mine = update(reminder).where(c.id == found)
    conn.execute(mine.values(state=State.SENDING, tries=c.tries + 1, tried_at=at))
    columns = (c.id, c.uuid, c.person_id, c.tries, c.recorded_at)
    return conn.execute(select(*columns).where(c.id == found)).one()


def end(conn: Connection, reminder_id: int, state: State, now: datetime, error: str | None = None) -> None:
    """Nothing more is done about it. What never was tried counts for no limit."""
    values: dict[str, object] = {"state": state, "ended_at": to_micros(now)}
    if error is not None or state is State.SENT:
        values["error"] = error
    if state not in (State.SENT, State.UNSURE, State.REFUSED):
        values["tried_at"] = None
    conn.execute(update(reminder).where(reminder.c.id == reminder_id).values(values))


def put_back(conn: Connection, reminder_id: int, tries: int, now: datetime, error: str) -> None:
    """Try again later, each time twice as late."""
    due = to_micros(now + delay(tries))
    values = {"state": State.WAITING, "due_at": due, "error": error}
    conn.execute(update(reminder).where(reminder.c.id == reminder_id).values(values))


def delay(tries: int) -> timedelta:
    """How long to wait after so many tries."""
    return min(_FIRST * (1 << min(tries - 1, 10)), _LONGEST)


def forget_reminders(conn: Connection, person_ids: Collection[int]) -> dict[str, int]:
    """Forget all about people who are erased; how many rows of which table there were."""
    counts = {
        table.name: conn.execute(delete(table).where(table.c.person_id.in_(person_ids))).rowcount
        for table in FORGOTTEN
    }
    return {name: count for name, count in counts.items() if count}


def count_states(conn: Connection) -> dict[State, int]:
    """How many there are in each state."""
    rows = conn.execute(select(reminder.c.state, func.count()).group_by(reminder.c.state))
    return {State(state): number for state, number in rows}


def count_open(conn: Connection) -> int:
    """How many wait or are being sent."""
    return sum(number for state, number in count_states(conn).items() if state in OPEN)


def count_errors(conn: Connection) -> dict[str, int]:
    """How many were answered how, of those that wait or came to nothing."""
    c = reminder.c
    rows = conn.execute(
        select(c.error, func.count()).where(c.error.is_not(None)).group_by(c.error).order_by(c.error)
    )
    return {str(error): number for error, number in rows}


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
