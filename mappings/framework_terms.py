"""The days on which versions of a framework are in force, and since when that is known.

A version's rows are superseded, never rewritten: a report of what was known before a version was ended still
sees it unended.
"""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.errors import MappingError
from mappings.requirements import valid_on
from mappings.stale import mark_everybody
from mappings.tables import framework, framework_term


def known(known_at: int | None = None) -> ColumnElement[bool]:
    """Which rows of framework_term the store knew at an instant; None: now. One for each version."""
    c = framework_term.c
    if known_at is None:
        return c.superseded_at.is_(None)
    return and_(c.recorded_at <= known_at, or_(c.superseded_at.is_(None), c.superseded_at > known_at))


def in_force(day: date, known_at: int | None = None) -> ColumnElement[bool]:
    """Those of `known` whose version is in force on a day."""
    return known(known_at) & valid_on(framework_term, day)


def framework_on(conn: Connection, day: date, known_at: int | None = None) -> int | None:
    """The framework in force, as was known at an instant (None: now): of several the last to begin."""
    c = framework_term.c
    held = select(c.framework_id).where(in_force(day, known_at))
    last = held.order_by(c.valid_from.desc(), c.framework_id.desc()).limit(1)
    return conn.execute(last).scalar_one_or_none()


def add_term(
    conn: Connection, framework_id: int, first: date, last: date | None, now: datetime, by: str
) -> None:
    """From now on it is known that the version is in force on these days."""
    days = {"valid_from": first, "valid_to": last}
    recorded = {"recorded_at": to_micros(now), "recorded_by": by}
    conn.execute(insert(framework_term).values(framework_id=framework_id, **days, **recorded))


def end_framework(
    conn: Connection, code: str, version: str, last: date | None, reason: str, now: datetime, by: str
) -> bool:
    """Give a version another last day; None: it lasts for good. False where that stands already.

    Everybody is computed anew by the next refresh. Raises MappingError.
    """
    row = _standing(conn, code, version)
    if row.valid_to == last:
        return False
    if last is not None and last < row.valid_from:
        raise MappingError(
            f"framework '{code}' version '{version}': begins on {row.valid_from}, after the last day {last}"
        )
    ended = update(framework_term).where(framework_term.c.id == row.id, known())
    if not conn.execute(ended.values(superseded_at=to_micros(now))).rowcount:
        raise MappingError(f"framework '{code}' version '{version}': was changed meanwhile; look, then again")
    add_term(conn, row.framework_id, row.valid_from, last, now, by)
    detail = f"{code} version {version}: last day {row.valid_to or 'none'} -> {last or 'none'}: {reason}"
    log_changes(conn, [Change("end", "framework", str(row.framework_id), detail)], now, by)
    mark_everybody(conn)
    return True


def _standing(conn: Connection, code: str, version: str) -> Row[int, int, date, date | None]:
    c = framework_term.c
    same = (framework.c.code == code) & (framework.c.version == version)
    row = conn.execute(
        select(c.id, c.framework_id, c.valid_from, c.valid_to)
        .join(framework, framework.c.id == c.framework_id)
        .where(same, known())
    ).one_or_none()
    if row is None:
        raise MappingError(f"framework '{code}' version '{version}' is not loaded: see `framework list`")
    return row
