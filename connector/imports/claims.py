"""Certificates that people say they have: codes or addresses, pasted into one cell or several rows."""

from dataclasses import dataclass
from datetime import date

from connector.imports.certificate_codes import Code, codes_of
from connector.imports.columns import Columns
from connector.imports.table_file import Row
from connector.imports.who import NATIONAL_ID, SPELLINGS, USERNAME, Who, needed, past_day, read, who_of
from mappings.people import HashKeys

CODES, COURSE, COMPLETED_ON = "codes", "course", "completed_on"

_PEOPLE = tuple(name for name in SPELLINGS if name != USERNAME)
CLAIMS = Columns(
    {
        **{name: SPELLINGS[name] for name in _PEOPLE},
        CODES: (
            "รหัสเกียรติบัตร",
            "รหัสใบประกาศ",
            "รหัสใบประกาศนียบัตร",
            "เลขที่เกียรติบัตร",
            "ลิงก์เกียรติบัตร",
            "ลิงค์เกียรติบัตร",
            "เกียรติบัตร",
            "code",
            "certificate",
            "certificate code",
            "certificate url",
        ),
        COURSE: ("หลักสูตร", "ชื่อหลักสูตร", "รหัสหลักสูตร", "รายวิชา", "course name"),
        COMPLETED_ON: ("วันที่สำเร็จ", "วันที่ผ่าน", "วันที่ในเกียรติบัตร", "วันที่ได้รับ", "completion date"),
    },
    needed(_PEOPLE, CODES),
    frozenset({NATIONAL_ID}),
)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """`course`: as the row calls it, empty where it says none; `day` None: not said."""

    row: int
    who: Who
    codes: tuple[Code, ...]
    course: str
    day: date | None


def claim_row(row: Row, keys: HashKeys, today: date) -> ClaimRow:
    """A row of a file of claims. Raises BadCellError."""
    who = who_of(row, keys, _PEOPLE)
    codes = tuple(read(row, CODES, codes_of))
    return ClaimRow(row.number, who, codes, row.text(COURSE), past_day(row, COMPLETED_ON, today))
