"""How the syncs of a platform stand: the words that page and API share. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A page of a slow site, with all its attempts, takes less; after that a run is taken for dead.
SILENCE = timedelta(minutes=15)
# A process that waited for its turn, or was busy, is no dead one yet.
OVERDUE = timedelta(minutes=10)
INTERRUPTED = "interrupted"
"""The error of a run that was told to stop (connector.sync_store)."""


class SyncState(StrEnum):
    """Where the syncs of a platform stand."""

    NEVER = "never"
    RUNNING = "running"
    OK = "ok"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    # It kept failing, and is left alone for a while.
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Watched:
    """What the settings say of a platform: its kind, and how old its last success may be."""

    kind: str
    stale_after: timedelta


@dataclass(frozen=True, slots=True)
class Run:
    """One sync. `learners_total`: how many it expects to read; `seen_at`: its last sign of life."""

    started_at: datetime
    finished_at: datetime | None
    seen_at: datetime | None
    learners: int
    learners_total: int | None
    courses: int
    completions: int
    written: int
    voided: int
    error: str | None
    error_is_permanent: bool

    def took(self, now: datetime) -> timedelta:
        """How long, or how long until now."""
        return (self.finished_at or now) - self.started_at

    def is_running(self, now: datetime) -> bool:
        """Whether it gave a sign of life lately."""
        return self.finished_at is None and now - (self.seen_at or self.started_at) < SILENCE


@dataclass(frozen=True, slots=True)
class PlatformSyncs:
    """A platform and its latest runs, newest first.

    `succeeded_at`: when the last pass over it began that came to its end: what is stored is as of then.
    `watched` None: the settings no longer name it. `home_page` is empty before the first sync.
    """

    name: str
    kind: str
    home_page: str
    now: datetime
    runs: tuple[Run, ...] = ()
    succeeded_at: datetime | None = None
    failures: int = 0
    paused_until: datetime | None = None
    next_run_at: datetime | None = None
    watched: Watched | None = None

    @property
    def last(self) -> Run | None:
        """The latest run."""
        return self.runs[0] if self.runs else None

    @property
    def state(self) -> SyncState:
        """Where it stands."""
        last = self.last
        if last is None:
            return SyncState.NEVER
        if last.is_running(self.now):
            return SyncState.RUNNING
        if self.paused_until is not None and self.paused_until > self.now:
            return SyncState.PAUSED
        if last.finished_at is None or last.error == INTERRUPTED:
            return SyncState.INTERRUPTED
        return SyncState.FAILED if last.error else SyncState.OK

    @property
    def age(self) -> timedelta | None:
        """Of what is stored of it."""
        return None if self.succeeded_at is None else self.now - self.succeeded_at

    @property
    def is_stale(self) -> bool:
        """Whether the last success, or else the first attempt that is known, is too long ago."""
        since = self.succeeded_at or (self.runs[-1].started_at if self.runs else None)
        return self.watched is not None and since is not None and self.now - since > self.watched.stale_after

    @property
    def is_overdue(self) -> bool:
        """Whether a run was planned that did not come: no scheduler is running."""
        return (
            self.watched is not None
            and self.next_run_at is not None
            and self.now - self.next_run_at > OVERDUE
            and self.state is not SyncState.RUNNING
        )
