"""Attendance of seminars, workshops and coaching: who was there, and for how many hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connector.imports.columns import Columns
from connector.imports.completions import yes_or_no
from connector.imports.errors import ImportFileError
from connector.imports.event import Event, EventError, event_of, hours_of
from connector.imports.table_file import Row, read_above
from connector.imports.who import NATIONAL_ID, SPELLINGS, USERNAME, Who, needed, read, who_of
from mappings.people import HashKeys

HOURS, ATTENDED = "hours", "attended"

_PEOPLE = tuple(name for name in SPELLINGS if name != USERNAME)
ATTENDANCE = Columns(
    {
        **{name: SPELLINGS[name] for name in _PEOPLE},
        HOURS: ("ชั่วโมง", "จำนวนชั่วโมง", "ชั่วโมงที่เข้าร่วม", "ชม."),
        ATTENDED: ("การเข้าร่วม", "เข้าร่วม", "ผล", "มา/ขาด", "ลงชื่อ", "attendance"),
    },
    needed(_PEOPLE),
    frozenset({NATIONAL_ID}),
)


@dataclass(frozen=True, slots=True)
class AttendanceRow:
    """`hours` None: those of the event; `attended` False: said not to have been there."""

    row: int
    who: Who
    hours: float | None
    attended: bool


def read_event(path: Path, options: Mapping[str, str], today: date) -> Event:
    """The event that a file is about. Raises ImportFileError."""
    try:
        return event_of(read_above(path, ATTENDANCE), options, today)
    except EventError as error:
        raise ImportFileError(f"{path.name}: {error}") from error


def attendance_row(row: Row, keys: HashKeys) -> AttendanceRow:
    """A row of a sheet. Raises BadCellError."""
    who = who_of(row, keys, _PEOPLE)
    attended = read(row, ATTENDED, yes_or_no)
    return AttendanceRow(row.number, who, read(row, HOURS, hours_of), attended is not False)
