"""What people decide about mappings: drafts, changes, approvals and endings.

Nothing is rewritten: each decision ends a version and adds one, so that what was known before stays so. All
versions of a mapping are one line; of a line at most one version is approved, and one a draft. Whoever has
evidence of its courses is marked where what counts may have changed; a draft never counts.

A DecisionError's `why`: unknown | gone | drafted | approved | incomplete | draft | days | course | parts |
title.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, Row, Table, insert, literal, or_, select, update

from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day
from mappings.errors import DecisionError
from mappings.files import CourseEntry, CourseMapping
from mappings.known_courses import Courses, KnownCourse
from mappings.load_courses import Load, Words, add_mapping
from mappings.mapping_lines import of_line
from mappings.stale import mark_courses
from mappings.tables import course, course_alias, mapping, mapping_competency, mapping_part, mapping_verb

SOURCE = "mapping"
"""Names what is wrong in the place of a file's name."""

_PARTS: Sequence[Table] = (mapping_part, mapping_verb, mapping_competency)
"""What a version consists of beyond its own row."""

_FIRST = date(2000, 1, 1)
"""From when on a name that is given to a course stands for it."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, and when; `by` is the name they give."""

    by: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """Which course is meant: one of the mappings by any of its names, or an activity, or both, which gives
    the course one more name. `title`: of a course that is new; one that consists of parts needs nothing else.
    """

    course: str = ""
    activity_iri: str = ""
    title: str = ""
    in_parts: bool = False


def lacks(conn: Connection, mapping_id: int) -> tuple[str, ...]:
    """What a version has not, and needs before it can be approved: competencies | verbs | category."""
    m, k, v = mapping.c, mapping_competency.c, mapping_verb.c
    row = conn.execute(select(m.category_id).where(m.id == mapping_id)).one()
    complete = (v.mapping_id == mapping_id) & (v.criterion == "complete")
    there = {
        "competencies": conn.execute(select(k.mapping_id).where(k.mapping_id == mapping_id).limit(1)).first(),
        "verbs": conn.execute(select(v.mapping_id).where(complete).limit(1)).first(),
        "category": row.category_id,
    }
    return tuple(name for name, value in there.items() if value is None)


def create(conn: Connection, subject: Subject, said: CourseMapping, words: Words, who: Decider) -> int:
    """Add a draft that says this of a course; its id. Raises MappingError for words that are not known."""
    course_id = _course(conn, subject, who)
    mapping_id = _add(conn, course_id, said, words, who)
    conn.execute(update(mapping).where(mapping.c.id == mapping_id).values(line_id=mapping_id))
    _log(conn, who, "add", mapping_id, "draft")
    return mapping_id


def edit(conn: Connection, mapping_id: int, said: CourseMapping, words: Words, who: Decider) -> int:
    """Let a draft say this instead; of an approved version, add a draft that takes its place once approved.

    The id of the new draft.
    """
    row = _open(conn, mapping_id)
    if row.status == "approved" and _of_line(conn, row, "draft") is not None:
        raise DecisionError(
            "drafted", f"mapping {mapping_id}: there is a draft that is to replace it already"
        )
    if row.status == "draft":
        _end(conn, row, who)
    new_id = _add(conn, row.course_id, said, words, who)
    conn.execute(update(mapping).where(mapping.c.id == new_id).values(line_id=row.line_id or row.id))
    _log(conn, who, "change", new_id, f"instead of {mapping_id}")
    return new_id


def approve(conn: Connection, mapping_id: int, reference: str, who: Decider, over: int | None = None) -> int:
    """Approve a draft, which ends the approved version of its line; the id of the approved one.

    `over`: the approved version that the decider saw, 0 if there was none; None: whichever it is.
    """
    row = _open(conn, mapping_id)
    if row.status == "approved":
        raise DecisionError("approved", f"mapping {mapping_id}: is approved already")
    if missing := lacks(conn, mapping_id):
        raise DecisionError(
            "incomplete", f"mapping {mapping_id}: give {', '.join(missing)} before approving it"
        )
    before = _of_line(conn, row, "approved")
    if over is not None and over != (before.id if before else 0):
        raise DecisionError(
            "gone", f"mapping {mapping_id}: the version that it replaces was changed meanwhile"
        )
    for ended in (row, before):
        if ended is not None:
            _end(conn, ended, who)
    new_id = _copy(conn, row, who, status="approved", approved_by=who.by, reference=reference)
    mark_courses(conn, [row.course_id])
    _log(conn, who, "approve", new_id, reference)
    return new_id


def end_on(conn: Connection, mapping_id: int, last_day: date, reason: str, who: Decider) -> int:
    """Let an approved mapping count up to a day and no longer; the id of the version that says so."""
    row = _open(conn, mapping_id)
    if row.status == "draft":
        raise DecisionError("draft", f"mapping {mapping_id}: is a draft, which never counts: withdraw it")
    if last_day < row.valid_from or (row.valid_to is not None and last_day >= row.valid_to):
        raise DecisionError("days", f"mapping {mapping_id}: is not valid beyond {last_day}, or not up to it")
    _end(conn, row, who, reason)
    new_id = _copy(conn, row, who, valid_to=last_day)
    mark_courses(conn, [row.course_id])
    _log(conn, who, "end", new_id, reason)
    return new_id


def withdraw(conn: Connection, mapping_id: int, reason: str, who: Decider) -> None:
    """Take a version back as wrong: from now on it is known that it never counted."""
    row = _open(conn, mapping_id)
    _end(conn, row, who, reason)
    if row.status == "approved":
        mark_courses(conn, [row.course_id])
    _log(conn, who, "withdraw", mapping_id, reason)


def find_courses(conn: Connection, names: Sequence[str], now: datetime) -> list[KnownCourse]:
    """The courses of these names, as parts that all have to be done. Raises DecisionError."""
    courses = Courses(conn, now) if names else None
    found = [courses.find(name) for name in names] if courses else []
    for name, one in zip(names, found, strict=True):
        if isinstance(one, str):
            raise DecisionError("parts", f"parts: {name}: {one}")
    return [one for one in found if not isinstance(one, str)]


# ---- courses ------------------------------------------------------------------------------------


def _course(conn: Connection, subject: Subject, who: Decider) -> int:
    owner = _owner(conn, subject.activity_iri, who)
    if not subject.course:
        return owner or _new_course(conn, subject, who)
    found = Courses(conn, who.now).find(subject.course)
    if isinstance(found, str):
        raise DecisionError("course", f"course: {found}")
    if owner not in (None, found.id):
        raise DecisionError("course", "activity: belongs to another course already")
    if subject.activity_iri and owner is None:
        _add_name(conn, found.id, subject.activity_iri, subject.title or subject.activity_iri, who)
    return found.id


def _owner(conn: Connection, activity_iri: str, who: Decider) -> int | None:
    if not activity_iri:
        return None
    c, day = course_alias.c, bangkok_day(who.now)
    stands = (c.activity_iri == activity_iri) & or_(c.valid_to.is_(None), c.valid_to >= day)
    return conn.execute(select(c.course_id).where(stands, c.ended_at.is_(None)).limit(1)).scalar()


def _new_course(conn: Connection, subject: Subject, who: Decider) -> int:
    named = subject.activity_iri
    if ":" not in named and not (subject.in_parts and not named):
        raise DecisionError("course", "course: name one, or give the absolute IRI of an activity")
    if not subject.title:
        raise DecisionError("title", "title: a course that is new needs one")
    code = f"page-{str(uuid5(NAMESPACE_URL, named or f'{subject.title} {who.now}'))[:13]}"
    values = {"code": code, "title_th": subject.title, **_recorded(who)}
    course_id: int = conn.execute(insert(course).values(**values).returning(course.c.id)).scalar_one()
    log_changes(conn, [Change("add", "course", code)], who.now, who.by)
    if named:
        _add_name(conn, course_id, named, subject.title, who)
    return course_id


def _add_name(conn: Connection, course_id: int, activity_iri: str, label: str, who: Decider) -> None:
    values = {"course_id": course_id, "activity_iri": activity_iri, "label": label, "valid_from": _FIRST}
    conn.execute(insert(course_alias).values(**values, **_recorded(who)))
    mark_courses(conn, [course_id])
    log_changes(conn, [Change("add", "course_alias", str(course_id), label)], who.now, who.by)


# ---- versions -----------------------------------------------------------------------------------


def _open(conn: Connection, mapping_id: int) -> Row[Any]:
    """A version that stands, kept from others until the transaction ends."""
    row = conn.execute(select(mapping).where(mapping.c.id == mapping_id).with_for_update()).one_or_none()
    if row is None:
        raise DecisionError("unknown", f"mapping {mapping_id}: there is none")
    if row.ended_at is not None:
        raise DecisionError(
            "gone", f"mapping {mapping_id}: was changed or ended by {row.ended_by or 'a file'}"
        )
    return row


def _of_line(conn: Connection, row: Row[Any], status: str) -> Row[Any] | None:
    """The version of the same line that stands with this status."""
    line = of_line(row.line_id or row.id)
    stands = select(mapping).where(line, mapping.c.status == status, mapping.c.ended_at.is_(None))
    return conn.execute(stands.with_for_update()).first()


def _end(conn: Connection, row: Row[Any], who: Decider, reason: str | None = None) -> None:
    ended = {"ended_at": to_micros(who.now), "ended_by": who.by, "end_reason": reason}
    conn.execute(update(mapping).where(mapping.c.id == row.id).values(**ended))


def _add(conn: Connection, course_id: int, said: CourseMapping, words: Words, who: Decider) -> int:
    code = conn.execute(select(course.c.code).where(course.c.id == course_id)).scalar_one()
    entry = CourseEntry(code, code, (), (said,))
    return add_mapping(conn, Load(SOURCE, who.now, who.by), entry, said, course_id, words)


def _copy(conn: Connection, row: Row[Any], who: Decider, **changes: Any) -> int:
    """The next version of a line: the same but for this."""
    values = {**row._mapping, **_recorded(who), **changes}
    values |= {"line_id": row.line_id or row.id, "digest": _digest(row.digest, changes)}
    del values["id"]
    new_id: int = conn.execute(insert(mapping).values(**values).returning(mapping.c.id)).scalar_one()
    for table in _PARTS:
        others = [column for column in table.columns if column.name != "mapping_id"]
        same = select(literal(new_id), *others).where(table.c.mapping_id == row.id)
        names = ["mapping_id", *(column.name for column in others)]
        conn.execute(insert(table).from_select(names, same))
    return new_id


def _digest(before: str, changes: dict[str, Any]) -> str:
    return hashlib.sha256(f"{before} {sorted(changes.items())}".encode()).hexdigest()


def _recorded(who: Decider) -> dict[str, Any]:
    return {"recorded_at": to_micros(who.now), "recorded_by": who.by}


def _log(conn: Connection, who: Decider, action: str, mapping_id: int, detail: str) -> None:
    log_changes(conn, [Change(action, SOURCE, str(mapping_id), detail)], who.now, who.by)
