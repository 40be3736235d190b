"""Events as courses of the mappings: a seminar that somebody attended gives hours and proves competencies.

An event has one activity of ours, and an approved mapping that refers to the import it came with.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, select

from mappings.days import bangkok_day
from mappings.errors import MappingError
from mappings.files import Alias, CourseEntry, CourseMapping, MappingFile
from mappings.framework_terms import framework_on
from mappings.load_courses import load_mappings
from mappings.mapping_lines import held_digests, standing
from mappings.tables import competency, course, delivery_mode, framework, learning_category, mapping
from mappings.vocabulary import ATTENDED, own_activity

SOURCE = "attendance"


@dataclass(frozen=True, slots=True)
class EventFacts:
    """`key` is the same whichever file tells of the event. `hours` None: unknown. `mode`: a delivery mode of
    the framework. `reference`: the import that says so."""

    key: str
    title: str
    first: date
    hours: float | None
    mode: str
    competencies: tuple[str, ...]
    level: int
    reference: str

    @property
    def activity_iri(self) -> str:
        """The activity that stands for it."""
        return own_activity("events", self.key)

    @property
    def course_code(self) -> str:
        """The code of its course in the mappings."""
        return f"event-{self.key}"


def check_event(conn: Connection, mode: str, competencies: Collection[str], now: datetime) -> None:
    """Whether the framework in force knows these words. Raises MappingError."""
    framework_id, _, _ = _framework(conn, now)
    codes = select(competency.c.code).where(competency.c.framework_id == framework_id)
    for code in sorted(set(competencies) - set(conn.execute(codes).scalars())):
        raise MappingError(f"competencies: '{code}' is not in the framework")
    modes = (
        select(delivery_mode.c.code)
        .join(learning_category, learning_category.c.id == delivery_mode.c.category_id)
        .where(learning_category.c.framework_id == framework_id)
    )
    if mode not in set(conn.execute(modes).scalars()):
        raise MappingError(f"mode: '{mode}' is not in the framework")


def keep_event(conn: Connection, event: EventFacts, now: datetime, by: str) -> None:
    """Bring the event's course and mapping to what is said of it; nothing where they are so already."""
    mapped = CourseMapping(
        status="approved",
        approved_by=by,
        reference=event.reference,
        delivery=event.mode,
        category=None,
        hours=event.hours,
        hours_are_sample=False,
        valid_from=event.first,
        valid_to=None,
        competencies=event.competencies,
        level_at_most=event.level,
        score_at_least=None,
        verbs=(ATTENDED,),
        progress_verbs=(),
    )
    _load(conn, event, (_as_held(conn, event, mapped),), now, by)


def end_event(conn: Connection, event: EventFacts, now: datetime, by: str) -> None:
    """Nobody says any more that the event took place: it proves nothing from now on."""
    _load(conn, event, (), now, by)


def _load(
    conn: Connection, event: EventFacts, mappings: tuple[CourseMapping, ...], now: datetime, by: str
) -> None:
    _, code, version = _framework(conn, now)
    alias = Alias(event.activity_iri, event.title, event.first, None)
    entry = CourseEntry(event.course_code, event.title, (alias,), mappings)
    load_mappings(conn, MappingFile(SOURCE, code, version, (entry,)), now, by)


def _as_held(conn: Connection, event: EventFacts, mapped: CourseMapping) -> CourseMapping:
    """With the reference of what an import said before, where that says the same otherwise, and stands or was
    decided about by a person: who said so first. What was withdrawn stays withdrawn then.
    """
    m = mapping.c
    rows = conn.execute(
        select(m.course_id, m.framework_id, m.approved_by, m.reference, m.digest)
        .join(course, course.c.id == m.course_id)
        .where(course.c.code == event.course_code, m.line_id.is_(None))
        .order_by(m.id.desc())
    ).all()
    for row in rows:
        same = replace(mapped, approved_by=row.approved_by, reference=row.reference)
        of = row.course_id, row.framework_id
        if same.digest() == row.digest and row.digest in {**held_digests(conn, *of), **standing(conn, *of)}:
            return same
    return mapped


def _framework(conn: Connection, now: datetime) -> tuple[int, str, str]:
    """The framework in force: of several, the one that began last. Raises MappingError."""
    c, framework_id = framework.c, framework_on(conn, bangkok_day(now))
    if framework_id is None:
        raise MappingError("no framework is in force: load one, or give one that ended another last day")
    row = conn.execute(select(c.code, c.version).where(c.id == framework_id)).one()
    return framework_id, row.code, row.version
