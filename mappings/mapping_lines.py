"""Lines of versions: what people decided about mappings that a file brought, and what a file says against it.

A file's entry that is not changed brings back nothing that a person ended, and undoes nothing that a person
approved; a changed one takes the place of both.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, union

from lrs.clock import from_micros
from mappings.files import MappingFile
from mappings.tables import course, course_alias, framework, mapping

LINE = func.coalesce(mapping.c.line_id, mapping.c.id)
"""What the versions of a mapping have in common."""


def of_line(line_id: int) -> ColumnElement[bool]:
    """The versions of one line."""
    return LINE.in_([line_id])


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's decision about an entry of a file. `open_ids`: the versions that still stand."""

    course_code: str
    by: str
    at: datetime
    open_ids: tuple[int, ...]


def standing(conn: Connection, course_id: int, framework_id: int) -> dict[str, Standing]:
    """Digest of a file's entry -> what was decided about it last."""
    rows = conn.execute(
        select(mapping, course.c.code)
        .join(course, course.c.id == mapping.c.course_id)
        .where(mapping.c.course_id == course_id, mapping.c.framework_id == framework_id)
        .order_by(mapping.c.id)
    )
    lines: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        lines[row.line_id or row.id].append(row)
    return {
        line[0].digest: _standing(line)
        for line in lines.values()
        if line[0].line_id is None and (len(line) > 1 or line[0].end_reason is not None)
    }


def overruled(
    decided: Mapping[str, Standing], held: Collection[str], wanted: Collection[str]
) -> list[Standing]:
    """What stands no more once a file with these entries (digests) is loaded over the `held` ones: where it
    has an entry that nobody knows, all that was decided about those it has no more."""
    if all(digest in held or digest in decided for digest in wanted):
        return []
    return [one for digest, one in decided.items() if digest not in wanted]


def read_overruled(conn: Connection, mapping_file: MappingFile) -> list[Standing]:
    """The decisions that loading this file would take the place of; nothing is written."""
    code, version = mapping_file.framework, mapping_file.framework_version
    same = (framework.c.code == code) & (framework.c.version == version)
    framework_id = conn.execute(select(framework.c.id).where(same)).scalar()
    found = []
    for entry in mapping_file.courses:
        course_id = conn.execute(select(course.c.id).where(course.c.code == entry.code)).scalar()
        if course_id is not None and framework_id is not None:
            decided = standing(conn, course_id, framework_id)
            wanted = {each.digest() for each in entry.mappings}
            found += overruled(decided, held_digests(conn, course_id, framework_id), wanted)
    return found


def untouched(conn: Connection, mapping_file: MappingFile, by: str) -> MappingFile:
    """The file without the courses of which somebody else than `by` has said anything, or whose activities
    are another course's: for a file that nobody here asked for.
    """
    said = [
        select(course.c.code).where(course.c.recorded_by != by),
        *(
            select(course.c.code).join(table, table.c.course_id == course.c.id).where(by_others)
            for table, by_others in (
                (course_alias, course_alias.c.recorded_by != by),
                (mapping, or_(mapping.c.recorded_by != by, mapping.c.ended_by != by)),
            )
        ),
    ]
    theirs = set(conn.execute(union(*said)).scalars())
    owners = {
        row.activity_iri: row.code
        for row in conn.execute(
            select(course_alias.c.activity_iri, course.c.code)
            .join(course, course.c.id == course_alias.c.course_id)
            .where(course_alias.c.ended_at.is_(None), course_alias.c.activity_iri.is_not(None))
        )
    }
    left = [
        entry
        for entry in mapping_file.courses
        if entry.code not in theirs
        and all(owners.get(one.activity_iri or "", entry.code) == entry.code for one in entry.aliases)
    ]
    return replace(mapping_file, courses=tuple(left))


def held_digests(conn: Connection, course_id: int, framework_id: int) -> dict[str, int]:
    """Digest -> id of the entries that a file brought and that stand as it brought them."""
    m = mapping.c
    stands = (m.course_id == course_id) & (m.framework_id == framework_id) & m.ended_at.is_(None)
    rows = conn.execute(select(m.digest, m.id).where(stands, m.line_id.is_(None)))
    return {row.digest: row.id for row in rows}


def _standing(line: list[Row[Any]]) -> Standing:
    last = line[-1]
    ended = last.ended_at is not None
    return Standing(
        last.code,
        (last.ended_by if ended else last.recorded_by) or "",
        from_micros(last.ended_at if ended else last.recorded_at),
        tuple(row.id for row in line[1:] if row.ended_at is None),
    )
