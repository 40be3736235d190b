"""Who wants no reminders (SQL). Functions take a connection and never commit."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from connector.reminders.states import State
from connector.tables_people import reminder, reminder_stop
from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.tables import person, person_merge

THEMSELVES = "link in a reminder"
"""In the log of changes: who followed the link."""


def stopped(conn: Connection, person_ids: Collection[int]) -> set[int]:
    """Those of them who want none; whoever was merged into them may have said so."""
    merge, stop = person_merge.c, reminder_stop.c
    merged = and_(merge.from_id == stop.person_id, merge.undone_at.is_(None))
    rows = conn.execute(
        select(stop.person_id, merge.into_id)
        .outerjoin(person_merge, merged)
        .where(or_(stop.person_id.in_(person_ids), merge.into_id.in_(person_ids)))
    )
    return {one for row in rows for one in row if one is not None} & set(person_ids)


def stop(conn: Connection, uuid: str, now: datetime, by: str | None) -> bool:
    """Send a person no more, nor what waits; whether there is such a person. `by` None: they asked."""
    found = conn.execute(
        select(person.c.id).where(person.c.uuid == uuid, person.c.erased_at.is_(None)).with_for_update()
    ).scalar_one_or_none()
    if found is None:
        return False
    conn.execute(delete(reminder_stop).where(reminder_stop.c.person_id == found))
    conn.execute(insert(reminder_stop).values(person_id=found, stopped_by=by, stopped_at=to_micros(now)))
    waits = and_(reminder.c.person_id == found, reminder.c.state == State.WAITING)
    conn.execute(update(reminder).where(waits).values(state=State.STOPPED, ended_at=to_micros(now)))
    log_changes(conn, [Change("stop reminders", "person", uuid)], now, by or THEMSELVES)
    return True


def resume(conn: Connection, uuid: str, now: datetime, by: str | None) -> bool:
    """Reminders may be sent again; whether it changed anything. A coordinator (`by`) cannot undo what the
    person asked for."""
    theirs = reminder_stop.c.person_id.in_(select(person.c.id).where(person.c.uuid == uuid))
    mine = theirs if by is None else and_(theirs, reminder_stop.c.stopped_by.is_not(None))
    done = conn.execute(delete(reminder_stop).where(mine)).rowcount
    if done:
        log_changes(conn, [Change("resume reminders", "person", uuid)], now, by or THEMSELVES)
    return bool(done)
