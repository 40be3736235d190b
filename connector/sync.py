"""One sync of one platform: read it, compare with the store, write the difference.

The only place that moves a cursor: with the cursor, everything before it is stored in one
transaction. When the platform fails midway, finished pages stay, the page at hand changes nothing,
and the run is kept with the one line that says what the administrator must do.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, func, insert, select, update

from connector.completion import Course, Fact, Learner, Observation
from connector.plan import Ledger, Step, Void, plan
from connector.platforms import Asked, Cursor, Platform, PlatformError
from connector.sink import sync_authority, write
from connector.statements import build, voiding
from connector.tables import platform as platform_table
from connector.tables import platform_course, sync_run
from lrs.clock import Clock, to_micros
from lrs.database import read_only
from lrs.reading import held
from lrs.statement import Authority
from mappings.people import AccountSeen, link_accounts, observe_accounts

SHRINK_SHARE = 0.2
SHRINK_AT_LEAST = 50

Progress = Callable[[str, int, int], None]
"""Called with (what is counted, how many are done, of how many)."""

log = structlog.get_logger()


@dataclass(slots=True)
class SyncReport:
    """What a sync saw and did: accounts, courses, completions seen; statements written and voided."""

    learners: int = 0
    courses: int = 0
    completions: int = 0
    written: int = 0
    voided: int = 0


def sync(
    engine: Engine,
    platform: Platform,
    *,
    name: str,
    kind: str,
    now: datetime,
    clock: Clock | None = None,
    progress: Progress | None = None,
    allow_shrink: bool = False,
) -> SyncReport:
    """Bring the store to what the platform says; raises PlatformError after recording it.

    `now` is the sync's moment in all that it records; the clock says when statements are stored (the same
    moment, where none is given).

    `allow_shrink` lets a sync take back more completions than the guard thinks sane.
    """
    with engine.begin() as conn:
        platform_id, run_id = _begin(conn, name, kind, now)
    report = SyncReport()
    began = time.monotonic()
    failure: BaseException | None = None
    try:
        _Run(
            engine, platform, platform_id, name, kind, now, clock or (lambda: now), report, allow_shrink
        ).run(progress)
    except BaseException as error:
        failure = error
        raise
    finally:
        _finish(engine, run_id, now + timedelta(seconds=time.monotonic() - began), report, failure)
    return report


@dataclass(slots=True)
class _Run:
    """The state of a running sync."""

    engine: Engine
    platform: Platform
    platform_id: int
    name: str
    kind: str
    now: datetime
    clock: Clock
    report: SyncReport
    allow_shrink: bool
    courses: set[Course] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    taken_back: int = 0

    def run(self, progress: Progress | None) -> None:
        """Read everything, page by page."""
        home_page = self.platform.home_page
        with self.engine.begin() as conn:
            cursor = _resume(conn, self.platform_id, home_page)
            self.taken_back = _voided_since_success(conn, self.platform_id)
        with read_only(self.engine).begin() as conn:
            ledger = Ledger(held(conn, home_page))
        most_taken_back = max(SHRINK_AT_LEAST, SHRINK_SHARE * ledger.completions())
        authority = sync_authority(self.name, home_page)
        for observations, reached in _pages(self.platform.observe(cursor, Asked())):
            steps = plan(observations, ledger)
            self._guard(steps, most_taken_back)
            with self.engine.begin() as conn:
                self._store(conn, observations, steps, authority, reached)
            ledger.follow(steps, authority.level, self.now)
            self._count(observations, steps)
            if progress and reached:
                progress("learners", reached.done, reached.total)
        with self.engine.begin() as conn:
            # Not page by page: two accounts that show one national id may stand on two pages.
            link_accounts(conn, self.now, f"sync:{self.name}")

    def _guard(self, steps: list[Step], most: float) -> None:
        """An account that lost a right, or a restored old backup, must not empty the store."""
        self.taken_back += len({_pair(step) for step in steps if isinstance(step, Void) and step.takes_back})
        if self.taken_back > most and not self.allow_shrink:
            raise PlatformError(
                f"{self.name}: more than {most:.0f} completions would be taken back; if that is right, "
                "sync once with --accept-shrink",
                permanent=True,
            )

    def _store(
        self,
        conn: Connection,
        observations: list[Observation],
        steps: list[Step],
        authority: Authority,
        reached: Cursor | None,
    ) -> None:
        observe_accounts(conn, _accounts(observations), self.now)
        for course in {one.course for one in observations} - self.courses:
            _record_course(conn, course, self.now)
        write(conn, (self._document(step, authority) for step in steps), authority, self.clock)
        if reached:
            row = platform_table.c.id == self.platform_id
            conn.execute(update(platform_table).where(row).values(cursor=reached.state))

    def _document(self, step: Step, authority: Authority) -> dict[str, Any]:
        if isinstance(step, Void):
            home_page = self.platform.home_page
            return voiding(step.held.statement_id, home_page=home_page, agent=authority.agent, now=self.now)
        return build(step.observation, occurrence=step.occurrence, platform=self.kind, now=self.now)

    def _count(self, observations: list[Observation], steps: list[Step]) -> None:
        self.courses |= {one.course for one in observations}
        self.accounts |= {one.learner.account_name for one in observations}
        report = self.report
        report.learners, report.courses = len(self.accounts), len(self.courses)
        report.completions += sum(one.fact is Fact.COMPLETED for one in observations)
        voided = sum(isinstance(step, Void) for step in steps)
        report.voided += voided
        report.written += len(steps) - voided
        log.info("sync page", platform=self.name, learners=report.learners, written=report.written)


def _pages(said: Iterable[Observation | Cursor]) -> Iterator[tuple[list[Observation], Cursor | None]]:
    """What is stored together: all up to a cursor, and what follows the last one."""
    page: list[Observation] = []
    for item in said:
        if isinstance(item, Cursor):
            yield page, item
            page = []
        else:
            page.append(item)
    if page:
        yield page, None


def _pair(void: Void) -> tuple[str, str]:
    return void.held.account_name, void.held.activity_iri


def _accounts(observations: Iterable[Observation]) -> list[AccountSeen]:
    learners: dict[str, Learner] = {one.learner.account_name: one.learner for one in observations}
    return [
        AccountSeen(one.home_page, one.account_name, one.display_name, one.id_hmac, one.email, one.username)
        for one in learners.values()
    ]


def _begin(conn: Connection, name: str, kind: str, now: datetime) -> tuple[int, int]:
    """The ids of the platform's row, made at its first sync, and of this run's."""
    found = conn.execute(select(platform_table.c.id).where(platform_table.c.name == name)).scalar()
    if found is None:
        new = insert(platform_table).values(name=name, kind=kind, home_page="")
        found = conn.execute(new.returning(platform_table.c.id)).scalar_one()
    run = insert(sync_run).values(
        platform_id=found,
        started_at=to_micros(now),
        learners_seen=0,
        courses_seen=0,
        completions_seen=0,
        statements_written=0,
        statements_voided=0,
    )
    return found, conn.execute(run.returning(sync_run.c.id)).scalar_one()


def _resume(conn: Connection, platform_id: int, home_page: str) -> Cursor | None:
    """Where to go on. The home page is learnt at the first sync and must not change after it."""
    this = platform_table.c.id == platform_id
    known, state = conn.execute(select(platform_table.c.home_page, platform_table.c.cursor).where(this)).one()
    if not known:
        conn.execute(update(platform_table).where(this).values(home_page=home_page))
    elif known != home_page:
        raise PlatformError(
            f"the site calls itself {home_page} and was {known}: its accounts would be taken for new ones; "
            "restore the site's address, or enter the site as a platform of another name",
            permanent=True,
        )
    return Cursor(state) if state is not None else None


def _voided_since_success(conn: Connection, platform_id: int) -> int:
    """What failed runs voided since the last good one: retrying must not wear the guard down."""
    ours, ended = sync_run.c.platform_id == platform_id, sync_run.c.finished_at.is_not(None)
    good = select(func.max(sync_run.c.id)).where(ours, ended, sync_run.c.error.is_(None)).scalar_subquery()
    voided = select(func.sum(sync_run.c.statements_voided))
    return conn.execute(voided.where(ours, ended, sync_run.c.id > func.coalesce(good, 0))).scalar() or 0


def _record_course(conn: Connection, course: Course, now: datetime) -> None:
    row = platform_course.c
    values = {
        "activity_iri": course.activity_iri,
        "shortname": course.shortname,
        "idnumber": course.idnumber,
        "title": course.title,
        "last_seen_at": to_micros(now),
    }
    same = (row.home_page == course.home_page) & (row.external_id == course.external_id)
    if conn.execute(update(platform_course).where(same).values(values)).rowcount == 0:
        key = {"home_page": course.home_page, "external_id": course.external_id}
        conn.execute(insert(platform_course).values(key | values))


def _finish(
    engine: Engine, run_id: int, at: datetime, report: SyncReport, error: BaseException | None
) -> None:
    """Close the run's row. An error that no platform made is told by its kind: its text may name people."""
    told = str(error) if isinstance(error, PlatformError) else type(error).__name__
    values = {
        "finished_at": to_micros(at),
        "learners_seen": report.learners,
        "courses_seen": report.courses,
        "completions_seen": report.completions,
        "statements_written": report.written,
        "statements_voided": report.voided,
        "error": told if error else None,
        "error_is_permanent": getattr(error, "permanent", False) if error else None,
    }
    with engine.begin() as conn:
        conn.execute(update(sync_run).where(sync_run.c.id == run_id).values(values))
    if error:
        log.info("sync run failed", run=run_id, error=told)
