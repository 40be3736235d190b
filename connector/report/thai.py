"""The one place that knows Bangkok, the Buddhist era and the words of a report, Thai and English."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

from connector.report.words import THAI, Words, _, gettext, language

# Thailand has kept UTC+7 without daylight saving since 1920.
BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")
BUDDHIST_ERA = 543
UNKNOWN = "ไม่ทราบ"

MONTHS = (
    ("มกราคม", "ม.ค."),
    ("กุมภาพันธ์", "ก.พ."),
    ("มีนาคม", "มี.ค."),
    ("เมษายน", "เม.ย."),
    ("พฤษภาคม", "พ.ค."),
    ("มิถุนายน", "มิ.ย."),
    ("กรกฎาคม", "ก.ค."),
    ("สิงหาคม", "ส.ค."),
    ("กันยายน", "ก.ย."),
    ("ตุลาคม", "ต.ค."),
    ("พฤศจิกายน", "พ.ย."),
    ("ธันวาคม", "ธ.ค."),
)

_UNITS = Words({86_400: "วัน", 3_600: "ชั่วโมง", 60: "นาที", 1: "วินาที"})
_ENGLISH = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

STATES: Mapping[int, str] = Words({2: "ผ่าน", 1: "กำลังเรียน", 0: "ยังไม่เริ่ม"})
LEVELS: Mapping[int, str] = Words(
    {
        1: "ข้อมูลจากแพลตฟอร์มโดยตรง",
        2: "ไฟล์ส่งออกจากแพลตฟอร์ม",
        3: "เกียรติบัตรที่ตรวจสอบแล้ว",
        4: "แจ้งด้วยตนเอง",
        9: "ยังใช้เป็นหลักฐานไม่ได้",
    }
)
GROUPS: Mapping[str, str] = Words(
    {
        "M": "ผู้บริหาร",
        "A": "นโยบายและวิชาการ",
        "S": "ผู้ให้บริการ",
        "T": "เทคโนโลยีดิจิทัล",
    }
)
LINK_METHODS = Words(
    {
        "id_hmac": "เลขประจำตัวประชาชนตรงกัน",
        "email": "อีเมลตรงกัน",
        "username": "ชื่อผู้ใช้ตรงกับทะเบียน",
        "decision": "ผู้ประสานงานตัดสิน",
        "import": "ไฟล์ที่นำเข้า",
    }
)
UNCLASSIFIED = "ยังไม่จัดกลุ่ม"
OUTSIDE = "นอกกรอบแนวทาง"
CATEGORIES: Mapping[str, str] = Words(
    {
        "LC70": "พัฒนาตนเองและเรียนรู้จากการปฏิบัติงาน",
        "LC20": "เรียนรู้จากผู้อื่นและการสอนงาน",
        "LC10": "การฝึกอบรม",
    }
)


def bangkok(moment: datetime) -> datetime:
    """An aware moment on Bangkok's clock."""
    return moment.astimezone(BANGKOK)


def thai_date(when: date | datetime, *, short: bool = False) -> str:
    """A day in the Buddhist era: "21 พฤศจิกายน 2569", or short "21 พ.ย. 2569"; in English "21 November 2026".

    A datetime must be aware and is told as Bangkok's day. The era is added to the number printed,
    never to a date: 29 February exists in 2567 BE although Python's year 2567 has none.
    """
    day = bangkok(when).date() if isinstance(when, datetime) else when
    if language() == THAI:
        return f"{day.day} {MONTHS[day.month - 1][short]} {day.year + BUDDHIST_ERA}"
    return f"{day.day} {_ENGLISH[day.month - 1][: 3 if short else None]} {day.year}"


def thai_moment(moment: datetime, *, short: bool = True) -> str:
    """A day and Bangkok's time: "21 พ.ย. 2569 14:05 น."; in English "21 Nov 2026 14:05"."""
    said = f"{thai_date(moment, short=short)} {bangkok(moment):%H:%M}"
    return f"{said} น." if language() == THAI else said


def thai_duration(span: timedelta) -> str:
    """How long, in the two largest units: "45 วินาที", "3 นาที 20 วินาที", "4 วัน 3 ชั่วโมง"."""
    left = max(0, int(span.total_seconds()))
    told: list[tuple[int, str]] = []
    for size, unit in _UNITS.items():
        number, left = divmod(left, size)
        if number or told:
            told.append((number, unit.lower().removesuffix("s") if number == 1 else unit.lower()))
    return " ".join(f"{number} {unit}" for number, unit in told[:2] if number) or f"0 {_UNITS[1].lower()}"


def thai_age(span: timedelta) -> str:
    """How long ago, in the largest unit: "5 นาทีที่แล้ว"; less than a minute is "เมื่อสักครู่"."""
    if span < timedelta(minutes=1):
        return _("เมื่อสักครู่")
    number, unit = thai_duration(span).split()[:2]
    return _("%(number)s %(unit)sที่แล้ว", number=number, unit=unit)


def percent(part: int, whole: int) -> str:
    """A share of a whole in per cent with one decimal; a dash where there is no whole."""
    return f"{share(part, whole):.1f}" if whole else "–"


def bar_width(share: float) -> str:
    """The class that makes a bar so many per cent wide; no width but 0 is none, and none but 100 is all."""
    whole = round(share)
    return f"w{min(max(whole, 1), 99) if 0 < share < 100 else whole}"


def share(part: int, whole: int) -> float:
    """Per cent rounded half up to one decimal, 0 where there is no whole.

    100.0 says "everybody" and 0.0 "nobody", and nothing else does.
    """
    if whole == 0 or part == 0:
        return 0.0
    tenths = (part * 2000 + whole) // (2 * whole)
    return max(1, tenths if part >= whole else min(tenths, 999)) / 10


def state_name(state: int) -> str:
    """The Thai word of a competency's state 0, 1 or 2."""
    return STATES[state]


def group_name(code: str | None, *, classified: bool = True) -> str:
    """How a group is written in a list: "S ผู้ให้บริการ", or why there is none."""
    if code is not None:
        return f"{code} {GROUPS.get(code, '')}".strip()
    return gettext(OUTSIDE if classified else UNCLASSIFIED)


def hours(value: float | None) -> str:
    """Hours without needless decimals; unknown is said, never shown as zero."""
    return gettext(UNKNOWN) if value is None else f"{value:,.1f}".removesuffix(".0")
