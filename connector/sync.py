"""One sync of one platform: read it, compare with the store, write the difference.

The only place that moves a cursor: with the cursor, everything before it is stored in one transaction. When
the platform fails midway, finished pages stay, the page at hand changes nothing, and the run is kept with the
one line that says what the administrator must do. Completions are taken back once all is read, if they are
not too many. Whoever goes on with a pass that was broken off, by a failure or a kill, writes what it would
have written.
"""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from connector import sync_store, take_backs
from connector.completion import Course, Observation
from connector.enrolments import Remembered, remember
from connector.locks import StillOurs, held
from connector.page import Page, compare, pages
from connector.plan import Step, Void
from connector.platforms import Asked, Cursor, Platform, PlatformError, Seen
from connector.sink import sync_authority, validated, write
from connector.statements import build, voiding
from connector.sync_store import Pass, SyncReport
from connector.take_backs import Numbers, TakeBack
from lrs.clock import Clock
from lrs.database import read_only
from lrs.statement import Authority
from mappings.people import link_touched, observe_accounts

__all__ = ["Options", "Progress", "SyncReport", "sync"]

TAKEN_BACK_AT_ONCE = 500

Progress = Callable[[str, int, int], None]
"""Called with (what is counted, how many are done, of how many)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Options:
    """How to sync.

    `courses`: those that the platform is read for (external ids, short names or idnumbers); empty for all.
    `only`: read these this once, from the start, and leave the pass over all as it stands. `full`: read
    everything again, from the start. A sync that would take back more than `shrink_share` of the platform's
    current completions, and more than `shrink_at_least`, takes back none, unless `accept_shrink`.
    """

    courses: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    full: bool = False
    accept_shrink: bool = False
    shrink_share: float = 0.2
    shrink_at_least: int = 50

    def asked(self, seen: Seen) -> Asked:
        """What the platform is asked."""
        return Asked(seen, self.only or self.courses, self.full)

    def refusal(self, name: str, waiting: Numbers, current: Numbers) -> PlatformError | None:
        """Why so many of the current completions cannot be taken back; None where they can."""
        for what, taken, of_all in zip(("courses", "activities"), waiting, current, strict=True):
            most = max(self.shrink_at_least, self.shrink_share * of_all)
            if taken > most and not self.accept_shrink:
                return PlatformError(
                    f"{name}: {taken} of {of_all} completions of {what} would be taken back, more than "
                    f"{most:.0f}: none is; if that is right, sync once with --accept-shrink",
                    permanent=True,
                )
        return None


def sync(
    engine: Engine,
    platform: Platform,
    *,
    name: str,
    kind: str,
    now: datetime,
    clock: Clock | None = None,
    progress: Progress | None = None,
    options: Options | None = None,
) -> SyncReport:
    """Bring the store to what the platform says; raises PlatformError after recording it.

    `now` is the sync's moment in all that it records, where it does not go on with a pass that has one; the
    clock says when statements are stored (the same moment, where none is given). Raises AlreadyRunning, and
    records nothing, while another sync of the platform runs.
    """
    clock = clock or (lambda: now)
    with held(engine, f"sync:{name}") as still_ours:
        with engine.begin() as conn:
            platform_id, run_id = sync_store.open_run(conn, name, kind, now)
        ids = _Ids(name, kind, platform_id, run_id)
        run = _Run(engine, platform, ids, clock, _Watch(now), options or Options(), progress, still_ours)
        failure: BaseException | None = None
        try:
            run.run()
        except BaseException as error:
            failure = error
            log.debug("sync run failed", run=run_id, error=type(error).__name__)
            raise
        finally:
            with engine.begin() as conn:
                sync_store.close_run(conn, run_id, run.watch.now(), run.report, failure)
    return run.report


class _Ids(NamedTuple):
    """What is synced, and by which run."""

    name: str
    kind: str
    platform_id: int
    run_id: int


class _Watch:
    """The present, counted from the moment that the caller gave."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self._began = time.monotonic()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self._began)


@dataclass(slots=True)
class _Run:
    """The state of a running sync."""

    engine: Engine
    platform: Platform
    ids: _Ids
    clock: Clock
    watch: _Watch
    options: Options
    progress: Progress | None
    still_ours: StillOurs
    report: SyncReport = field(default_factory=SyncReport)
    courses: set[Course] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Read everything, page by page; then take back."""
        home_page = self.platform.home_page
        current = self._begin(home_page)
        authority = sync_authority(self.ids.name, home_page)
        seen = Remembered(self.engine, self.ids.platform_id)
        asked = self.options.asked(seen)
        for observations, reached in pages(self.platform.observe(current.cursor, asked)):
            self._take(observations, reached, current, authority)
        self._end(current, authority)

    def _begin(self, home_page: str) -> Pass:
        full, partial = self.options.full, bool(self.options.only)
        with self.engine.begin() as conn:
            _, begun = sync_store.find_pass(
                conn, self.ids.name, home_page, self.watch.start, full=full, partial=partial
            )
            sync_store.begin_pass(conn, self.ids.platform_id, home_page, begun)
        return begun

    def _take(
        self, observations: list[Observation], reached: Cursor | None, current: Pass, authority: Authority
    ) -> None:
        """One page: compare, and write what differs."""
        with read_only(self.engine).begin() as conn:
            page = compare(conn, self.ids.platform_id, observations, current.began_at)
        documents = [self._document(step, authority, current) for step in page.steps]
        prepared = validated(documents, authority)
        after = self._counted(page, reached)
        with self._writing(after) as conn:
            observe_accounts(conn, page.accounts(), self.watch.start)
            sync_store.record_courses(conn, page.courses() - self.courses, self.watch.start)
            remember(conn, self.ids.platform_id, page.states, current.began_at)
            take_backs.settle(conn, self.ids.platform_id, page.spared)
            take_backs.wait(conn, self.ids.platform_id, page.take_back)
            write(conn, prepared, self.clock)
            if reached and not current.partial:
                sync_store.move_cursor(conn, self.ids.platform_id, reached)
        self.courses |= page.courses()
        self.accounts |= page.names()
        if reached:
            self._tell("learners", reached.done, reached.total)
        log.debug("sync page", platform=self.ids.name, learners=after.learners, written=after.written)

    def _counted(self, page: Page, reached: Cursor | None) -> SyncReport:
        """The counts, once the page is stored."""
        before = self.report
        voided = sum(isinstance(step, Void) for step in page.steps)
        return SyncReport(
            learners=len(self.accounts) + len(page.names() - self.accounts),
            courses=len(self.courses | page.courses()),
            completions=before.completions + page.completions(),
            written=before.written + len(page.steps) - voided,
            voided=before.voided + voided,
            learners_total=reached.total if reached else before.learners_total,
        )

    def _document(self, step: Step, authority: Authority, current: Pass) -> dict[str, Any]:
        if isinstance(step, Void):
            return self._voiding(step.held.statement_id, authority, current)
        kind, moment = self.ids.kind, current.began_at
        return build(step.observation, occurrence=step.occurrence, platform=kind, now=moment)

    def _voiding(self, target: str, authority: Authority, current: Pass) -> dict[str, Any]:
        home_page = self.platform.home_page
        return voiding(target, home_page=home_page, agent=authority.agent, now=current.began_at)

    def _end(self, current: Pass, authority: Authority) -> None:
        """All is read: link accounts, then take back what is to be taken back, unless it is too much."""
        courses = {one.external_id for one in self.courses} if current.partial else None
        with self._writing(self.report) as conn:
            # Not page by page: two accounts that show one national id may stand on two pages.
            link_touched(conn, self.watch.start, f"sync:{self.ids.name}")
            take_backs.wait(conn, self.ids.platform_id, self._late(conn, current, courses, authority))
        refusal = self._refusal(courses, authority)
        if refusal is None:
            while self._take_back(courses, current, authority):
                pass
        with self._writing(self.report) as conn:
            sync_store.end_pass(conn, self.ids.platform_id, current)
        if refusal:
            raise refusal

    def _late(
        self, conn: Connection, current: Pass, courses: Collection[str] | None, authority: Authority
    ) -> list[TakeBack]:
        """What others sent since the last pass, and the platform contradicts. Before the first, each page has
        been compared with all there was."""
        if current.compared_until is None:
            return []
        late = take_backs.late_pushes(
            conn,
            self.ids.platform_id,
            home_page=self.platform.home_page,
            since=current.compared_until,
            until=current.began_at,
            authority=authority.actor.key,
        )
        return [one for one in late if courses is None or one.course_id in courses]

    def _refusal(self, courses: Collection[str] | None, authority: Authority) -> PlatformError | None:
        """An account that lost a right, or a restored old backup, must not empty the store."""
        with read_only(self.engine).begin() as conn:
            waiting = take_backs.count_waiting(conn, self.ids.platform_id, courses)
            if self.options.accept_shrink or max(waiting) <= self.options.shrink_at_least:
                return None
            home_page = self.platform.home_page
            current = take_backs.current_completions(conn, home_page, authority.actor.key)
        return self.options.refusal(self.ids.name, waiting, current)

    def _take_back(self, courses: Collection[str] | None, current: Pass, authority: Authority) -> bool:
        """Void some of what waits; whether there was any."""
        with read_only(self.engine).begin() as conn:
            some = take_backs.waiting(conn, self.ids.platform_id, courses, TAKEN_BACK_AT_ONCE)
            targets = take_backs.current_statements(
                conn,
                self.ids.platform_id,
                some,
                home_page=self.platform.home_page,
                before=current.began_at,
                authority=authority.actor.key,
            )
        prepared = validated((self._voiding(one, authority, current) for one in targets), authority)
        after = replace(self.report, voided=self.report.voided + len(targets))
        if some:
            with self._writing(after) as conn:
                write(conn, prepared, self.clock)
                take_backs.settle(conn, self.ids.platform_id, {one.pair for one in some})
        return bool(some)

    @contextmanager
    def _writing(self, after: SyncReport) -> Iterator[Connection]:
        """A transaction that leaves the run's row with these counts; refused once the lock is lost."""
        if not self.still_ours():
            raise PlatformError(f"{self.ids.name}: the database server was restarted; sync again")
        with self.engine.begin() as conn:
            yield conn
            sync_store.show_life(conn, self.ids.run_id, self.watch.now(), after)
        self.report = after

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self.progress:
            self.progress(stage, done, total)
