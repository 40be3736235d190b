"""Putting a file of course mappings into the database; `mappings.load` is the door."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update

from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day, day_before
from mappings.errors import MappingError
from mappings.files import Alias, CourseEntry, CourseMapping, MappingFile
from mappings.mapping_lines import held_digests, overruled, standing
from mappings.stale import mark_courses
from mappings.tables import (
    competency,
    course,
    course_alias,
    delivery_mode,
    framework,
    learning_category,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
)
from mappings.vocabulary import OURS


@dataclass(frozen=True, slots=True)
class Words:
    """What a mapping may refer to in its framework: code -> row."""

    framework_id: int
    competencies: dict[str, int]
    categories: dict[str, int]
    modes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Load:
    """One run over one file."""

    source: str
    now: datetime
    by: str

    def recorded(self) -> dict[str, object]:
        """The columns of what this run records."""
        return {"recorded_at": to_micros(self.now), "recorded_by": self.by}

    def error(self, entry: CourseEntry, field: str, reason: str) -> MappingError:
        """What is wrong with an entry of the file."""
        return MappingError(f"{self.source}: {entry.code}: {field}: {reason}")


def load_mappings(conn: Connection, mapping_file: MappingFile, now: datetime, by: str) -> int:
    """Store a mapping file; how many of its courses had anything new.

    Courses that the file does not name stay as they are. Raises MappingError if it refers to what its
    framework does not have, or claims another course's activity.
    """
    words = read_words(conn, mapping_file)
    load = Load(mapping_file.source, now, by)
    changed = []
    # First all courses, for a mapping may have later ones as its parts.
    courses = [(entry, *_course(conn, load, entry)) for entry in mapping_file.courses]
    for entry, course_id, log in courses:
        log += _aliases(conn, load, entry, course_id)
        log += _mappings(conn, load, entry, course_id, words)
        log_changes(conn, log, now, by)
        if log:
            changed.append(course_id)
    mark_courses(conn, changed)
    return len(changed)


def competency_ids(conn: Connection, framework_id: int) -> dict[str, int]:
    """Code -> row of a framework's competencies."""
    rows = conn.execute(
        select(competency.c.code, competency.c.id).where(competency.c.framework_id == framework_id)
    )
    return {row.code: row.id for row in rows}


def read_words(conn: Connection, mapping_file: MappingFile) -> Words:
    """The words of the file's framework. Raises MappingError if it is not loaded."""
    code, version = mapping_file.framework, mapping_file.framework_version
    same = (framework.c.code == code) & (framework.c.version == version)
    framework_id = conn.execute(select(framework.c.id).where(same)).scalar_one_or_none()
    if framework_id is None:
        raise MappingError(f"{mapping_file.source}: framework: '{code}' version '{version}' is not loaded")
    categories = conn.execute(
        select(learning_category.c.code, learning_category.c.id).where(
            learning_category.c.framework_id == framework_id
        )
    )
    by_code = {row.code: row.id for row in categories}
    modes = conn.execute(select(delivery_mode).where(delivery_mode.c.category_id.in_(by_code.values())))
    by_mode = {row.code: row.category_id for row in modes}
    return Words(framework_id, competency_ids(conn, framework_id), by_code, by_mode)


def _course(conn: Connection, load: Load, entry: CourseEntry) -> tuple[int, list[Change]]:
    row = conn.execute(select(course).where(course.c.code == entry.code)).one_or_none()
    if row is None:
        added = insert(course).values(code=entry.code, title_th=entry.title_th, **load.recorded())
        course_id: int = conn.execute(added.returning(course.c.id)).scalar_one()
        return course_id, [Change("add", "course", entry.code)]
    if row.title_th == entry.title_th:
        return row.id, []
    conn.execute(
        update(course).where(course.c.id == row.id).values(title_th=entry.title_th, **load.recorded())
    )
    return row.id, [Change("change", "course", entry.code, "title_th")]


# ---- names --------------------------------------------------------------------------------------


def _aliases(conn: Connection, load: Load, entry: CourseEntry, course_id: int) -> list[Change]:
    """New names are added, names that the file has no more end the day before; those of ours stay."""
    _refuse_foreign(conn, load, entry, course_id)
    held = {
        (row.activity_iri, row.label, row.valid_from): row
        for row in conn.execute(
            select(course_alias).where(
                course_alias.c.course_id == course_id, course_alias.c.ended_at.is_(None)
            )
        )
    }
    log = []
    for alias in entry.aliases:
        row = held.pop((alias.activity_iri, alias.label, alias.valid_from), None)
        if row is None:
            _add_alias(conn, load, alias, course_id)
            log.append(Change("add", "course_alias", entry.code, alias.label))
        elif row.valid_to != alias.valid_to:
            _lasting_until(conn, load, row, alias.valid_to)
            log.append(Change("change", "course_alias", entry.code, f"valid_to of {alias.label}"))
    return [*log, *_end_aliases(conn, load, entry, held.values())]


def _add_alias(conn: Connection, load: Load, alias: Alias, course_id: int) -> None:
    added = insert(course_alias).values(
        course_id=course_id,
        activity_iri=alias.activity_iri,
        label=alias.label,
        valid_from=alias.valid_from,
        valid_to=alias.valid_to,
        **load.recorded(),
    )
    conn.execute(added)


def _end_aliases(
    conn: Connection, load: Load, entry: CourseEntry, rows: Iterable[Row[Any]]
) -> Iterator[Change]:
    yesterday = day_before(bangkok_day(load.now))
    for row in rows:
        ours = (row.activity_iri or "").startswith(OURS)
        if not ours and (row.valid_to is None or row.valid_to > yesterday):
            _lasting_until(conn, load, row, yesterday)
            yield Change("end", "course_alias", entry.code, row.label)


def _lasting_until(conn: Connection, load: Load, row: Row[Any], valid_to: date | None) -> None:
    """Another row takes the name's place: what was known before stays as it was."""
    conn.execute(update(course_alias).where(course_alias.c.id == row.id).values(ended_at=to_micros(load.now)))
    kept = {name: getattr(row, name) for name in ("course_id", "activity_iri", "label", "valid_from")}
    conn.execute(insert(course_alias).values(**kept, valid_to=valid_to, **load.recorded()))


def _refuse_foreign(conn: Connection, load: Load, entry: CourseEntry, course_id: int) -> None:
    """An activity that stood for two courses would count twice."""
    iris = [alias.activity_iri for alias in entry.aliases if alias.activity_iri is not None]
    today = bangkok_day(load.now)
    foreign = conn.execute(
        select(course_alias.c.activity_iri, course.c.code)
        .join(course, course.c.id == course_alias.c.course_id)
        .where(course_alias.c.activity_iri.in_(iris), course_alias.c.course_id != course_id)
        .where(course_alias.c.ended_at.is_(None))
        .where(course_alias.c.valid_to.is_(None) | (course_alias.c.valid_to >= today))
    ).first()
    if foreign is not None:
        raise load.error(
            entry, "aliases", f"activity {foreign.activity_iri} belongs to {foreign.code} already"
        )


# ---- what a course proves -----------------------------------------------------------------------


def _mappings(conn: Connection, load: Load, entry: CourseEntry, course_id: int, words: Words) -> list[Change]:
    """Rows whose entry the file no longer has, as it was, are ended; new entries are added.

    What people decided about an entry stands until the file has another in its place.
    """
    held = held_digests(conn, course_id, words.framework_id)
    decided = standing(conn, course_id, words.framework_id)
    wanted = {each.digest(): each for each in entry.mappings}
    gone = [held[digest] for digest in held.keys() - wanted.keys()]
    gone += [each for one in overruled(decided, held, wanted) for each in one.open_ids]
    log = []
    for mapping_id in gone:
        ended = {"ended_at": to_micros(load.now), "ended_by": load.by}
        conn.execute(update(mapping).where(mapping.c.id == mapping_id).values(**ended))
        log.append(Change("end", "mapping", str(mapping_id), entry.code))
    for digest, each in wanted.items():
        if digest not in held and digest not in decided:
            mapping_id = add_mapping(conn, load, entry, each, course_id, words)
            log.append(Change("add", "mapping", str(mapping_id), f"{entry.code} {each.status}"))
    return log


def add_mapping(
    conn: Connection, load: Load, entry: CourseEntry, each: CourseMapping, course_id: int, words: Words
) -> int:
    """Store what a course proves; the mapping's id. Raises MappingError for words that are not known."""
    category_id = _category(load, entry, each, words)
    competencies = [_competency(load, entry, code, words) for code in each.competencies]
    parts = [_part(conn, load, entry, code) for code in each.parts] or [course_id]
    added = insert(mapping).values(
        course_id=course_id,
        framework_id=words.framework_id,
        category_id=category_id,
        status=each.status,
        approved_by=each.approved_by,
        reference=each.reference,
        hours=each.hours,
        hours_are_sample=each.hours_are_sample,
        level_at_most=each.level_at_most,
        score_at_least=each.score_at_least,
        part_count=len(parts),
        digest=each.digest(),
        delivery=each.delivery,
        valid_from=each.valid_from,
        valid_to=each.valid_to,
        **load.recorded(),
    )
    mapping_id: int = conn.execute(added.returning(mapping.c.id)).scalar_one()
    verbs = [{"verb_iri": verb, "criterion": "complete"} for verb in each.verbs]
    verbs += [{"verb_iri": verb, "criterion": "progress"} for verb in each.progress_verbs]
    _add_rows(conn, mapping_part, mapping_id, [{"course_id": part} for part in parts])
    _add_rows(conn, mapping_competency, mapping_id, [{"competency_id": one} for one in competencies])
    _add_rows(conn, mapping_verb, mapping_id, verbs)
    return mapping_id


def _add_rows(conn: Connection, table: Table, mapping_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), [{"mapping_id": mapping_id, **row} for row in rows])


def _category(load: Load, entry: CourseEntry, each: CourseMapping, words: Words) -> int:
    """The category written in the entry, else the one its delivery mode falls into."""
    if each.category is not None:
        if each.category not in words.categories:
            raise load.error(entry, "category", f"'{each.category}' is not in the framework")
        return words.categories[each.category]
    if each.delivery not in words.modes:
        raise load.error(entry, "delivery", f"'{each.delivery}' is not in the framework; give a category")
    return words.modes[each.delivery]


def _competency(load: Load, entry: CourseEntry, code: str, words: Words) -> int:
    if code not in words.competencies:
        raise load.error(entry, "competencies", f"'{code}' is not in the framework")
    return words.competencies[code]


def _part(conn: Connection, load: Load, entry: CourseEntry, code: str) -> int:
    found = conn.execute(select(course.c.id).where(course.c.code == code)).scalar_one_or_none()
    if found is None:
        raise load.error(entry, "parts", f"course '{code}' is neither in this file nor loaded")
    return int(found)
