"""The connector itself as JSON: what is stored, how each platform's syncs stand, and what waits to be
forwarded. Never a person.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from connector.forwarding.states import MOST_COUNTED, TargetQueue, TargetState, targets_state
from connector.report.queries.basis import read_times
from connector.report.queries.status import CourseCount, Status, read_status
from connector.report.queries.syncs import RUNS_SHOWN, read_syncs
from connector.report.syncs import PlatformSyncs, Run, SyncState, Watched
from connector.report.times import Times
from connector.settings_target import TargetSettings
from lrs.clock import Clock, utc_now
from lrs.database import read_only


class CourseOut(BaseModel):
    """Current completions of one course: at most one for each account and course."""

    course_id: str | None = Field(description="the platform's own id; null if only ever named by statements")
    shortname: str
    idnumber: str
    title: str
    current_completions: int


class RunOut(BaseModel):
    """One synchronisation; an `error` is one line for whoever can mend it."""

    started_at: datetime
    finished_at: datetime | None
    seconds: float | None = Field(description="how long it took, or has taken so far; null: it died")
    learners: int
    learners_total: int | None = Field(description="how many it expects to read; null: not known")
    courses: int
    completions: int
    statements_written: int
    statements_voided: int
    error: str | None
    error_is_permanent: bool


class SyncOut(RunOut):
    """The latest synchronisation."""

    succeeded_at: datetime | None = Field(
        description="when the latest one that went well began: what is stored is as of then"
    )


class PlatformOut(BaseModel):
    """A home page that something is known of; `name` null: it is not one we synchronise."""

    name: str | None
    kind: str | None
    home_page: str = Field(description="empty: not learnt yet")
    state: SyncState | None = None
    configured: bool = Field(default=False, description="whether the settings name it")
    age_seconds: float | None = Field(default=None, description="since `succeeded_at`; null: never")
    stale: bool = Field(default=False, description="older than `stale_after_seconds`: somebody should look")
    stale_after_seconds: float | None = None
    overdue: bool = Field(default=False, description="a planned run did not come: no scheduler is running")
    failures: int = Field(default=0, description="failed runs since the last good one")
    paused_until: datetime | None = None
    next_run_at: datetime | None = None
    last_sync: SyncOut | None = None
    runs: list[RunOut] = Field(default=[], description=f"the latest {RUNS_SHOWN}, newest first")
    courses: list[CourseOut]


class AccountsOut(BaseModel):
    """Persons on the rosters; accounts that are linked, not linked, or in conflict."""

    persons: int
    linked: int
    not_linked: int
    in_conflict: int


class TargetOut(BaseModel):
    """A record store that statements are forwarded to, by its name in the settings."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "ministry",
                    "state": "failing",
                    "waiting": 1200,
                    "waiting_is_more": False,
                    "oldest_at": "2026-11-22T01:00:00Z",
                    "age_seconds": 3600.0,
                    "dead_letters": 2,
                    "failures": 7,
                    "error": "lrs.example: it answers 503",
                    "next_try_at": "2026-11-22T02:04:10Z",
                    "succeeded_at": "2026-11-22T00:59:45Z",
                }
            ]
        }
    )

    name: str
    state: TargetState
    waiting: int = Field(description=f"statements, counted up to {MOST_COUNTED}")
    waiting_is_more: bool = Field(description="whether there are more than were counted")
    oldest_at: datetime | None = Field(description="when the first that waits was stored; null: none waits")
    age_seconds: float = Field(description="since `oldest_at`; 0: none waits")
    dead_letters: int = Field(description="statements that it does not take")
    failures: int = Field(description="failed attempts since the last good one")
    error: str | None = Field(description="one line for whoever can mend it")
    next_try_at: datetime | None = Field(description="null: at the next turn, or not before somebody acts")
    succeeded_at: datetime | None = Field(description="when it last took what there was; null: never")


class StatusOut(Times):
    """How the connector is."""

    statements_stored: int
    current_completions: int
    platforms: list[PlatformOut]
    targets: list[TargetOut]
    accounts: AccountsOut


def router_status(
    engine: Engine,
    clock: Clock = utc_now,
    watched: Mapping[str, Watched] | None = None,
    targets: Mapping[str, TargetSettings] | None = None,
) -> APIRouter:
    """The route /status; `watched`: the platforms of the settings, `targets`: what they forward to."""
    router = APIRouter()
    reader = read_only(engine)

    @router.get("/status", summary="What is stored, and how synchronisations and forwarding stand")
    def status() -> StatusOut:
        now = clock()
        with reader.begin() as conn:
            as_of, known_at = read_times(conn, now)
            syncs, queues = read_syncs(conn, watched or {}, now), targets_state(conn, targets or {}, now)
            return _status(as_of, known_at, read_status(conn), syncs, queues)

    return router


def _status(
    as_of: date,
    known_at: datetime | None,
    status: Status,
    syncs: Sequence[PlatformSyncs],
    targets: Sequence[TargetQueue],
) -> StatusOut:
    counts = status.accounts
    return StatusOut(
        as_of=as_of,
        known_at=known_at,
        statements_stored=status.statements,
        current_completions=status.current_completions,
        platforms=_platforms(status, syncs),
        targets=[_target(one) for one in targets],
        accounts=AccountsOut(
            persons=counts.persons,
            linked=counts.linked,
            not_linked=counts.not_linked,
            in_conflict=counts.in_conflict,
        ),
    )


def _platforms(status: Status, syncs: Sequence[PlatformSyncs]) -> list[PlatformOut]:
    courses: dict[str, list[CourseOut]] = {}
    for one in status.completions:
        courses.setdefault(one.home_page, []).append(_course(one))
    synced = [_platform(one, courses.pop(one.home_page, [])) for one in syncs]
    return synced + [
        PlatformOut(name=None, kind=None, home_page=home_page, courses=found)
        for home_page, found in courses.items()
    ]


def _course(one: CourseCount) -> CourseOut:
    return CourseOut(
        course_id=one.external_id,
        shortname=one.shortname,
        idnumber=one.idnumber,
        title=one.title,
        current_completions=one.completions,
    )


def _platform(one: PlatformSyncs, courses: list[CourseOut]) -> PlatformOut:
    runs = [_run(run, one.now) for run in one.runs]
    return PlatformOut(
        name=one.name,
        kind=one.kind,
        home_page=one.home_page,
        state=one.state,
        configured=one.watched is not None,
        age_seconds=_seconds(one.age),
        stale=one.is_stale,
        stale_after_seconds=_seconds(one.watched.stale_after) if one.watched else None,
        overdue=one.is_overdue,
        failures=one.failures,
        paused_until=one.paused_until,
        next_run_at=one.next_run_at,
        last_sync=SyncOut(**runs[0].model_dump(), succeeded_at=one.succeeded_at) if runs else None,
        runs=runs,
        courses=courses,
    )


def _run(run: Run, now: datetime) -> RunOut:
    alive = run.finished_at is not None or run.is_running(now)
    return RunOut(
        started_at=run.started_at,
        finished_at=run.finished_at,
        seconds=_seconds(run.took(now)) if alive else None,
        learners=run.learners,
        learners_total=run.learners_total,
        courses=run.courses,
        completions=run.completions,
        statements_written=run.written,
        statements_voided=run.voided,
        error=run.error,
        error_is_permanent=run.error_is_permanent,
    )


def _target(one: TargetQueue) -> TargetOut:
    return TargetOut(
        name=one.name,
        state=one.state,
        waiting=one.waiting,
        waiting_is_more=one.many,
        oldest_at=one.oldest_at,
        age_seconds=one.age.total_seconds(),
        dead_letters=one.dead,
        failures=one.failures,
        error=one.error,
        next_try_at=one.next_try_at,
        succeeded_at=one.succeeded_at,
    )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
