"""Which columns each file has, and how people spell their headers: one table a file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mappings.thai_text import arabic_digits, normalise

_NOT_SPELLING = re.compile("[^\\w\u0e30-\u0e4e]|_")


@dataclass(frozen=True)
class Columns:
    """A kind of file: field -> spellings of its header besides the field's own name.

    `needed`: sets of fields, one of which has to be there whole. `secret`: never shown in full.
    `wide`: a field whose header may be merged over the columns to its right.
    """

    spellings: Mapping[str, Sequence[str]]
    needed: Sequence[Sequence[str]]
    secret: frozenset[str] = frozenset()
    wide: str | None = None

    @cached_property
    def _fields(self) -> dict[str, str]:
        return {
            _key(spelling): field for field, others in self.spellings.items() for spelling in (field, *others)
        }

    def field(self, header: str) -> str | None:
        """The field that a header names, however it is spelled; None where it names none."""
        return self._fields.get(_key(header))


def _key(header: str) -> str:
    """Case, spaces, punctuation and the script of digits do not count."""
    return _NOT_SPELLING.sub("", arabic_digits(normalise(header)).casefold())


PREFIX, FULL_NAME, GIVEN, FAMILY = "คำนำหน้า", "ชื่อ-สกุล", "ชื่อ", "นามสกุล"
POSITION, RANK, LINE = "ตำแหน่ง", "วิทยฐานะ", "สายงาน"
GROUP, UNIT, NATIONAL_ID = "กลุ่ม", "รหัสโรงเรียน", "เลขประจำตัวประชาชน"

ROSTER = Columns(
    {
        PREFIX: ("คำนำหน้าชื่อ", "คำนำหน้านาม", "คำนำ", "prefix", "title"),
        GIVEN: ("ชื่อตัว", "ชื่อจริง", "ชื่อ (ไทย)", "given name", "first name", "name_first"),
        FAMILY: ("สกุล", "ชื่อสกุล (นามสกุล)", "นามสกุล (ไทย)", "family name", "last name", "surname"),
        FULL_NAME: (
            "ชื่อ-นามสกุล",
            "ชื่อและนามสกุล",
            "ชื่อและสกุล",
            "ชื่อ - ชื่อสกุล",
            "ชื่อตัว-ชื่อสกุล",
            "คำนำหน้าชื่อ-สกุล",
            "คำนำหน้า ชื่อ นามสกุล",
            "full name",
        ),
        POSITION: ("ตำแหน่งปัจจุบัน", "ชื่อตำแหน่ง", "position", "job title"),
        RANK: ("ระดับ/วิทยฐานะ", "อันดับ", "rank", "academic standing"),
        LINE: ("สายงานตำแหน่ง", "line", "position line"),
        GROUP: ("กลุ่มเป้าหมาย", "กลุ่ม (M/A/S/T)", "กลุ่ม MAST", "group"),
        UNIT: (
            "รหัสโรงเรียน (10 หลัก)",
            "รหัสโรงเรียน 8 หลัก",
            "รหัสโรงเรียน 6 หลัก",
            "รหัสสถานศึกษา",
            "รหัสหน่วยงาน",
            "รหัสโรงเรียน/หน่วยงาน",
            "รหัส SMIS",
            "SMIS",
            "รหัสกระทรวง",
            "school code",
            "unit code",
        ),
        NATIONAL_ID: (
            "เลขบัตรประชาชน",
            "เลขประจำตัวบัตรประชาชน",
            "เลขที่บัตรประชาชน",
            "หมายเลขบัตรประชาชน",
            "รหัสประชาชน",
            "เลขประจำตัวประชาชน 13 หลัก",
            "เลขบัตรประชาชน 13 หลัก",
            "เลข 13 หลัก",
            "national id",
            "citizen id",
            "id card",
            "pid",
        ),
    },
    needed=((GIVEN, FAMILY, UNIT), (FULL_NAME, UNIT)),
    secret=frozenset({NATIONAL_ID}),
    wide=FULL_NAME,
)

CODE_FROM, CODE_TO, ALIASES = "code_from", "code_to", "aliases"

UNITS = Columns(
    {
        "uid": ("area_id", "unit id", "รหัสอ้างอิง"),
        "kind": ("type", "ประเภท", "ประเภทหน่วยงาน"),
        "name_th": ("name_full_th", "ชื่อหน่วยงาน", "ชื่อโรงเรียน", "ชื่อสถานศึกษา", "ชื่อโรงเรียน/หน่วยงาน", "ชื่อ"),
        "parent_uid": ("parent id", "รหัสอ้างอิงต้นสังกัด", "รหัสหน่วยงานต้นสังกัด"),
        "code": ("emis_code", "รหัส", "รหัสหน่วยงาน", "รหัสโรงเรียน", "รหัสสถานศึกษา", "school code"),
        CODE_FROM: ("valid from", "ใช้รหัสตั้งแต่", "ใช้ตั้งแต่", "เริ่มใช้"),
        CODE_TO: ("valid to", "ใช้รหัสถึง", "ใช้ถึง", "เลิกใช้"),
        ALIASES: ("name_short_th", "ชื่ออื่น", "ชื่อย่อ", "ชื่อเดิม"),
    },
    needed=(("uid", "kind", "name_th"),),
)

_UNIT_KINDS: Mapping[str, Sequence[str]] = {
    "obec": ("obec", "สพฐ.", "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"),
    "bureau": ("bureau", "สำนัก", "ส่วนกลาง", "สำนักส่วนกลาง", "สศศ.", "SEBO"),
    "area_office": (
        "area_office",
        "สำนักงานเขตพื้นที่การศึกษา",
        "สำนักงานเขตพื้นที่การศึกษาประถมศึกษา",
        "สำนักงานเขตพื้นที่การศึกษามัธยมศึกษา",
        "เขตพื้นที่การศึกษา",
        "เขตพื้นที่",
        "สพท.",
        "สพป.",
        "สพม.",
        "PESA",
        "SESA",
    ),
    "school": ("school", "โรงเรียน", "ร.ร.", "สถานศึกษา"),
}
_KINDS = {_key(word): kind for kind, words in _UNIT_KINDS.items() for word in words}


def unit_kind(word: str) -> str | None:
    """The kind of unit (`mappings.units.KINDS`) that a word means, however it is spelled."""
    return _KINDS.get(_key(word))
