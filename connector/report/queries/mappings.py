"""Mappings as pages and commands show them: what a course proves, who decided it, and earlier versions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Select, distinct, func, select

from connector.report.errors import NotFound
from connector.report.queries.basis import Item
from connector.report.queries.mapping_filters import Filters, conditions
from connector.report.words import _
from lrs.clock import from_micros, from_micros_or_none
from lrs.tables import activity, agent, evidence
from mappings.mapping_lines import of_line
from mappings.tables import (
    account,
    account_link,
    competency,
    course,
    course_alias,
    framework,
    learning_category,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
)

PAGE = 50
MOST_COUNTED = 20_000
"""Statements that are looked at to say how many people a mapping touches."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a course; `activity_iri` None for one that no statement carries, `host` of its site."""

    label: str
    activity_iri: str | None
    valid_to: date | None

    @property
    def host(self) -> str:
        """The site where the course is called so."""
        return urlsplit(self.activity_iri or "").netloc


@dataclass(frozen=True, slots=True)
class Course:
    """A course under all its names."""

    id: int
    code: str
    title: str
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class MappingShown:
    """One version of a mapping. `category`: its code; `delivery` None: recorded before that was kept.

    `parts`: the courses that all have to be done; none where it is the course itself. `from_file`: it stands
    as a file brought it. `end_reason`: why a person ended it.
    """

    id: int
    line_id: int
    course: Course
    parts: tuple[Course, ...]
    framework_id: int
    framework: str
    version: str
    competencies: tuple[Item, ...]
    status: str
    approved_by: str | None
    reference: str | None
    delivery: str | None
    category: str | None
    hours: float | None
    hours_are_sample: bool
    level_at_most: int
    score_at_least: float | None
    verbs: tuple[str, ...]
    progress_verbs: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None
    from_file: bool

    def state(self, day: date) -> str:
        """draft | ended | not yet | past | in force: what it is on a day in Bangkok."""
        if self.ended_at is not None:
            return "ended"
        if self.status == "draft":
            return "draft"
        if day < self.valid_from:
            return "not yet"
        return "past" if self.valid_to is not None and self.valid_to < day else "in force"


@dataclass(frozen=True, slots=True)
class Mappings:
    """A page of the list; `before` is where the next one begins, None on the last. `total`: of all pages."""

    rows: tuple[MappingShown, ...]
    before: int | None
    total: int


@dataclass(frozen=True, slots=True)
class Touched:
    """How many people have evidence of the courses of a mapping; `at_least`: there may be more."""

    people: int
    at_least: bool


def read_mappings(conn: Connection, filters: Filters) -> Mappings:
    """The versions that stand, the newest first; with status "ended" the last versions of ended lines."""
    wanted = list(conditions(filters))
    total = conn.execute(select(func.count()).select_from(_joined().where(*wanted).subquery())).scalar_one()
    if filters.before is not None:
        wanted.append(mapping.c.id < filters.before)
    rows = conn.execute(_joined().where(*wanted).order_by(mapping.c.id.desc()).limit(PAGE + 1)).all()
    shown = _shown(conn, rows[:PAGE])
    return Mappings(shown, shown[-1].id if len(rows) > PAGE else None, total)


def read_mapping(conn: Connection, mapping_id: int) -> MappingShown:
    """One version. Raises NotFound."""
    rows = conn.execute(_joined().where(mapping.c.id == mapping_id)).all()
    if not rows:
        raise NotFound(_("ไม่พบการจับคู่หมายเลข %(number)s", number=mapping_id))
    return _shown(conn, rows)[0]


def read_some(conn: Connection, mapping_ids: Iterable[int]) -> tuple[MappingShown, ...]:
    """These versions, the newest first."""
    wanted = mapping.c.id.in_(sorted(set(mapping_ids)))
    return _shown(conn, conn.execute(_joined().where(wanted).order_by(mapping.c.id.desc())).all())


def read_history(conn: Connection, course_id: int) -> tuple[MappingShown, ...]:
    """All versions of all mappings of a course, the newest first."""
    query = _joined().where(mapping.c.course_id == course_id).order_by(mapping.c.id.desc())
    return _shown(conn, conn.execute(query).all())


def read_current(conn: Connection, one: MappingShown) -> dict[str, int]:
    """Status (draft | approved) -> the version of the same line that stands with it."""
    rows = conn.execute(
        select(mapping.c.status, mapping.c.id).where(of_line(one.line_id), mapping.c.ended_at.is_(None))
    )
    return {row.status: row.id for row in rows}


def read_touched(conn: Connection, one: MappingShown, people: Select[Any] | None = None) -> Touched:
    """Whose progress hangs on it, of these people (ids; None: of all). Looks at MOST_COUNTED statements and
    no more."""
    courses = [part.id for part in one.parts] or [one.course.id]
    e = evidence.c
    about = select(activity.c.id).where(
        activity.c.iri.in_(select(course_alias.c.activity_iri).where(course_alias.c.course_id.in_(courses)))
    )
    some = select(e.agent_id).where(e.activity_id.in_(about)).limit(MOST_COUNTED + 1).subquery("some")
    accounts = (account.c.home_page == agent.c.home_page) & (account.c.name == agent.c.account_name)
    concerned = (
        select(func.count(distinct(account_link.c.person_id)))
        .select_from(some)
        .join(agent, agent.c.id == some.c.agent_id)
        .join(account, accounts)
        .join(account_link, account_link.c.account_id == account.c.id)
        .where(account_link.c.unlinked_at.is_(None))
    )
    if people is not None:
        concerned = concerned.where(account_link.c.person_id.in_(people))
    seen = conn.execute(select(func.count()).select_from(some)).scalar_one()
    return Touched(conn.execute(concerned).scalar_one(), at_least=seen > MOST_COUNTED)


# ---- rows ---------------------------------------------------------------------------------------


def _joined() -> Select[Any]:
    return (
        select(
            mapping,
            framework.c.code.label("framework"),
            framework.c.version.label("framework_version"),
            learning_category.c.code.label("category"),
        )
        .join(course, course.c.id == mapping.c.course_id)
        .join(framework, framework.c.id == mapping.c.framework_id)
        .outerjoin(learning_category, learning_category.c.id == mapping.c.category_id)
    )


def _shown(conn: Connection, rows: Sequence[Any]) -> tuple[MappingShown, ...]:
    ids = [row.id for row in rows]
    parts = _grouped(conn, mapping_part, mapping_part.c.course_id, ids)
    courses = read_courses(conn, {row.course_id for row in rows}.union(*parts.values()))
    items, verbs = _items(conn, ids), _verbs(conn, ids)
    return tuple(
        MappingShown(
            id=row.id,
            line_id=row.line_id or row.id,
            course=courses[row.course_id],
            parts=tuple(courses[part] for part in parts[row.id] if parts[row.id] != [row.course_id]),
            framework_id=row.framework_id,
            framework=row.framework,
            version=row.framework_version,
            competencies=tuple(items[row.id]),
            status=row.status,
            approved_by=row.approved_by,
            reference=row.reference,
            delivery=row.delivery,
            category=row.category,
            hours=row.hours,
            hours_are_sample=row.hours_are_sample,
            level_at_most=row.level_at_most,
            score_at_least=row.score_at_least,
            verbs=tuple(verbs[row.id, "complete"]),
            progress_verbs=tuple(verbs[row.id, "progress"]),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            recorded_at=from_micros(row.recorded_at),
            recorded_by=row.recorded_by,
            ended_at=from_micros_or_none(row.ended_at),
            ended_by=row.ended_by,
            end_reason=row.end_reason,
            from_file=row.line_id is None,
        )
        for row in rows
    )


def read_courses(conn: Connection, ids: Iterable[int]) -> dict[int, Course]:
    """These courses under all names that they have."""
    wanted, c = sorted(set(ids)), course_alias.c
    names: dict[int, list[Name]] = defaultdict(list)
    stands = c.course_id.in_(wanted) & c.ended_at.is_(None)
    for row in conn.execute(select(course_alias).where(stands).order_by(c.id)):
        names[row.course_id].append(Name(row.label, row.activity_iri, row.valid_to))
    rows = conn.execute(select(course.c.id, course.c.code, course.c.title_th).where(course.c.id.in_(wanted)))
    return {row.id: Course(row.id, row.code, row.title_th, tuple(names[row.id])) for row in rows}


def _grouped(conn: Connection, table: Any, column: Any, ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = conn.execute(
        select(table.c.mapping_id, column.label("value")).where(table.c.mapping_id.in_(ids)).order_by(column)
    )
    for row in rows:
        found[row.mapping_id].append(row.value)
    return found


def _items(conn: Connection, ids: Sequence[int]) -> dict[int, list[Item]]:
    k, c = mapping_competency.c, competency.c
    found: dict[int, list[Item]] = defaultdict(list)
    rows = conn.execute(
        select(k.mapping_id, c.id, c.code, c.name_th, c.name_en)
        .join(competency, c.id == k.competency_id)
        .where(k.mapping_id.in_(ids))
        .order_by(c.position, c.code)
    )
    for row in rows:
        found[row.mapping_id].append(Item(row.id, row.code, row.name_th, row.name_en))
    return found


def _verbs(conn: Connection, ids: Sequence[int]) -> dict[tuple[int, str], list[str]]:
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    rows = conn.execute(
        select(mapping_verb).where(mapping_verb.c.mapping_id.in_(ids)).order_by(mapping_verb.c.verb_iri)
    )
    for row in rows:
        found[row.mapping_id, row.criterion].append(row.verb_iri)
    return found
