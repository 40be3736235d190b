"""Month-ends closed: everybody's progress at the end of a month, as known then, kept as counts.

A closing never changes. Where something that bears on its day has come to be known since, the month is closed
once more, with a `known_at` of its own: each pair of times keeps its answer.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select, update

from lrs.clock import from_micros, to_micros
from lrs.tables import evidence
from mappings.asked import Progress
from mappings.changes import Change, log_changes
from mappings.closing_changes import has_changed
from mappings.counts import recount
from mappings.days import bangkok_day, day_before
from mappings.errors import MappingError
from mappings.steps import joining, own_table
from mappings.tables import account_link, closing, counted, counted_learning, membership
from mappings.unit_counts import TODAY, Sources, asked_of

Told = Callable[[str, int, int], None]
"""Told the stage, how many months are done, of how many."""

MOST_MONTHS = 60
"""So many month-ends back from today are closed by themselves."""


def month_end(month: str, now: datetime) -> date:
    """The last day of a month such as "2026-10". Raises MappingError: another word, or not over yet."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise MappingError(f"month '{month}': write a year and a month, such as 2026-10") from None
    last = day_before((first + timedelta(days=31)).replace(day=1))
    if last >= bangkok_day(now):
        raise MappingError(f"month '{month}': it is not over yet")
    return last


def past_month_ends(conn: Connection, now: datetime) -> list[date]:
    """Those since anybody had a post, at most MOST_MONTHS, the earliest first."""
    first = conn.execute(select(func.min(membership.c.valid_from))).scalar_one()
    return [] if first is None else sorted(day for day in _month_ends(bangkok_day(now)) if day >= first)


def _month_ends(today: date) -> Iterator[date]:
    for _ in range(MOST_MONTHS):
        today = day_before(today.replace(day=1))
        yield today


def close_months(
    engine: Engine,
    days: list[date] | None,
    now: datetime,
    told: Told = lambda *_: None,
    anew_by: str | None = None,
) -> list[date]:
    """Close month-ends (None: all past ones) that are not closed yet or not as they would be now; which.

    A transaction each: what was done stays when it is broken off. `anew_by`: as for `close_month`.
    """
    if days is None:
        with engine.connect() as conn:
            days = past_month_ends(conn, now)
    closed = []
    for number, day in enumerate(days):
        told("months", number, len(days))
        with engine.begin() as conn:
            if close_month(conn, day, now, anew_by):
                closed.append(day)
    told("months", len(days), len(days))
    return closed


def close_month(conn: Connection, day: date, now: datetime, anew_by: str | None = None) -> bool:
    """Close a past day; False where its latest closing says what a new one would.

    `anew_by`: who wants it closed in any case, for a closing that was counted wrongly shows no change; which
    goes to the log.
    """
    newest = conn.execute(select(func.max(evidence.c.seq))).scalar_one() or 0
    held = latest_closing(conn, day)
    if held is not None and anew_by is None:
        number, known_at = held
        if not has_changed(conn, number, day, to_micros(known_at)):
            conn.execute(update(closing).where(closing.c.id == number).values(evidence_seq=newest))
            return False
    number = _close(conn, day, to_micros(now), newest)
    if anew_by is not None:
        log_changes(conn, [Change("close anew", "month", f"{day:%Y-%m}", f"closing {number}")], now, anew_by)
    return True


def _close(conn: Connection, day: date, known: int, newest: int) -> int:
    """One more closing; its number. `newest`: the last evidence that there is."""
    asked = asked_of(conn, day, known)
    times = {"as_of_day": day, "known_at": known, "framework_id": asked.framework_id}
    added = insert(closing).values(**times, evidence_seq=newest).returning(closing.c.id)
    number: int = conn.execute(added).scalar_one()
    everybody = select(account_link.c.person_id).distinct()
    progress = Progress(conn, day, known, everybody)
    own = [own_table(table, f"closing_{table.name}") for table in (counted, counted_learning)]
    for table in own:
        table.create(conn, checkfirst=False)
    with joining(conn, None):
        recount(conn, number, asked, Sources(progress.states, progress.events, *own))
    for table in own:
        table.drop(conn)
    return number


def latest_closing(conn: Connection, day: date) -> tuple[int, datetime] | None:
    """The number of a day's last closing, and what was known then."""
    c = closing.c
    of_day = select(c.id, c.known_at).where(c.as_of_day == day, c.id != TODAY)
    row = conn.execute(of_day.order_by(c.known_at.desc(), c.id.desc()).limit(1)).first()
    return None if row is None else (row.id, from_micros(row.known_at))
