"""An invented country for `scripts/bench imports`: units, and a roster of any size. The same at every run."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from mappings.people import UnitRow

SCHOOLS, OFFICES = 29_600, 245
_PEOPLE = 500_000
TITLES = (
    "คำนำหน้า",
    "ชื่อ",
    "นามสกุล",
    "ตำแหน่ง",
    "วิทยฐานะ",
    "สายงาน",
    "รหัสโรงเรียน",
    "เลขประจำตัวประชาชน",
    "รหัสบุคคล",
    "อีเมล",
)
_PREFIXES = ("นาย", "นาง", "นางสาว")
_GIVEN = ("สมชาย", "สมหญิง", "พิมพ์ชนก", "กิตติศักดิ์", "อรุณี", "ธนกร", "วราภรณ์", "ณัฐพล", "เพ็ญศรี", "โสภา")
_FAMILY = ("ใจดี", "วงศ์สว่าง", "แก้วมณี", "ศรีสุข", "ทองคำ", "บุญมาก", "เจริญผล", "รักเรียน", "ไพศาล", "มั่นคง")
_SYLLABLES = ("กา", "ขวัญ", "จิต", "ชัย", "ดา", "ทิพย์", "นภา", "พร", "มล", "รัตน์", "ลักษณ์", "วดี", "สิริ", "อร")
_POSTS = (
    ("ครู", "คศ.1", "สายงานการสอน"),
    ("ครูชำนาญการ", "คศ.2", "สายงานการสอน"),
    ("ครูชำนาญการพิเศษ", "คศ.3", "สายงานการสอน"),
    ("ครูผู้ช่วย", "", "สายงานการสอน"),
    ("ผู้อำนวยการโรงเรียน", "คศ.3", "สายงานบริหารสถานศึกษา"),
    ("พนักงานราชการ", "", ""),
    ("เจ้าหน้าที่ธุรการ", "", ""),
)


def units(people: int) -> list[UnitRow]:
    """The country, an area office for each part of it, and as many schools as so many people work in."""
    offices = [
        UnitRow(f"area-{n}", "area_office", f"สพป.ตัวอย่าง เขต {n}", "obec", f"{9000 + n}")
        for n in range(OFFICES)
    ]
    schools = [
        UnitRow(f"s{n}", "school", f"โรงเรียนตัวอย่าง {n}", f"area-{n % OFFICES}", _code(n))
        for n in range(_schools(people))
    ]
    return [UnitRow("obec", "obec", "สพฐ. (ตัวอย่าง)", None, None), *offices, *schools]


def write_roster(path: Path, people: int) -> None:
    """So many people as CSV, spread evenly over the schools."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TITLES)
        writer.writerows(_rows(people))


def _rows(people: int) -> Iterator[tuple[str, ...]]:
    chance, schools = random.Random(1), _schools(people)  # noqa: S311 - the same people at every run
    for n in range(people):
        given = chance.choice(_GIVEN) + chance.choice(_SYLLABLES)
        family = chance.choice(_FAMILY) + chance.choice(_SYLLABLES) + chance.choice(_SYLLABLES)
        name = (chance.choice(_PREFIXES), given, family)
        known_by = (_national_id(n), f"P{n:07}", f"person{n}@school.example")
        yield (*name, *chance.choice(_POSTS), _code(n * schools // people), *known_by)


def _schools(people: int) -> int:
    return max(1, people * SCHOOLS // _PEOPLE)


def _code(school: int) -> str:
    return f"{1_000_000_000 + school}"


def _national_id(n: int) -> str:
    digits = f"1{n:011}"
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(digits))
    return f"{digits}{(11 - total % 11) % 10}"
