"""What the mappings leave out, as JSON: counts of accounts, never a person."""

from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from connector.report.queries.gaps import Gaps, IdleMapping, Uncovered, UnmappedCourse, read_gaps
from lrs.clock import Clock, utc_now
from lrs.database import read_only


class UnmappedOut(BaseModel):
    """A course that people complete, without an approved mapping in force."""

    activity: str
    title: str
    platform: str = Field(description="its name in the settings, or the host of the activity")
    learners: int = Field(description="accounts, each once")
    completions: int
    last_completed_at: datetime
    course: str | None = Field(description="its code in the mappings, if it is known there")
    draft: int | None = Field(description="a draft of it that waits for approval")


class IdleOut(BaseModel):
    """An approved mapping in force that nothing matches."""

    mapping: int
    course: str
    title: str
    competencies: list[str]
    reason: Literal["no evidence", "none meets the criteria"]


class CompetencyOut(BaseModel):
    """A competency by its code and full name."""

    code: str
    name_th: str


class UncoveredOut(BaseModel):
    """What a version in force asks for, and no approved mapping in force proves."""

    framework: str
    version: str
    competencies: list[CompetencyOut]


class GapsOut(BaseModel):
    """The lists hold at most 200 each; the totals say how many there are."""

    day: date
    counted_at: datetime | None = Field(
        description="when the evidence was counted; null: a large store that was not (`thaksa gaps --count`)"
    )
    courses: list[UnmappedOut]
    courses_total: int
    idle: list[IdleOut]
    idle_total: int
    uncovered: list[UncoveredOut]


def router_gaps(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The route /gaps."""
    router = APIRouter()
    reader = read_only(engine)

    @router.get("/gaps", summary="Courses, mappings and competencies that the mappings leave out")
    def gaps() -> GapsOut:
        with reader.begin() as conn:
            return _out(read_gaps(conn, clock()))

    return router


def as_json(gaps: Gaps) -> dict[str, Any]:
    """The gaps as the API answers them."""
    return _out(gaps).model_dump(mode="json")


def _out(gaps: Gaps) -> GapsOut:
    return GapsOut(
        day=gaps.day,
        counted_at=gaps.counted_at,
        courses=[_unmapped(one) for one in gaps.courses],
        courses_total=gaps.courses_total,
        idle=[_idle(one) for one in gaps.idle],
        idle_total=gaps.idle_total,
        uncovered=[_uncovered(one) for one in gaps.uncovered],
    )


def _unmapped(one: UnmappedCourse) -> UnmappedOut:
    return UnmappedOut(
        activity=one.activity_iri,
        title=one.title,
        platform=one.platform,
        learners=one.learners,
        completions=one.completions,
        last_completed_at=one.last_at,
        course=one.course_code,
        draft=one.draft_id,
    )


def _idle(one: IdleMapping) -> IdleOut:
    return IdleOut(
        mapping=one.mapping.id,
        course=one.mapping.course.code,
        title=one.mapping.course.title,
        competencies=[item.code for item in one.mapping.competencies],
        reason="none meets the criteria" if one.evident else "no evidence",
    )


def _uncovered(one: Uncovered) -> UncoveredOut:
    items = [CompetencyOut(code=item.code, name_th=item.name_th) for item in one.items]
    return UncoveredOut(framework=one.framework, version=one.version, competencies=items)
