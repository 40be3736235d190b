"""Who wants no reminders (SQL). Functions take a connection and never commit."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, select, update

from connector.reminders.states import State
from connector.tables_people import reminder, reminder_stop
from lrs.clock import to_micros
from lrs.database import chunks
from mappings.changes import Change, log_changes
from mappings.merged import merged_into
from mappings.tables import person

THEMSELVES = "link in a reminder"
"""In the log of changes: who followed the link."""


def stopped(conn: Connection, person_ids: Collection[int]) -> set[int]:
    """Those of them who want none; whoever was merged into them, by however many steps, may have said so."""
    wanted = set(person_ids)
    merged = {one: into for one, into in merged_into(conn).items() if into in wanted}
    said: set[int] = set()
    for some in chunks(sorted(wanted | merged.keys())):
        theirs = select(reminder_stop.c.person_id).where(reminder_stop.c.person_id.in_(some))
        said.update(conn.execute(theirs).scalars())
    return (said & wanted) | {merged[one] for one in said & merged.keys()}


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
