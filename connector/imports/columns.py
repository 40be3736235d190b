"""Which columns each file has, and how people spell their headers: one table a file."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mappings.roster_row import (
    DAY_COLUMN,
    EMAIL_COLUMN,
    NATIONAL_ID_COLUMN,
    ROSTER_ID_COLUMN,
    UNIT_COLUMN,
    USERNAME_COLUMN,
)
from mappings.thai_text import arabic_digits, normalise

UNIT, NATIONAL_ID, ROSTER_ID, EMAIL = UNIT_COLUMN, NATIONAL_ID_COLUMN, ROSTER_ID_COLUMN, EMAIL_COLUMN
USERNAME, FIRST_DAY = USERNAME_COLUMN, DAY_COLUMN

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
GROUP, UNIT_NAME = "กลุ่ม", "หน่วยงาน"

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
        POSITION: ("ตำแหน่งปัจจุบัน", "ชื่อตำแหน่ง", "position", "job title", "role"),
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
            "orgSourcedId",
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
            "userIds",
        ),
        UNIT_NAME: (
            "โรงเรียน/หน่วยงาน",
            "หน่วยงาน/โรงเรียน",
            "โรงเรียน",
            "ชื่อโรงเรียน",
            "สถานศึกษา",
            "ชื่อหน่วยงาน",
            "school",
            "unit",
        ),
        ROSTER_ID: ("รหัสบุคลากร", "เลขประจำตัวบุคลากร", "sourcedId", "person id", "employee id"),
        EMAIL: ("อีเมล์", "ที่อยู่อีเมล", "e-mail", "email address", "mail"),
        FIRST_DAY: (
            "วันที่เริ่มดำรงตำแหน่ง",
            "วันที่ดำรงตำแหน่ง",
            "วันที่บรรจุ",
            "วันที่ย้าย",
            "วันที่มีผล",
            "ตั้งแต่วันที่",
            "valid from",
            "start date",
            "beginDate",
        ),
    },
    needed=((GIVEN, FAMILY, UNIT), (FULL_NAME, UNIT), (GIVEN, FAMILY, UNIT_NAME), (FULL_NAME, UNIT_NAME)),
    secret=frozenset({NATIONAL_ID}),
    wide=FULL_NAME,
)


def username_of(platform: str) -> str:
    """The field of the usernames on a platform of the settings."""
    return f"{USERNAME} {platform}"


def roster_columns(platforms: Collection[str]) -> Columns:
    """A roster's columns, with one for the usernames on each platform: "ชื่อผู้ใช้ NAME", "username NAME".

    Where there is one platform only its name may be missing.
    """
    words = (USERNAME, "ชื่อบัญชี", "บัญชีผู้ใช้", "username", "user name", "login")
    alone = words if len(platforms) == 1 else ()
    usernames = {
        username_of(name): (*(f"{word} {name}" for word in words), f"{name} username", *alone)
        for name in platforms
    }
    return replace(ROSTER, spellings={**ROSTER.spellings, **usernames})


CODE_FROM, CODE_TO, ALIASES = "code_from", "code_to", "aliases"

UNITS = Columns(
    {
        "uid": ("area_id", "unit id", "รหัสอ้างอิง", "sourcedId"),
        "kind": ("type", "ประเภท", "ประเภทหน่วยงาน"),
        "name_th": (
            "name_full_th",
            "ชื่อหน่วยงาน",
            "ชื่อโรงเรียน",
            "ชื่อสถานศึกษา",
            "ชื่อโรงเรียน/หน่วยงาน",
            "ชื่อ",
            "name",
        ),
        "parent_uid": ("parent id", "รหัสอ้างอิงต้นสังกัด", "รหัสหน่วยงานต้นสังกัด", "parentSourcedId"),
        "code": ("emis_code", "รหัส", "รหัสหน่วยงาน", "รหัสโรงเรียน", "รหัสสถานศึกษา", "school code", "identifier"),
        CODE_FROM: ("valid from", "ใช้รหัสตั้งแต่", "ใช้ตั้งแต่", "เริ่มใช้"),
        CODE_TO: ("valid to", "ใช้รหัสถึง", "ใช้ถึง", "เลิกใช้"),
        ALIASES: ("name_short_th", "ชื่ออื่น", "ชื่อย่อ", "ชื่อเดิม"),
    },
    needed=(("uid", "kind", "name_th"),),
)

_UNIT_KINDS: Mapping[str, Sequence[str]] = {
    "obec": ("obec", "สพฐ.", "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน", "national", "state"),
    "bureau": ("bureau", "สำนัก", "ส่วนกลาง", "สำนักส่วนกลาง", "สศศ.", "SEBO", "department"),
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
        "district",
        "local",
    ),
    "school": ("school", "โรงเรียน", "ร.ร.", "สถานศึกษา"),
}
_KINDS = {_key(word): kind for kind, words in _UNIT_KINDS.items() for word in words}


def unit_kind(word: str) -> str | None:
    """The kind of unit (`mappings.units.KINDS`) that a word means, however it is spelled."""
    return _KINDS.get(_key(word))
