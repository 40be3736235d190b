"""Claims as a page shows them: whose, what the row said, what was decided (SELECTs only)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, select

from connector.imports.claim_store import counts
from connector.report.errors import NamesHidden
from connector.report.queries.found_people import PersonShown, read_persons
from connector.tables_imports import claim, import_file, import_row
from lrs.clock import from_micros, from_micros_or_none
from lrs.database import chunks
from mappings.belonging import people_of_unit
from mappings.people import Scope
from mappings.tables import course, mapping

MOST_CLAIMS = 100


@dataclass(frozen=True, slots=True)
class Original:
    """The claim that another one is a duplicate of; `person` None: outside the reader's scope."""

    person: PersonShown | None
    state: str


@dataclass(frozen=True, slots=True)
class ClaimShown:
    """A claim. `url`: empty unless it is a web address. `course_title`: of the mappings, if it is known."""

    id: int
    uuid: str
    person: PersonShown
    code: str
    url: str
    course_label: str
    course_title: str | None
    completed_on: date | None
    state: str
    claimed_at: datetime
    file_name: str
    row: int
    original: Original | None
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ClaimsPage:
    """Some claims of one state, and after which id the next page begins; `counts`: of each state."""

    claims: list[ClaimShown]
    after: int | None
    counts: dict[str, int]


def read_claims(conn: Connection, scope: Scope, state: str, after: int = 0) -> ClaimsPage:
    """The claims of a state that stand, those that wait longest first."""
    if not scope.names:
        raise NamesHidden
    c, first, theirs = claim.c, claim.alias("first"), _of(scope)
    rows = conn.execute(
        select(claim, import_file.c.name.label("file_name"), course.c.title_th.label("course_title"))
        .add_columns(first.c.person_id.label("first_person_id"), first.c.state.label("first_state"))
        .join(import_file, import_file.c.id == c.import_id)
        .join(import_row, and_(import_row.c.import_id == c.import_id, import_row.c.row == c.row))
        .outerjoin(course, course.c.id == c.course_id)
        .outerjoin(first, first.c.id == c.duplicate_of_id)
        .where(c.state == state, import_row.c.state == "applied", c.code != "", c.id > after, theirs)
        .order_by(c.id)
        .limit(MOST_CLAIMS + 1)
    ).all()
    shown = rows[:MOST_CLAIMS]
    ids = {row.person_id for row in shown} | {row.first_person_id for row in shown if row.first_person_id}
    persons = read_persons(conn, scope, ids)
    found = [_shown(row, persons) for row in shown]
    return ClaimsPage(found, shown[-1].id if len(rows) > MOST_CLAIMS else None, counts(conn, theirs))


def _shown(row: Row[Any], persons: Mapping[int, PersonShown]) -> ClaimShown:
    return ClaimShown(
        id=row.id,
        uuid=row.uuid,
        person=persons[row.person_id],
        code=row.code,
        url=row.url if row.url.lower().startswith(("http://", "https://")) else "",
        course_label=row.course_label,
        course_title=row.course_title,
        completed_on=row.completed_on,
        state=row.state,
        claimed_at=from_micros(row.claimed_at),
        file_name=row.file_name,
        row=row.row,
        original=Original(persons.get(row.first_person_id), row.first_state) if row.first_state else None,
        decided_at=from_micros_or_none(row.decided_at),
        decided_by=row.decided_by,
        reason=row.reason,
    )


def are_seen(conn: Connection, scope: Scope, uuids: Collection[str]) -> bool:
    """Whether each of these claims is one of the scope's people's."""
    wanted = set(uuids)
    found: set[str] = set()
    for some in chunks(sorted(wanted)):
        theirs = select(claim.c.uuid).where(claim.c.uuid.in_(some), _of(scope))
        found.update(conn.execute(theirs).scalars())
    return found == wanted


def _of(scope: Scope) -> ColumnElement[bool]:
    return claim.c.person_id.in_(people_of_unit(scope.unit_id))


def read_courses(conn: Connection) -> list[tuple[str, str]]:
    """Code and title of the courses that mappings speak of, but events."""
    mapped = exists().where(mapping.c.course_id == course.c.id, mapping.c.ended_at.is_(None))
    rows = conn.execute(
        select(course.c.code, course.c.title_th)
        .where(mapped, course.c.code.not_like("event-%"))
        .order_by(course.c.code)
    )
    return [(row.code, row.title_th) for row in rows]
