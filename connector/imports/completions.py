"""Lists of completions that a platform exports: who completed which course, and when."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from connector.imports.columns import Columns
from connector.imports.errors import BadValueError
from connector.imports.table_file import Row
from connector.imports.values import Cell, text_of
from connector.imports.who import NATIONAL_ID, SPELLINGS, Who, needed, past_day, read, who_of
from mappings.people import HashKeys
from mappings.thai_text import arabic_digits

COURSE, COMPLETED_ON, SCORE, PASSED = "course", "completed_on", "score", "passed"

_SPELLINGS: Mapping[str, Sequence[str]] = {
    **SPELLINGS,
    COURSE: ("หลักสูตร", "ชื่อหลักสูตร", "รหัสหลักสูตร", "รายวิชา", "ชื่อวิชา", "รหัสวิชา", "course name", "course code"),
    COMPLETED_ON: (
        "วันที่สำเร็จ",
        "วันที่เรียนจบ",
        "วันที่ผ่าน",
        "วันที่สำเร็จหลักสูตร",
        "วันที่จบ",
        "completion date",
        "date completed",
        "completed",
        "time completed",
    ),
    SCORE: ("คะแนน", "ร้อยละ", "คะแนนรวม", "grade", "final grade", "result"),
    PASSED: ("ผลการเรียน", "ผล", "สถานะ", "ผ่าน/ไม่ผ่าน", "status", "completion status", "pass"),
}
_YES = frozenset(
    (
        "ผ่าน", "ผ่านแล้ว", "สำเร็จ", "เรียนจบ", "จบ", "เข้าร่วม", "เข้าอบรม", "มา", "✓", "✔", "/", "y", "yes",
        "true", "1", "pass", "passed", "complete", "completed", "present",
    )
)  # fmt: skip
_NO = frozenset(
    (
        "ไม่ผ่าน", "ยังไม่ผ่าน", "กำลังเรียน", "ยังไม่เริ่ม", "ไม่สำเร็จ", "ไม่เข้าร่วม", "ไม่มา", "ขาด", "ลา", "✗", "✘", "-",
        "n", "no", "false", "0", "fail", "failed", "incomplete", "absent", "in progress", "not started",
        "not completed",
    )
)  # fmt: skip
_SCORE = re.compile(r"(\d+(?:\.\d+)?)(?:\s*(%|/\s*(\d+(?:\.\d+)?)))?")


@dataclass(frozen=True, slots=True)
class CompletionRow:
    """`course` as the file calls it; `score` a share 0..1 or None; `passed` False: not completed."""

    row: int
    who: Who
    course: str
    day: date | None
    score: float | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """How a list is to be read. `course`: of all rows, where the file has no such column. `score_of`: the
    highest score, of plain numbers. `today`: no completion lies after it."""

    today: date
    course: str = ""
    score_of: float = 100.0


def completion_columns(*, course_given: bool = False) -> Columns:
    """The list's columns; `course_given`: the file need not say the course."""
    others = (COMPLETED_ON,) if course_given else (COURSE, COMPLETED_ON)
    return Columns(_SPELLINGS, needed(SPELLINGS, *others), frozenset({NATIONAL_ID}))


def completion_row(row: Row, keys: HashKeys, asked: Asked) -> CompletionRow:
    """A row of a list. Raises BadCellError."""
    who = who_of(row, keys)
    course = row.text(COURSE) or asked.course
    if not course:
        raise row.bad(COURSE, "must not be empty")
    passed = read(row, PASSED, yes_or_no)
    day = past_day(row, COMPLETED_ON, asked.today)
    if day is None and passed is not False:
        raise row.bad(COMPLETED_ON, "must not be empty")
    score = read(row, SCORE, lambda cell: _score(cell, asked.score_of))
    return CompletionRow(row.number, who, course, day, score, passed is not False)


def yes_or_no(cell: Cell) -> bool | None:
    """Whether a cell says yes; None where it is empty. Raises BadValueError."""
    word = arabic_digits(text_of(cell)).casefold()
    if not word:
        return None
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValueError("says neither yes nor no: write ผ่าน or ไม่ผ่าน")


def _score(cell: Cell, of: float) -> float | None:
    text = arabic_digits(text_of(cell))
    if not text or text == "-":
        return None
    found = _SCORE.fullmatch(text)
    if found is None:
        raise BadValueError("is no score: write 85, 85% or 17/20")
    number, sign, best = found.groups()
    whole = float(best) if best else 100.0 if sign else of
    if not whole or float(number) > whole:
        raise BadValueError(f"is more than the highest score {whole:g}")
    return float(number) / whole
