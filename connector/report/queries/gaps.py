"""What the mappings leave out: courses that nobody mapped, mappings that match nothing, competencies that no
course covers. Reads counts, never the evidence of a large store (`mappings.gap_counts`)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select

from connector.report.queries.basis import Item
from connector.report.queries.mappings import MappingShown, read_some
from connector.report.queries.statements import name_of
from connector.tables import platform, platform_course
from lrs.clock import from_micros
from lrs.tables import activity, verb
from mappings.days import bangkok_day
from mappings.framework_terms import in_force
from mappings.gap_counts import Counts
from mappings.requirements import valid_on
from mappings.tables import (
    competency,
    course,
    course_alias,
    framework,
    framework_term,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
    requirement,
)

MOST = 200
"""Of each kind; how many there are is told."""


@dataclass(frozen=True, slots=True)
class UnmappedCourse:
    """A course that people complete and that proves nothing. `platform`: its name in the settings, or the
    host of its activity; `learners`: accounts; `course_code`: of the mappings, if it is known there,
    `draft_id`: a draft of it that stands."""

    activity_iri: str
    title: str
    platform: str
    learners: int
    completions: int
    last_at: datetime
    course_code: str | None
    draft_id: int | None


@dataclass(frozen=True, slots=True)
class IdleMapping:
    """An approved mapping in force that nothing matches. `evident`: there is evidence of its courses, and
    none that meets its criteria."""

    mapping: MappingShown
    evident: bool


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Competencies that a version in force asks for, and that no approved mapping in force proves."""

    framework: str
    version: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """`counted_at` None: a large store that was never counted, so that the first two lists are empty.
    `…_total`: how many there are, of which at most MOST are listed."""

    day: date
    counted_at: datetime | None
    courses: tuple[UnmappedCourse, ...]
    courses_total: int
    idle: tuple[IdleMapping, ...]
    idle_total: int
    uncovered: tuple[Uncovered, ...]


def read_gaps(conn: Connection, now: datetime) -> Gaps:
    """All three lists as mappings stand now, with the evidence as it was counted."""
    day, counts = bangkok_day(now), Counts(conn, now)
    if counts.counted_at is None:
        return Gaps(day, None, (), 0, (), 0, _uncovered(conn, day))
    courses = _unmapped(counts, day)
    idle = [(row.id, row.evident) for row in conn.execute(_idle(counts, day))]
    shown = {one.id: one for one in read_some(conn, [mapping_id for mapping_id, _ in idle[:MOST]])}
    return Gaps(
        day,
        counts.counted_at,
        tuple(_course(row) for row in conn.execute(courses.limit(MOST))),
        conn.execute(select(func.count()).select_from(courses.order_by(None).subquery())).scalar_one(),
        tuple(IdleMapping(shown[mapping_id], bool(evident)) for mapping_id, evident in idle[:MOST]),
        len(idle),
        _uncovered(conn, day),
    )


def _in_force(day: date) -> ColumnElement[bool]:
    m = mapping.c
    frameworks = select(framework_term.c.framework_id).where(in_force(day))
    stands = (m.status == "approved") & m.ended_at.is_(None) & valid_on(mapping, day)
    return stands & m.framework_id.in_(frameworks)


def _stands_for(day: date) -> ColumnElement[bool]:
    """Names that courses have today."""
    return course_alias.c.ended_at.is_(None) & valid_on(course_alias, day)


def _unmapped(counts: Counts, day: date) -> Select[Any]:
    done, mapped = counts.completed.c, _mapped(day).where(course_alias.c.activity_iri.is_not(None))
    known = (course_alias.c.activity_iri == activity.c.iri) & _stands_for(day)
    code = (
        select(func.min(course.c.code))
        .join(course_alias, course_alias.c.course_id == course.c.id)
        .where(known)
        .scalar_subquery()
    )
    drafts = (
        select(func.max(mapping.c.id))
        .join(course_alias, course_alias.c.course_id == mapping.c.course_id)
        .where(known, mapping.c.status == "draft", mapping.c.ended_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            done.learners,
            done.completions,
            done.last_at,
            activity.c.iri,
            activity.c.definition,
            platform_course.c.title,
            platform.c.name,
            code.label("course_code"),
            drafts.label("draft_id"),
        )
        .select_from(counts.completed)
        .join(activity, activity.c.id == done.activity_id)
        .outerjoin(platform_course, platform_course.c.activity_iri == activity.c.iri)
        .outerjoin(platform, platform.c.home_page == platform_course.c.home_page)
        .where(activity.c.iri.not_in(mapped))
        .order_by(done.learners.desc(), done.completions.desc(), activity.c.iri)
    )


def _mapped(day: date) -> Select[Any]:
    """The activities whose courses are parts of an approved mapping in force."""
    q = mapping_part.c
    return (
        select(course_alias.c.activity_iri)
        .join(mapping_part, q.course_id == course_alias.c.course_id)
        .join(mapping, mapping.c.id == q.mapping_id)
        .where(_in_force(day), _stands_for(day))
    )


def _course(row: Any) -> UnmappedCourse:
    return UnmappedCourse(
        row.iri,
        row.title or name_of(row.definition) or row.iri,
        row.name or urlsplit(row.iri).netloc,
        row.learners,
        row.completions,
        from_micros(row.last_at),
        row.course_code,
        row.draft_id,
    )


def _idle(counts: Counts, day: date) -> Select[Any]:
    """A mapping of several parts matches nothing as long as one of them does."""
    seen, w, m, q = counts.by_verb.c, mapping_verb.c, mapping.c, mapping_part.c
    enough = or_(m.score_at_least.is_(None), seen.best_score >= m.score_at_least)
    meets = w.criterion.is_not(None) & seen.good & (seen.level <= m.level_at_most) & enough
    completes = (w.mapping_id == m.id) & (w.verb_iri == verb.c.iri) & (w.criterion == "complete")
    # One pass with the criteria as values: as conditions they lead SQLite away from the few mapped courses.
    parts = (
        _mapped(day)
        .with_only_columns(q.mapping_id, q.course_id, func.max(case((meets, 1), else_=0)).label("met"))
        .join(activity, activity.c.iri == course_alias.c.activity_iri)
        .join(counts.by_verb, seen.activity_id == activity.c.id)
        .join(verb, verb.c.id == seen.verb_id)
        .outerjoin(mapping_verb, completes)
        .group_by(q.mapping_id, q.course_id)
        .subquery("parts")
    )
    met = select(parts.c.mapping_id, func.sum(parts.c.met).label("parts"))
    whole = met.group_by(parts.c.mapping_id).subquery("whole")
    return (
        select(m.id, whole.c.mapping_id.is_not(None).label("evident"))
        .outerjoin(whole, whole.c.mapping_id == m.id)
        .where(_in_force(day), func.coalesce(whole.c.parts, 0) < m.part_count)
        .order_by(m.id.desc())
    )


def _uncovered(conn: Connection, day: date) -> tuple[Uncovered, ...]:
    k, c, r = mapping_competency.c, competency.c, requirement.c
    covered = select(k.competency_id).join(mapping, mapping.c.id == k.mapping_id).where(_in_force(day))
    asked = select(r.competency_id).where(r.framework_id == framework.c.id)
    rows = conn.execute(
        select(framework.c.code.label("framework"), framework.c.version, c.id, c.code, c.name_th, c.name_en)
        .join(competency, c.framework_id == framework.c.id)
        .join(framework_term, framework_term.c.framework_id == framework.c.id)
        .where(in_force(day), c.id.in_(asked), c.id.not_in(covered))
        .order_by(framework.c.code, framework_term.c.valid_from, c.position, c.code)
    )
    found: dict[tuple[str, str], list[Item]] = {}
    for row in rows:
        item = Item(row.id, row.code, row.name_th, row.name_en)
        found.setdefault((row.framework, row.version), []).append(item)
    return tuple(Uncovered(*version, tuple(items)) for version, items in found.items())
