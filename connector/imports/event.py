"""A seminar, a workshop or a coaching: what it is, from the lines above the table or from options. Pure.

Lines above the table say it as people write it: a word and a colon before the value, or the value in the
next cell: `ชื่อกิจกรรม: อบรมสเปรดชีต`, `วันที่ | 5-7 กรกฎาคม 2567`.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from connector.imports.columns import Columns
from connector.imports.errors import BadCellError, BadValueError
from connector.imports.event_days import days_of
from connector.imports.header import Line
from connector.imports.values import Cell, plain, shown
from mappings.thai_text import arabic_digits, normalise

TITLE, DAYS, HOURS, PLACE, MODE, COMPETENCIES, CODE = (
    "title", "days", "hours", "place", "mode", "competencies", "event_code",
)  # fmt: skip

_SPELLINGS: Mapping[str, Sequence[str]] = {
    TITLE: ("ชื่อกิจกรรม", "กิจกรรม", "หลักสูตร", "ชื่อหลักสูตร", "โครงการ", "ชื่อโครงการ", "เรื่อง", "event", "หัวข้อ"),
    DAYS: ("วันที่", "วันที่จัด", "วันที่อบรม", "ระหว่างวันที่", "วัน", "dates", "date"),
    HOURS: ("ชั่วโมง", "จำนวนชั่วโมง", "ระยะเวลา", "จำนวนชั่วโมงอบรม"),
    PLACE: ("สถานที่", "สถานที่จัด", "ณ", "venue"),
    MODE: ("รูปแบบ", "รูปแบบการอบรม", "รูปแบบการจัด", "วิธีการ", "delivery", "delivery mode"),
    COMPETENCIES: ("สมรรถนะ", "ทักษะ", "รหัสสมรรถนะ", "competency"),
    CODE: ("รหัสกิจกรรม", "รหัสโครงการ", "event id"),
}
_LABELS = Columns(_SPELLINGS, ())
MODES: Mapping[str, Sequence[str]] = {
    "onsite": ("ออนไซต์", "ออนไซท์", "on-site", "เผชิญหน้า", "ในห้องประชุม", "face to face"),
    "workshop": ("อบรมเชิงปฏิบัติการ", "ประชุมเชิงปฏิบัติการ", "เชิงปฏิบัติการ"),
    "classroom": ("อบรม", "บรรยาย", "ในห้องเรียน", "สัมมนา", "ประชุมสัมมนา", "seminar", "training"),
    "live_online_training": ("ออนไลน์สด", "ถ่ายทอดสด", "live online", "online live", "zoom", "webinar"),
    "hybrid": ("ผสมผสาน", "ไฮบริด", "แบบผสม", "onsite และออนไลน์สด"),
    "advising": ("ให้คำปรึกษา", "ให้คำแนะนำ", "นิเทศ", "การนิเทศ"),
    "coaching": ("สอนงาน", "โค้ช", "การโค้ช", "การสอนงาน"),
    "mentoring": ("พี่เลี้ยง", "ระบบพี่เลี้ยง"),
    "apprenticeship_with_expert": ("ฝึกงาน", "ฝึกงานกับผู้เชี่ยวชาญ", "apprenticeship"),
    "online_self_paced": ("เรียนออนไลน์ด้วยตนเอง", "e-learning", "online self-paced"),
}
"""Delivery modes of the framework, with the words for them: the mode decides the part of 70:20:10."""

_MODES = Columns(MODES, ())
_HOURS = re.compile(r"(\d+(?:\.\d+)?)(?:\s*(?:ชั่วโมง|ชม\.?|hours?|hrs?|h))?", re.IGNORECASE)
_MOST_HOURS = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """`hours` None: unknown, which is not zero. `mode`: one of MODES. `code`: the organiser's own."""

    title: str
    first: date
    last: date
    hours: float | None
    place: str
    mode: str
    competencies: tuple[str, ...]
    code: str

    def key(self, unit_id: int | None = None) -> str:
        """One name for one event, whichever file tells of it: the organiser's code, else title and days.

        What one unit tells of an event changes nothing of what others tell: theirs is another one.
        """
        said = self.code or f"{normalise(self.title).casefold()} {self.first} {self.last}"
        if unit_id is not None:
            said = f"unit {unit_id} {said}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"event {said}"))


class EventError(Exception):
    """The event is not told whole; the message says what is missing or wrong, without the file's name."""


def event_of(above: Iterable[Line], options: Mapping[str, str], today: date) -> Event:
    """The event that the lines above a table tell of; options (field -> text) win. Raises EventError."""
    told: dict[str, Cell] = {**_told(above), **{name: value for name, value in options.items() if value}}
    try:
        title = normalise(plain(told.get(TITLE, "")))
        first, last = _value(told, DAYS, days_of)
        if last > today:
            raise EventError("the event has not ended yet: import who attended after its last day")
        if not title:
            raise EventError("the event has no title: write ชื่อกิจกรรม: … above the table, or give --title")
        return Event(
            title=title,
            first=first,
            last=last,
            hours=_value(told, HOURS, hours_of),
            place=normalise(plain(told.get(PLACE, ""))),
            mode=_value(told, MODE, _mode),
            competencies=tuple(_value(told, COMPETENCIES, _competencies)),
            code=normalise(plain(told.get(CODE, ""))),
        )
    except BadCellError as bad:
        raise EventError(f"the event's {bad.column} '{bad.value}' {bad.reason}") from bad


def hours_of(cell: Cell) -> float | None:
    """Hours, None for an empty cell. Raises BadValueError."""
    text = arabic_digits(plain(cell))
    if not text or text in ("-", "ไม่ทราบ"):
        return None
    found = _HOURS.fullmatch(text)
    if found is None or not 0 < float(found.group(1)) <= _MOST_HOURS:
        raise BadValueError(f"is no number of hours: more than 0, at most {_MOST_HOURS}")
    return float(found.group(1))


def _value(told: Mapping[str, Cell], name: str, read: Callable[[Cell], Any]) -> Any:
    cell = told.get(name, "")
    try:
        return read(cell)
    except BadValueError as error:
        raise BadCellError(name, shown(cell), str(error)) from error


def _mode(cell: Cell) -> str:
    mode = _MODES.field(plain(cell))
    if mode is None:
        raise BadValueError(f"must be one of {', '.join(MODES)}")
    return mode


def _competencies(cell: Cell) -> Iterator[str]:
    for code in re.split(r"[\s,;|]+", plain(cell)):
        if code:
            yield code.upper()


def _told(above: Iterable[Line]) -> dict[str, Cell]:
    told: dict[str, Cell] = {}
    for _, cells in above:
        for field, value in _pairs(cells):
            told.setdefault(field, value)
    return told


def _pairs(cells: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
    """Label and value: in one cell around a colon, or in one cell and the next that is not empty."""
    filled = [cell for cell in cells if not isinstance(cell, str) or cell.strip()]
    for place, cell in enumerate(filled):
        if not isinstance(cell, str):
            continue
        label, colon, value = cell.partition(":")
        field = _LABELS.field(label)
        if field is None:
            continue
        if colon and value.strip():
            yield field, value
        elif place + 1 < len(filled):
            yield field, filled[place + 1]
