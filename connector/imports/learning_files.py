"""Files of completions, of attendance and of claims, staged: whom each row is about, and what it says.

Nothing counts yet: `connector.imports.learning` makes statements of the rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from sqlalchemy import Connection, Engine

from connector.imports import import_files, refusals, staging
from connector.imports.attendance import ATTENDANCE as ATTENDANCE_COLUMNS
from connector.imports.attendance import AttendanceRow, attendance_row, read_event
from connector.imports.claims import CLAIMS as CLAIMS_COLUMNS
from connector.imports.claims import ClaimRow, claim_row
from connector.imports.columns import Columns
from connector.imports.completions import Asked, CompletionRow, completion_columns, completion_row
from connector.imports.errors import ImportFileError
from connector.imports.event import Event
from connector.imports.import_files import Brought
from connector.imports.learning import rehearse
from connector.imports.presets import mapped
from connector.imports.settle import ATTENDANCE, CLAIMS, COMPLETIONS, Setting
from connector.imports.table_file import RefusedRow, Row
from connector.imports.values import masked, without_ids
from connector.imports.voucher_store import rows_of_same_file
from connector.tables_imports import import_row
from lrs.bulk import bulk_insert
from mappings.days import bangkok_day
from mappings.errors import MappingError
from mappings.events import check_event
from mappings.known_courses import Courses
from mappings.known_people import KnownPerson, Unknown, find_people
from mappings.people import HashKeys, Refusal

Item = TypeVar("Item", CompletionRow, AttendanceRow, ClaimRow)


class Unfit(NamedTuple):
    """Why a row cannot be taken, once its cells have been read."""

    field: str
    reason: str


class _Read(NamedTuple, Generic[Item]):
    """A row of the file, and what may be shown of its cells, by field."""

    item: Item
    shown: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Table(Generic[Item]):
    """How the rows of a kind are read, and what is kept of one whose person is known. `home_page`: of the
    platform whose accounts the rows are about, "" where they are about people."""

    columns: Columns
    read: Callable[[Row], Item]
    payload: Callable[[Item, KnownPerson], Mapping[str, Any] | Unfit]
    home_page: str = ""


@dataclass(slots=True)
class _Writer(Generic[Item]):
    """Keeps the rows of a file whose people are known, and refuses the others."""

    table: _Table[Item]
    unit_id: int | None
    standing: set[int] | None = None
    titles: Sequence[str] = field(default_factory=tuple)

    def write(self, conn: Connection, import_id: int, rows: Sequence[_Read[Item]]) -> None:
        """Of a chunk of rows."""
        if self.standing is None:
            self.standing = rows_of_same_file(conn, import_id)
            self.titles = import_files.find(conn, import_id).titles
        new = [one for one in rows if one.item.row not in (self.standing or ())]
        people = find_people(conn, [one.item.who for one in new], self.table.home_page, self.unit_id)
        kept, refused = [], []
        for one, person in zip(new, people, strict=True):
            found = person if isinstance(person, Unknown) else self.table.payload(one.item, person)
            if isinstance(person, Unknown) or isinstance(found, Unfit | Unknown):
                refused.append(self._refused(one, found))
            else:
                text = orjson.dumps(found).decode()
                kept.append((import_id, one.item.row, text, "ready", person.id, None))
        bulk_insert(conn, (import_row, kept))
        refusals.refuse(conn, import_id, refused)

    def _refused(self, one: _Read[Item], fault: Any) -> RefusedRow:
        columns = self.table.columns
        title = next((each for each in self.titles if columns.field(each) == fault.field), fault.field)
        refusal = Refusal(one.item.row, title, one.shown.get(fault.field, ""), fault.reason)
        return RefusedRow(refusal, refusals.cells_of(self.titles, columns, one.shown))


def _stage(
    engine: Engine,
    brought: Brought,
    table: _Table[Item],
    setting: Setting,
    progress: staging.Progress | None,
) -> int:
    """Read, write, and note what applying would do."""

    def read(row: Row) -> _Read[Item]:
        return _Read(table.read(row), _shown(row))

    writer: _Writer[Item] = _Writer(table, brought.unit_id)
    check = partial(rehearse, setting=setting)
    return staging.stage(engine, brought, table.columns, read, writer.write, setting.now, progress, check)


def _shown(row: Row) -> dict[str, str]:
    return {
        name: masked(cell) if name in row.secret else without_ids(cell) for name, cell in row.cells.items()
    }


def stage_completions(
    engine: Engine,
    brought: Brought,
    setting: Setting,
    keys: HashKeys,
    *,
    headers: Mapping[str, str],
    course: str = "",
    platform: str = "",
    score_of: float = 100.0,
    progress: staging.Progress | None = None,
) -> int:
    """Stage a list that a platform exported; its import id. `headers`: field -> header, where chosen;
    `course`: of all rows; `platform`: its home page, so that rows are about accounts there where they are
    known. Raises ImportFileError."""
    today = bangkok_day(setting.now)
    columns = mapped(completion_columns(course_given=bool(course)), headers)
    asked = Asked(today, course, score_of)
    table = _Table(
        columns,
        lambda row: completion_row(row, keys, asked),
        partial(_completion, _courses(engine, setting), platform),
        platform,
    )
    options = {"headers": dict(headers), "course": course, "platform": platform, "score_of": score_of}
    brought = replace(brought, kind=COMPLETIONS, options=options)
    return _stage(engine, brought, table, setting, progress)


def _courses(engine: Engine, setting: Setting) -> Courses:
    with engine.begin() as conn:
        return Courses(conn, setting.now)


def _completion(
    courses: Courses, platform: str, item: CompletionRow, person: KnownPerson
) -> Mapping[str, Any] | Unfit:
    found = courses.find(item.course, platform)
    if isinstance(found, str):
        return Unfit("course", found)
    return {
        "course_id": found.id,
        "activity": found.activity_iri,
        "title": found.title,
        "home_page": platform if person.account_name else "",
        "account": person.account_name or person.uuid,
        "day": item.day.isoformat() if item.day else None,
        "score": item.score,
        "passed": item.passed,
    }


def stage_attendance(
    engine: Engine,
    brought: Brought,
    setting: Setting,
    keys: HashKeys,
    *,
    event: Mapping[str, str],
    progress: staging.Progress | None = None,
) -> int:
    """Stage who attended an event; its import id. `event` (field -> text) wins over what stands above the
    table. Raises ImportFileError."""
    told = read_event(brought.path, event, bangkok_day(setting.now))
    with engine.begin() as conn:
        try:
            check_event(conn, told.mode, told.competencies, setting.now)
        except MappingError as error:
            raise ImportFileError(f"{brought.path.name}: {error}") from error
    seen: dict[int, int] = {}

    def payload(item: AttendanceRow, person: KnownPerson) -> Mapping[str, Any] | Unfit:
        earlier = seen.setdefault(person.id, item.row)
        if earlier != item.row:
            return Unfit("hours", f"row {earlier} is about the same person: one row a person")
        return {"account": person.uuid, "hours": item.hours, "attended": item.attended}

    table = _Table(ATTENDANCE_COLUMNS, lambda row: attendance_row(row, keys), payload)
    brought = replace(brought, kind=ATTENDANCE, options=event_options(told, brought.unit_id))
    return _stage(engine, brought, table, setting, progress)


def event_options(event: Event, unit_id: int | None = None) -> dict[str, Any]:
    """What a file keeps of its event. `unit_id`: of the unit that tells of it, None: of nobody's."""
    return {
        "event_key": event.key(unit_id),
        "title": event.title,
        "first": event.first.isoformat(),
        "last": event.last.isoformat(),
        "hours": event.hours,
        "place": event.place,
        "mode": event.mode,
        "competencies": list(event.competencies),
        "code": event.code,
    }


def stage_claims(
    engine: Engine,
    brought: Brought,
    setting: Setting,
    keys: HashKeys,
    *,
    progress: staging.Progress | None = None,
) -> int:
    """Stage certificates that people say they have; its import id. Raises ImportFileError."""
    today = bangkok_day(setting.now)
    payload = partial(_claim, _courses(engine, setting))
    table = _Table(CLAIMS_COLUMNS, lambda row: claim_row(row, keys, today), payload)
    return _stage(engine, replace(brought, kind=CLAIMS), table, setting, progress)


def _claim(courses: Courses, item: ClaimRow, person: KnownPerson) -> Mapping[str, Any]:
    found = courses.find(item.course) if item.course else ""
    return {
        "account": person.uuid,
        "codes": [list(code) for code in item.codes],
        "course": item.course,
        # A course that nobody knows is for whoever works through the claims.
        "course_id": None if isinstance(found, str) else found.id,
        "day": item.day.isoformat() if item.day else None,
    }
