"""How each platform's syncs went: the platforms of the settings and those that were ever synced (SQL)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from connector.report.syncs import PlatformSyncs, Run, Watched
from connector.tables import platform, sync_run
from lrs.clock import from_micros, from_micros_or_none

RUNS_SHOWN = 5


def read_syncs(conn: Connection, watched: Mapping[str, Watched], now: datetime) -> tuple[PlatformSyncs, ...]:
    """By name."""
    known = {row.name: _syncs(conn, row, watched, now) for row in conn.execute(select(platform)).all()}
    never = {
        name: PlatformSyncs(name, one.kind, "", now, watched=one)
        for name, one in watched.items()
        if name not in known
    }
    return tuple(one for _, one in sorted((known | never).items()))


def _syncs(conn: Connection, row: Any, watched: Mapping[str, Watched], now: datetime) -> PlatformSyncs:
    return PlatformSyncs(
        name=row.name,
        kind=row.kind,
        home_page=row.home_page,
        now=now,
        runs=_runs(conn, row.id),
        succeeded_at=from_micros_or_none(_succeeded(conn, row)),
        failures=row.failures,
        paused_until=from_micros_or_none(row.paused_until),
        next_run_at=from_micros_or_none(row.next_run_at),
        watched=watched.get(row.name),
    )


def _runs(conn: Connection, platform_id: int) -> tuple[Run, ...]:
    """One query a platform: runs are many, and the index leads to the newest of each."""
    c = sync_run.c
    newest = select(sync_run).where(c.platform_id == platform_id).order_by(c.id.desc()).limit(RUNS_SHOWN)
    return tuple(_run(row) for row in conn.execute(newest))


def _succeeded(conn: Connection, row: Any) -> int | None:
    """A run over some courses is no pass, a pass may take several runs, and may end with a refusal."""
    c = sync_run.c
    good = (c.platform_id == row.id) & c.finished_at.is_not(None) & c.error.is_(None)
    started = conn.execute(select(c.started_at).where(good).order_by(c.id.desc()).limit(1)).scalar()
    if started is None or row.compared_until is None:
        return None
    return min(int(started), int(row.compared_until))


def _run(row: Any) -> Run:
    return Run(
        started_at=from_micros(row.started_at),
        finished_at=from_micros_or_none(row.finished_at),
        seen_at=from_micros_or_none(row.seen_at),
        learners=row.learners_seen,
        learners_total=row.learners_total,
        courses=row.courses_seen,
        completions=row.completions_seen,
        written=row.statements_written,
        voided=row.statements_voided,
        error=row.error,
        error_is_permanent=bool(row.error_is_permanent),
    )
