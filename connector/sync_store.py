"""Platforms, their courses, the passes over them and the runs that make them (SQL).

A pass reads all that a platform says, and a run is a process at it: a run that is killed leaves a pass that
the next run goes on with, at the same moment in all that is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from connector.completion import Course
from connector.platforms import Cursor, PlatformError
from connector.tables import platform, platform_course, sync_run
from lrs.clock import from_micros, from_micros_or_none, to_micros

PASS_LASTS = timedelta(days=1)
"""After that a pass that was broken off begins anew: else one learner who cannot be read would keep those
before it from being read again."""

COURSE_SEEN_EVERY = timedelta(days=1)
_DIED = "the process ended without a word: killed, or the machine went down"


@dataclass(slots=True)
class SyncReport:
    """What a run saw and did: accounts, courses, completions seen; statements written and voided.

    `learners_total`: how many it expects to read, None where that is not known.
    """

    learners: int = 0
    courses: int = 0
    completions: int = 0
    written: int = 0
    voided: int = 0
    learners_total: int | None = None


class Pass(NamedTuple):
    """A pass: its moment, where to go on, and until when the store has been compared (None: never).

    `partial`: over some courses only. It leaves the platform's own pass and its cursor as they are.
    """

    began_at: datetime
    cursor: Cursor | None
    compared_until: datetime | None
    partial: bool = False


def open_run(conn: Connection, name: str, kind: str, now: datetime) -> tuple[int, int]:
    """The ids of the platform's row, made at its first sync, and of a new run.

    Only for whoever holds the lock of the platform's sync: runs not closed are taken for dead.
    """
    platform_id = conn.execute(select(platform.c.id).where(platform.c.name == name)).scalar()
    if platform_id is None:
        new = insert(platform).values(name=name, kind=kind, home_page="")
        platform_id = conn.execute(new.returning(platform.c.id)).scalar_one()
    _close_dead(conn, platform_id)
    run = insert(sync_run).values(
        platform_id=platform_id, started_at=to_micros(now), seen_at=to_micros(now), **_counts(SyncReport())
    )
    return platform_id, conn.execute(run.returning(sync_run.c.id)).scalar_one()


def _close_dead(conn: Connection, platform_id: int) -> None:
    dead = (sync_run.c.platform_id == platform_id) & sync_run.c.finished_at.is_(None)
    last_sign = func.coalesce(sync_run.c.seen_at, sync_run.c.started_at)
    values = {"finished_at": last_sign, "error": _DIED, "error_is_permanent": False}
    conn.execute(update(sync_run).where(dead).values(values))


def close_run(
    conn: Connection, run_id: int, now: datetime, report: SyncReport, error: BaseException | None
) -> None:
    """Close a run's row. An error that no platform made is told by its kind: its text may name people."""
    values = {
        "finished_at": to_micros(now),
        "seen_at": to_micros(now),
        "error": _told(error) if error else None,
        "error_is_permanent": getattr(error, "permanent", False) if error else None,
    }
    conn.execute(update(sync_run).where(sync_run.c.id == run_id).values(values | _counts(report)))


def _told(error: BaseException) -> str:
    if isinstance(error, PlatformError):
        return str(error)
    return "interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__


def show_life(conn: Connection, run_id: int, now: datetime, report: SyncReport) -> None:
    """How far the run is."""
    values = {"seen_at": to_micros(now)} | _counts(report)
    conn.execute(update(sync_run).where(sync_run.c.id == run_id).values(values))


def _counts(report: SyncReport) -> dict[str, Any]:
    return {
        "learners_total": report.learners_total,
        "learners_seen": report.learners,
        "courses_seen": report.courses,
        "completions_seen": report.completions,
        "statements_written": report.written,
        "statements_voided": report.voided,
    }


def find_pass(
    conn: Connection, name: str, home_page: str, now: datetime, *, full: bool, partial: bool
) -> tuple[int | None, Pass]:
    """The platform's id, None before its first sync, and the pass that a sync would make now.

    A pass that was broken off is gone on with, unless everything is to be read again. Raises PlatformError
    where the site calls itself otherwise than before.
    """
    row = conn.execute(select(platform).where(platform.c.name == name)).one_or_none()
    if row is None:
        return None, Pass(now, None, None, partial)
    _check_home_page(row.home_page, home_page)
    return row.id, _pass(row, now, full, partial)


def _pass(row: Row[Any], now: datetime, full: bool, partial: bool) -> Pass:
    compared_until = from_micros_or_none(row.compared_until)
    cursor = None if row.cursor is None else Cursor(row.cursor)
    if full or partial:
        return Pass(now, None, compared_until, partial)
    if row.pass_started_at is None:
        return Pass(now, cursor, compared_until)
    began_at = from_micros(row.pass_started_at)
    if now - began_at > PASS_LASTS:
        return Pass(now, None, compared_until)
    return Pass(began_at, cursor, compared_until)


def _check_home_page(known: str, home_page: str) -> None:
    if known and known != home_page:
        raise PlatformError(
            f"the site calls itself {home_page} and was {known}: its accounts would be taken for new ones; "
            "restore the site's address, or enter the site as a platform of another name",
            permanent=True,
        )


def begin_pass(conn: Connection, platform_id: int, home_page: str, begun: Pass) -> None:
    """Keep the site's address, and where the pass stands before its first page."""
    values: dict[str, Any] = {"home_page": home_page}
    if not begun.partial:
        cursor = None if begun.cursor is None else begun.cursor.state
        values |= {"pass_started_at": to_micros(begun.began_at), "cursor": cursor}
    conn.execute(update(platform).where(platform.c.id == platform_id).values(values))


def move_cursor(conn: Connection, platform_id: int, reached: Cursor) -> None:
    """All before it is stored, in the same transaction."""
    conn.execute(update(platform).where(platform.c.id == platform_id).values(cursor=reached.state))


def end_pass(conn: Connection, platform_id: int, ended: Pass) -> None:
    """The next run begins another pass."""
    if not ended.partial:
        values = {"pass_started_at": None, "compared_until": to_micros(ended.began_at)}
        conn.execute(update(platform).where(platform.c.id == platform_id).values(values))


def record_courses(conn: Connection, courses: Iterable[Course], now: datetime) -> None:
    """Add courses and follow their names; that one was seen is written once a day."""
    for course in courses:
        row = platform_course.c
        same = (row.home_page == course.home_page) & (row.external_id == course.external_id)
        known = conn.execute(select(platform_course).where(same)).one_or_none()
        values = _shown(course)
        seen = {"last_seen_at": to_micros(now)}
        if known is None:
            key = {"home_page": course.home_page, "external_id": course.external_id}
            conn.execute(insert(platform_course).values(key | values | seen))
        elif _differs(known, values) or to_micros(now - COURSE_SEEN_EVERY) >= known.last_seen_at:
            conn.execute(update(platform_course).where(row.id == known.id).values(values | seen))


def _shown(course: Course) -> dict[str, str]:
    return {name: getattr(course, name) for name in ("activity_iri", "shortname", "idnumber", "title")}


def _differs(known: Row[Any], values: dict[str, str]) -> bool:
    return any(getattr(known, name) != value for name, value in values.items())
