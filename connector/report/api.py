"""The report API: numbers as JSON, for whoever builds on them. Counts only, never a person.

Every answer carries the report's two times: `as_of` (what had happened by the end of that day in
Bangkok) and `known_at` (what the store knew).
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from connector.report.asked_times import AskedWords
from connector.report.errors import ReportError, WrongTime
from connector.report.gaps_api import router_gaps
from connector.report.published_api import router_published
from connector.report.queries.basis import Basis, narrowed, read_basis, root_scope
from connector.report.queries.months import Month, read_months
from connector.report.queries.overview import ItemCount, Overview, Row, read_overview
from connector.report.reconciliation_api import router_reconciliation
from connector.report.status_api import router_status
from connector.report.syncs import Watched
from connector.report.times import Times
from lrs.clock import Clock, utc_now
from lrs.database import read_only

BY = ("school", "group", "competency")
MONTH = "month"


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


class MonthLine(Times):
    """The end of a month as it was last closed, by the answer's two times."""

    persons: int
    all_complete: int
    competencies: list[CompetencyCount]
    unclassified: int
    outside: int


class MonthsOut(Times):
    """Aggregates by month, the earliest first; none before a month has been closed."""

    by: Literal["month"]
    unit: UnitOut
    rows: list[MonthLine]


def router_api(
    engine: Engine, clock: Clock = utc_now, watched: Mapping[str, Watched] | None = None
) -> APIRouter:
    """The routes under /api/v1, for the whole organisation: there are no accounts to narrow it yet.

    `watched`: the platforms of the settings.
    """
    router = APIRouter(tags=["report"])
    reader = read_only(engine)

    @router.get("/aggregates", summary="Progress counts by school, group, competency or month")
    def aggregates(
        times: Annotated[AskedWords, Depends()],
        by: Annotated[str, Query(description="school, group, competency or month", examples=["school"])],
        unit: Annotated[str, Query(description="uid of a unit; default: the whole organisation")] = "",
    ) -> LinesOut | CompetenciesOut | MonthsOut:
        if by not in (*BY, MONTH):
            raise HTTPException(422, f"by={by!r} is not known: use one of {', '.join((*BY, MONTH))}")
        try:
            with reader.begin() as conn:
                now = clock()
                scope = narrowed(conn, root_scope(conn), unit)
                basis = read_basis(conn, scope, now, times=times.times(now))
                if by == MONTH:
                    return _months(basis, read_months(conn, basis))
                return aggregates_of(by, basis, read_overview(conn, basis))
        except WrongTime as error:
            raise HTTPException(error.status, error.english) from None
        except ReportError as error:
            raise HTTPException(error.status, error.message) from None

    router.include_router(router_published(engine))
    router.include_router(router_status(engine, clock, watched))
    router.include_router(router_reconciliation(engine, clock))
    router.include_router(router_gaps(engine, clock))
    return router


def aggregates_of(by: str, basis: Basis, overview: Overview) -> LinesOut | CompetenciesOut:
    """The answer for one of BY."""
    unit = _unit(basis)
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
            rows=_competencies(total.items),
        )
    return LinesOut(
        as_of=basis.as_of,
        known_at=basis.known_at,
        by="school" if by == "school" else "group",
        unit=unit,
        rows=_lines(overview.rows if by == "school" else overview.groups),
        total=_line(total),
    )


def _unit(basis: Basis) -> UnitOut:
    return UnitOut(uid=basis.unit.uid, kind=basis.unit.kind, name_th=basis.unit.name_th)


def _months(basis: Basis, months: Iterable[Month]) -> MonthsOut:
    rows = [
        MonthLine(
            as_of=one.as_of,
            known_at=one.known_at,
            persons=one.persons,
            all_complete=one.all_complete,
            competencies=_competencies(one.items),
            unclassified=one.unclassified,
            outside=one.outside,
        )
        for one in months
    ]
    return MonthsOut(as_of=basis.as_of, known_at=basis.known_at, by="month", unit=_unit(basis), rows=rows)


def _lines(rows: Iterable[Row]) -> list[Line]:
    return [_line(row) for row in rows]


def _line(row: Row) -> Line:
    return Line(
        key=row.key,
        name_th=row.name,
        persons=row.persons,
        all_complete=row.all_complete,
        competencies=_competencies(row.items),
        unclassified=row.unclassified,
        outside=row.outside,
    )


def _competencies(counts: Iterable[ItemCount]) -> list[CompetencyCount]:
    return [
        CompetencyCount(
            code=count.item.code,
            name_th=count.item.name_th,
            persons=count.persons,
            complete=count.complete,
            in_progress=count.in_progress,
            not_started=count.not_started,
        )
        for count in counts
    ]
