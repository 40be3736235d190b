"""The report API: numbers as JSON, for whoever builds on them. Counts only, never a person.

Every answer carries the report's two times: `as_of` (what had happened by the end of that day in
Bangkok) and `known_at` (what the store knew).
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from connector.report.errors import ReportError
from connector.report.queries.basis import Basis, narrowed, read_basis, read_times, root_scope
from connector.report.queries.overview import Overview, Row, read_overview
from connector.report.queries.status import CourseCount, LastSync, Status, read_status
from lrs.clock import Clock, utc_now
from lrs.database import read_only

BY = ("school", "group", "competency")


class Times(BaseModel):
    """What the numbers are about; `known_at` is null until progress was computed once."""

    as_of: date
    known_at: datetime | None


class UnitOut(BaseModel):
    """The unit whose subtree was counted."""

    uid: str
    kind: str
    name_th: str


class CompetencyCount(BaseModel):
    """Where people stand in one item; `persons` are those it is required of."""

    code: str
    name_th: str
    persons: int
    complete: int
    in_progress: int
    not_started: int


class Line(BaseModel):
    """One school (or unit below), one group, or the total."""

    key: str = Field(description="the unit's uid, or the group M, A, S or T")
    name_th: str
    persons: int = Field(description="the denominator: a membership and a group M, A, S or T on `as_of`")
    all_complete: int = Field(description="persons with every item that is required of them")
    competencies: list[CompetencyCount]
    unclassified: int = Field(description="members without a decided group: beside the denominator")
    outside: int = Field(description="members outside the framework: in no count")


class LinesOut(Times):
    """Aggregates by school or by group."""

    by: Literal["school", "group"]
    unit: UnitOut
    rows: list[Line]
    total: Line


class CompetenciesOut(Times):
    """Aggregates by competency."""

    by: Literal["competency"]
    unit: UnitOut
    persons: int
    all_complete: int
    unclassified: int
    outside: int
    rows: list[CompetencyCount]


class CourseOut(BaseModel):
    """Current completions of one course: at most one for each account and course."""

    course_id: str | None = Field(description="the platform's own id; null if only ever named by statements")
    shortname: str
    idnumber: str
    title: str
    current_completions: int


class SyncOut(BaseModel):
    """The latest synchronisation of a platform; an `error` is one line for its administrator."""

    started_at: datetime | None
    finished_at: datetime | None
    succeeded_at: datetime | None = Field(description="end of the latest one that went well")
    learners: int
    courses: int
    completions: int
    statements_written: int
    statements_voided: int
    error: str | None
    error_is_permanent: bool


class PlatformOut(BaseModel):
    """A home page that something is known of; `name` null: it is not one we synchronise."""

    name: str | None
    kind: str | None
    home_page: str
    last_sync: SyncOut | None
    courses: list[CourseOut]


class AccountsOut(BaseModel):
    """Persons on the rosters; accounts that are linked, not linked, or in conflict."""

    persons: int
    linked: int
    not_linked: int
    in_conflict: int


class StatusOut(Times):
    """How the connector is."""

    statements_stored: int
    current_completions: int
    platforms: list[PlatformOut]
    accounts: AccountsOut


def router_api(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes under /api/v1, for the whole organisation: there are no accounts to narrow it yet."""
    router = APIRouter(tags=["report"])
    reader = read_only(engine)

    @router.get("/aggregates", summary="Progress counts by school, group or competency")
    def aggregates(
        by: Annotated[str, Query(description="school, group or competency", examples=["school"])],
        unit: Annotated[str, Query(description="uid of a unit; default: the whole organisation")] = "",
    ) -> LinesOut | CompetenciesOut:
        if by not in BY:
            raise HTTPException(422, f"by={by!r} is not known: use one of {', '.join(BY)}")
        try:
            with reader.begin() as conn:
                basis = read_basis(conn, narrowed(conn, root_scope(conn), unit), clock())
                return _aggregates(by, basis, read_overview(conn, basis))
        except ReportError as error:
            raise HTTPException(error.status, error.message) from None

    @router.get("/status", summary="What is stored, and how the last synchronisations went")
    def status() -> StatusOut:
        with reader.begin() as conn:
            as_of, known_at = read_times(conn, clock())
            return _status(as_of, known_at, read_status(conn))

    return router


def _aggregates(by: str, basis: Basis, overview: Overview) -> LinesOut | CompetenciesOut:
    unit = UnitOut(uid=basis.unit.uid, kind=basis.unit.kind, name_th=basis.unit.name_th)
    total = overview.total
    if by == "competency":
        return CompetenciesOut(
            as_of=basis.as_of,
            known_at=basis.known_at,
            by="competency",
            unit=unit,
            persons=total.persons,
            all_complete=total.all_complete,
            unclassified=total.unclassified,
            outside=total.outside,
            rows=_competencies(total),
        )
    return LinesOut(
        as_of=basis.as_of,
        known_at=basis.known_at,
        by="school" if by == "school" else "group",
        unit=unit,
        rows=_lines(overview.rows if by == "school" else overview.groups),
        total=_line(total),
    )


def _lines(rows: Iterable[Row]) -> list[Line]:
    return [_line(row) for row in rows]


def _line(row: Row) -> Line:
    return Line(
        key=row.key,
        name_th=row.name,
        persons=row.persons,
        all_complete=row.all_complete,
        competencies=_competencies(row),
        unclassified=row.unclassified,
        outside=row.outside,
    )


def _competencies(row: Row) -> list[CompetencyCount]:
    return [
        CompetencyCount(
            code=count.item.code,
            name_th=count.item.name_th,
            persons=count.persons,
            complete=count.complete,
            in_progress=count.in_progress,
            not_started=count.not_started,
        )
        for count in row.items
    ]


def _status(as_of: date, known_at: datetime | None, status: Status) -> StatusOut:
    counts = status.accounts
    return StatusOut(
        as_of=as_of,
        known_at=known_at,
        statements_stored=status.statements,
        current_completions=status.current_completions,
        platforms=_platforms(status),
        accounts=AccountsOut(
            persons=counts.persons,
            linked=counts.linked,
            not_linked=counts.not_linked,
            in_conflict=counts.in_conflict,
        ),
    )


def _platforms(status: Status) -> list[PlatformOut]:
    courses: dict[str, list[CourseOut]] = {}
    for one in status.completions:
        courses.setdefault(one.home_page, []).append(_course(one))
    synced = [
        PlatformOut(
            name=one.platform_name,
            kind=one.kind,
            home_page=one.home_page,
            last_sync=_sync(one) if one.started_at else None,
            courses=courses.pop(one.home_page, []),
        )
        for one in status.syncs
    ]
    return synced + [
        PlatformOut(name=None, kind=None, home_page=home_page, last_sync=None, courses=found)
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


def _sync(one: LastSync) -> SyncOut:
    return SyncOut(
        started_at=one.started_at,
        finished_at=one.finished_at,
        succeeded_at=one.succeeded_at,
        learners=one.learners,
        courses=one.courses,
        completions=one.completions,
        statements_written=one.written,
        statements_voided=one.voided,
        error=one.error,
        error_is_permanent=one.error_is_permanent,
    )
